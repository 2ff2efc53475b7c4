"""The tests: what may stand behind `is`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, cast

from jinja2.tests import TESTS as JINJA

from executor.templates.faults import Fault
from executor.templates.filters import patterns, values
from executor.templates.text import text_of


def match(value: Any, pattern: str, ignorecase: bool = False, multiline: bool = False) -> bool:
    """Whether the text begins as the regular expression says."""
    regex = patterns.compiled(pattern, ignorecase=ignorecase, multiline=multiline)
    return regex.match(patterns.subject(text_of(value))) is not None


def search(value: Any, pattern: str, ignorecase: bool = False, multiline: bool = False) -> bool:
    """`search` or `regex`: whether the regular expression is found anywhere in the text."""
    regex = patterns.compiled(pattern, ignorecase=ignorecase, multiline=multiline)
    return regex.search(patterns.subject(text_of(value))) is not None


def contains(value: Any, item: Any) -> bool:
    """Whether the item is in the list, the key in the mapping, or the text in the text."""
    return item in value


def subset(value: Iterable[Any], other: Iterable[Any]) -> bool:
    """Whether everything in the first list is in the other."""
    wanted = list(other)
    return all(item in wanted for item in value)


def superset(value: Iterable[Any], other: Iterable[Any]) -> bool:
    """Whether everything in the other list is in the first."""
    return subset(other, value)


def every(value: Iterable[Any]) -> bool:
    """`all`: whether every item is true."""
    return all(value)


def some(value: Iterable[Any]) -> bool:
    """`any`: whether at least one item is true."""
    return any(value)


def truthy(value: Any) -> bool:
    """Whether the value is neither empty, zero, null nor false."""
    return bool(value)


def falsy(value: Any) -> bool:
    """Whether the value is empty, zero, null or false."""
    return not value


def changed(value: Any) -> bool:
    """Whether a registered result says that its step changed something."""
    return _of_result(value, "changed")


def failed(value: Any) -> bool:
    """Whether a registered result says that its step failed."""
    return _of_result(value, "failed")


def succeeded(value: Any) -> bool:
    """`succeeded` or `success`: whether a registered result says that its step did not fail."""
    return not failed(value)


def skipped(value: Any) -> bool:
    """Whether a registered result says that its step was skipped."""
    return _of_result(value, "skipped")


def _of_result(value: Any, key: str) -> bool:
    if not isinstance(value, Mapping):
        raise Fault(f"`is {key}` is asked of a registered result, not of {text_of(value)[:60]!r}")
    return bool(value.get(key, False))


_THEIRS = cast("dict[str, Callable[..., Any]]", JINJA)
_FROM_JINJA = (
    *("boolean", "defined", "divisibleby", "eq", "equalto", "even", "false", "float", "ge", "gt", "greaterthan", "in"),
    *("integer", "iterable", "le", "lessthan", "lower", "lt", "mapping", "ne", "none", "number", "odd", "sequence"),
    *("string", "true", "undefined", "upper", "==", "!=", ">", ">=", "<", "<="),
)

_OWN: Final[dict[str, Callable[..., Any]]] = {
    "match": match,
    "search": search,
    "regex": search,
    "contains": contains,
    "subset": subset,
    "superset": superset,
    "all": every,
    "any": some,
    "truthy": truthy,
    "falsy": falsy,
    "changed": changed,
    "failed": failed,
    "succeeded": succeeded,
    "success": succeeded,
    "skipped": skipped,
    "version": values.version,
    "version_compare": values.version,
}

TESTS: Final[dict[str, Callable[..., Any]]] = _OWN | {name: _THEIRS[name] for name in _FROM_JINJA}
