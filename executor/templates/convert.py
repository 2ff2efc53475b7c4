"""The result of a template as the kind of value that its place wants."""

from __future__ import annotations

import math
import re
from typing import Any

from executor.model.durations import parse_duration
from executor.model.leaves import Kind
from executor.model.sizes import parse_size
from executor.templates.faults import Fault
from executor.templates.text import plain, text_of

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")


def converted(kind: Kind, value: Any) -> Any:
    """A value as its kind. Raises Fault that says what is wanted and what was found."""
    match kind:
        case Kind.LINE:
            return line(text_of(value))
        case Kind.EXPRESSION:
            return condition(value)
        case Kind.VALUE:
            return plain(value)
        case Kind.INTEGER:
            return integer(value)
        case Kind.NUMBER:
            return number(value)
        case Kind.BOOLEAN:
            return boolean(value)
        case Kind.DURATION:
            return duration(value)
        case Kind.SIZE:
            return size(value)
        case Kind.LIST:
            return listed(value)
        case Kind.TEXT | Kind.SHELL | Kind.FILE:
            return text_of(value)


def line(text: str) -> str:
    """A text of one line."""
    found = _CONTROL.search(text)
    if found:
        what = "a line break" if found[0] in "\n\r\u2028\u2029" else f"the control character U+{ord(found[0]):04X}"
        raise Fault(
            f"this becomes {_short(text)}, which has {what} in it; one line is wanted here",
            hint="say | trim, or choose a line",
        )
    return text


def condition(value: Any) -> bool:
    """What a condition says."""
    if isinstance(value, bool):
        return value
    raise Fault(
        f"a condition must be true or false; this is {_short(value)}",
        hint="say what makes it true: x | bool, x | length > 0, x is defined, x == 'yes'",
    )


def integer(value: Any) -> int:
    """A whole number."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and re.fullmatch(r"[+-]?\d{1,18}", value.strip()):
        return int(value)
    raise Fault(f"a whole number is wanted here, not {_short(value)}")


def number(value: Any) -> int | float:
    """A number; `5%` is 0.05."""
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return value
    if isinstance(value, str):
        found = re.fullmatch(r"\s*([+-]?\d{1,18}(?:\.\d{1,18})?)\s*(%?)\s*", value)
        if found:
            read = float(found[1]) if "." in found[1] else int(found[1])
            return read / 100 if found[2] else read
    raise Fault(f"a number is wanted here, not {_short(value)}")


def boolean(value: Any) -> bool:
    """True or false, also where they are texts."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in {"true", "false"}:
        return value.strip().lower() == "true"
    raise Fault(
        f"true or false is wanted here, not {_short(value)}", hint="| bool reads yes, no, on, off, 1 and 0, too"
    )


def duration(value: Any) -> float:
    """A time in seconds: a number, or a text such as `10s`, `1h30m`, `500ms`."""
    text = value if isinstance(value, str) else repr(value)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Fault(f"a duration is wanted here, not {_short(value)}")
    try:
        return parse_duration(text)
    except ValueError as error:
        raise Fault(str(error)) from error


def size(value: Any) -> int:
    """A number of bytes: a whole number, or a text such as `100MB`."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Fault(f"a size is wanted here, not {_short(value)}")
    try:
        return parse_size(str(value))
    except ValueError as error:
        raise Fault(str(error)) from error


def listed(value: Any) -> list[Any]:
    """A list."""
    if isinstance(value, list | tuple | range | set):
        items: list[Any] = plain(value)
        return items
    raise Fault(
        f"a list is wanted here, not {_short(value)}",
        hint="| dict2items makes a list of a mapping, | split(',') and | splitlines of a text",
    )


def _short(value: Any) -> str:
    """The value for a message, at most sixty characters of it."""
    if value is None:
        return "null"
    text = repr(value) if isinstance(value, str) else text_of(value)
    return text if len(text) <= 60 else text[:59] + "…"
