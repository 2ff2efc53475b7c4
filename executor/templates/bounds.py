"""How much a template may do: bounds in work, text and items, counted and never timed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from executor.templates.faults import Fault

MAX_TEXT = 10_000_000  # characters of one text
MAX_ITEMS = 100_000  # of one list or mapping
MAX_BITS = 4_096  # of one integer
MAX_WORK = 2_000_000  # steps of one rendering: a round of a loop, a call, a filter, 256 characters written


class Meter:
    """Counts what one rendering does, and ends it with a Fault when it is too much."""

    __slots__ = ("_left", "_room")

    def __init__(self) -> None:
        self._left = MAX_WORK
        self._room = MAX_TEXT

    def spend(self, steps: int = 1) -> None:
        """Count steps of work."""
        self._left -= steps
        if self._left < 0:
            raise Fault("this template does too much work to be rendered", code="template-bounds")

    def write(self, characters: int) -> None:
        """Count characters of the rendering's output."""
        self._room -= characters
        if self._room < 0:
            raise too_long()

    def settle(self, value: Any) -> Any:
        """A result within bounds, counted; what would be made item by item becomes a list."""
        match value:
            case str() | bytes():
                check_length(len(value))
                self.spend(1 + len(value) // 256)
            case bool() | float() | None:
                self.spend()
            case int():
                check_bits(value.bit_length())
                self.spend()
            case list() | tuple() | Mapping() | set() | range():
                check_items(len(value))
                self.spend(1 + len(value) // 64)
            case Iterator():
                value = list(islice(value, MAX_ITEMS + 1))
                check_items(len(value))
                self.spend(1 + len(value))
            case _:
                self.spend()
        return value


def too_long() -> Fault:
    return Fault(f"this makes a text of more than {MAX_TEXT:,} characters", code="template-bounds")


def check_length(length: int) -> None:
    """Raise Fault where a text of this length would be too long. Asked before the text is made."""
    if length > MAX_TEXT:
        raise too_long()


def check_items(count: int) -> None:
    if count > MAX_ITEMS:
        raise Fault(f"this makes a list of more than {MAX_ITEMS:,} items", code="template-bounds")


def check_bits(bits: int) -> None:
    if bits > MAX_BITS:
        raise Fault("this makes a number of more than a thousand digits", code="template-bounds")


def check_spread(value: object, room: int = MAX_TEXT) -> int:
    """Raise Fault where a structure, written out in full, is too long a text. A value that stands in it many times
    counts many times, however small it is in memory. Returns the room that is left."""
    match value:
        case str():
            room -= len(value) + 4
        case Mapping():
            for key, item in value.items():
                room = check_spread(item, check_spread(key, room) - 4)
        case list() | tuple() | set() | range():
            room -= 4 * len(value)
            for item in value:
                if room < 0:
                    break
                room = check_spread(item, room)
        case _:
            room -= 8
    if room < 0:
        raise too_long()
    return room


def check_operation(operator: str, left: Any, right: Any) -> None:
    """Raise Fault where `left operator right` would be too large to be made."""
    match operator, left, right:
        case "*", str() | list() | tuple(), int():
            _check_repeated(left, right)
        case "*", int(), str() | list() | tuple():
            _check_repeated(right, left)
        case "*", int(), int():
            check_bits(left.bit_length() + right.bit_length())
        case "**", int(), int():
            check_bits(left.bit_length() * max(right, 0))
            check_bits(right.bit_length() * 64)
        case "+", str(), str():
            check_length(len(left) + len(right))
        case "+", list() | tuple(), list() | tuple():
            check_items(len(left) + len(right))
        case "%", str() | bytes(), _:
            raise Fault(
                "`%` does not format texts here",
                hint="join the parts with ~, or write them beside each other: {{ a }}-{{ b }}",
            )
        case _:
            pass


def _check_repeated(value: str | list[Any] | tuple[Any, ...], times: int) -> None:
    if isinstance(value, str):
        check_length(len(value) * max(times, 0))
    else:
        check_items(len(value) * max(times, 0))


def check_method(owner: object, name: str, arguments: tuple[Any, ...]) -> None:
    """Raise Fault where a text's own method would make too long a text of it."""
    if not isinstance(owner, str):
        return
    match name, arguments:
        case (("ljust" | "rjust" | "center" | "zfill"), [int(width), *_]):
            check_length(width)
        case "replace", [str(old), str(new), *_]:
            check_length(len(owner) + owner.count(old) * max(0, len(new) - len(old)))
        case "join", [items, *_]:
            check_spread(items)
            check_length(len(owner) * len(items))
        case _:
            pass
