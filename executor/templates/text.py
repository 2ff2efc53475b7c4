"""Values as text: how a number, a flag or a list stands in a sentence, a file or a command."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from jinja2 import UndefinedError

from executor.templates import bounds
from executor.templates.faults import Fault


class Quoted(str):
    """A text that `quote` has quoted for a shell. `plain` is what it was: where a script's place is known, the
    value is escaped for that place instead, and never twice."""

    __slots__ = ("plain",)
    plain: Any


class Raw(str):
    """A text that is to enter a script as it is: the author has said `| raw`."""

    __slots__ = ()


def text_of(value: Any) -> str:
    """A value as text: true and false as YAML and JSON write them, lists and mappings as JSON.

    Raises Fault for null, which has no text.
    """
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case None:
            raise Fault("this is null, which has no text", hint="say what stands for it: {{ x | default('', true) }}")
        case list() | tuple() | Mapping() | range() | set():
            return json_text(value)
        case bytes():
            return value.decode("utf-8", "surrogateescape")
    return _other(value)


def json_text(value: Any, *, indent: int | None = None, sort_keys: bool = False) -> str:
    """JSON for a value. Raises Fault for what JSON cannot say."""
    bounds.check_spread(value)
    try:
        return json.dumps(plain(value), ensure_ascii=False, indent=indent, sort_keys=sort_keys)
    except (TypeError, ValueError) as error:
        raise Fault(f"this cannot be written as JSON: {error}") from error


def plain(value: Any) -> Any:
    """The value in lists, dictionaries and scalars alone."""
    match value:
        case Mapping():
            return {key: plain(item) for key, item in value.items()}
        case list() | tuple() | range():
            return [plain(item) for item in value]
        case set() | frozenset():
            return [plain(item) for item in sorted(value, key=str)]
        case None | bool() | int() | float():
            return value
        case str():
            return value if type(value) is str else str.__str__(value)  # marks of `quote` and `raw` end here
    return _other(value)


def _other(value: Any) -> str:
    """What is neither text, number, list nor mapping: something missing says so here."""
    try:
        return str(value)
    except UndefinedError as error:
        raise Fault(str(error), code="undefined") from error
