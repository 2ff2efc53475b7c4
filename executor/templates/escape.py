"""A value for its place in a script: it arrives byte for byte, and never changes the shape of the command."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from executor.templates.faults import Fault
from executor.templates.shell import Context, Spot
from executor.templates.text import Quoted, Raw, text_of


def escaped(value: Any, spot: Spot) -> str:
    """The characters to write for a value at its spot. Raises Fault for values that cannot stand there."""
    if isinstance(value, Raw):
        return _without_nul(str(value))
    if isinstance(value, Quoted):
        value = value.plain
    if isinstance(value, Mapping):
        raise Fault("a mapping has no form in a command", hint="choose a key, or say | to_json")
    if isinstance(value, list | tuple | range):
        return _words(list(value), spot)
    text = _without_nul(text_of(value))
    match spot.context:
        case Context.BARE:
            if spot.open and _is_harmless(text, spot):
                return text
            return "'" + text.replace("'", "'\\''") + "'"
        case Context.SINGLE:
            return text.replace("'", "'\\''")
        case Context.DOUBLE:
            return re.sub(r'([\\$`"])', r"\\\1", text)
        case Context.ARITHMETIC:
            if re.fullmatch(r"-?\d{1,18}", text.strip()) is None:
                raise Fault(f"only a whole number can stand in arithmetic, not {text[:60]!r}")
            return text.strip()
        case Context.COMMENT:
            return re.sub(r"[\r\n]", " ", text)


# Needs no quotes in any shell where nothing beside it joins in, so that a plan shows it as its author would have
# written it. Behind a leading dash a = assigns nothing.
_HARMLESS = re.compile(r"(?!.*\.\.)(?:-[A-Za-z0-9_./:@%+=-]*|[A-Za-z0-9_./:@%+-]*)[A-Za-z0-9_/-]")
_RESERVED = frozenset(
    {"case", "coproc", "do", "done", "elif", "else", "esac", "fi", "for", "function", "if", "in", "select", "then"}
    | {"time", "until", "while"}
)


def _is_harmless(text: str, spot: Spot) -> bool:
    if not _HARMLESS.fullmatch(text):
        return text == "." and spot.alone
    # Letters may be a reserved word, or become one with the letters beside them.
    return not text.isalpha() or spot.slash or (spot.alone and text not in _RESERVED)


def _words(items: list[Any], spot: Spot) -> str:
    if not spot.alone:
        where = "within quotes" if spot.context in {Context.SINGLE, Context.DOUBLE} else "beside other characters"
        raise Fault(
            f"a list becomes several words, and this place is {where}",
            hint="let it stand alone, or say how it is joined: | join(',')",
        )
    for item in items:
        if isinstance(item, list | tuple | Mapping):
            raise Fault("a list within a list has no form in a command", hint="say | flatten, or | to_json")
    return " ".join(escaped(item, Spot(Context.BARE, alone=True, open=spot.open)) for item in items)


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise Fault("the value has a NUL character in it, which no command can take", hint="use `stdin:` or a file")
    return text
