"""Filters that choose, convert and compute."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from jinja2.filters import FILTERS as JINJA
from jinja2.runtime import Undefined

from executor.templates.faults import Fault
from executor.templates.filters import versions
from executor.templates.text import text_of


def default(value: Any, other: Any = "", also_empty: bool = False) -> Any:
    """`other` where the value, or anything on the way to it, is not defined; with `true` also where it is empty."""
    if isinstance(value, Undefined) or (also_empty and not value):
        return other
    return value


def mandatory(value: Any, message: str = "") -> Any:
    """The value; `message` is the error where it is not defined."""
    if isinstance(value, Undefined):
        raise Fault(text_of(message) or text_of(value), code="undefined")
    return value


def ternary(value: Any, if_true: Any, if_false: Any, if_null: Any = None) -> Any:
    """`if_true` or `if_false`, as the value says."""
    if value is None and if_null is not None:
        return if_null
    return if_true if value else if_false


def boolean(value: Any) -> bool:
    """`bool`: true for true, yes, on, 1; false for false, no, off, 0 and the empty text. Anything else is an error."""
    if isinstance(value, bool):
        return value
    match text_of(value).strip().lower():
        case "true" | "yes" | "on" | "1" | "y" | "t":
            return True
        case "false" | "no" | "off" | "0" | "n" | "f" | "":
            return False
        case other:
            raise Fault(f"{other[:60]!r} is neither true nor false")


def integer(value: Any, otherwise: Any = None, base: int = 10) -> int:
    """`int`: a whole number; what is none is an error, or becomes the default: `int(0)`."""
    try:
        return int(value.strip(), base) if isinstance(value, str) else int(value)
    except (ValueError, OverflowError, TypeError) as error:
        return int(_otherwise(value, otherwise, "whole number", error))


def number(value: Any, otherwise: Any = None) -> float:
    """`float`: a number; what is none is an error, or becomes the default: `float(0)`."""
    try:
        return float(value)
    except (ValueError, OverflowError, TypeError) as error:
        return float(_otherwise(value, otherwise, "number", error))


def _otherwise(value: Any, otherwise: Any, what: str, error: Exception) -> Any:
    text = text_of(value)  # says so where it is missing
    if otherwise is None:
        raise Fault(f"{text[:60]!r} is not a {what}", hint="int(0) gives 0 instead of an error") from error
    return otherwise


def type_debug(value: Any) -> str:
    """The name of the value's type."""
    return type(value).__name__


def version(value: Any, other: Any, operator: str = "==") -> bool:
    """`version` or `version_compare`: whether two version numbers stand in this relation: ==, !=, <, <=, >, >=."""
    return versions.holds(text_of(value), operator, text_of(other))


FILTERS: Final[dict[str, Callable[..., Any]]] = {
    "default": default,
    "d": default,
    "mandatory": mandatory,
    "ternary": ternary,
    "bool": boolean,
    "int": integer,
    "float": number,
    "abs": JINJA["abs"],
    "round": JINJA["round"],
    "type_debug": type_debug,
    "version": version,
    "version_compare": version,
}
