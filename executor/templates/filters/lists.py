"""Filters on lists and mappings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from jinja2 import pass_environment
from jinja2.environment import Environment
from jinja2.filters import FILTERS as JINJA
from jinja2.filters import make_attrgetter

from executor.templates import bounds
from executor.templates.faults import Fault
from executor.templates.text import text_of


@pass_environment
def join(environment: Environment, value: Iterable[Any], separator: str = "", attribute: str | None = None) -> str:
    """The items as one text, `separator` between them; `attribute` takes that of each."""
    items = list(value) if attribute is None else [make_attrgetter(environment, attribute)(item) for item in value]
    bounds.check_spread(items)
    bounds.check_length(len(separator) * len(items))
    return text_of(separator).join(text_of(item) for item in items)


def listed(value: Any) -> list[Any]:
    """`list`: the items; of a text its characters, of a mapping its keys."""
    return list(value)


def count(value: Any) -> int:
    """`length` or `count`: how many items or characters there are."""
    return len(value)


def unique(value: Iterable[Any]) -> list[Any]:
    """Without repetitions, the first of each in its place."""
    return _without_repetition(value)


def union(value: Iterable[Any], other: Iterable[Any]) -> list[Any]:
    """What is in either of two lists, each once."""
    return _without_repetition([*value, *other])


def intersect(value: Iterable[Any], other: Iterable[Any]) -> list[Any]:
    """What is in both lists, each once."""
    keys = {_key(item) for item in other}
    return [item for item in _without_repetition(value) if _key(item) in keys]


def difference(value: Iterable[Any], other: Iterable[Any]) -> list[Any]:
    """What is in the first list and not in the other, each once."""
    keys = {_key(item) for item in other}
    return [item for item in _without_repetition(value) if _key(item) not in keys]


def symmetric_difference(value: Iterable[Any], other: Iterable[Any]) -> list[Any]:
    """What is in one of two lists only, each once."""
    first, second = list(value), list(other)
    return difference(first, second) + difference(second, first)


def flatten(value: Iterable[Any], levels: int | None = None) -> list[Any]:
    """The items of lists within the list in their place, `levels` deep (all by default)."""
    flat: list[Any] = []
    for item in value:
        if isinstance(item, list | tuple) and levels != 0:
            flat += flatten(item, None if levels is None else levels - 1)
        else:
            flat.append(item)
        bounds.check_items(len(flat))
    return flat


def zipped(value: Iterable[Any], *others: Iterable[Any]) -> list[list[Any]]:
    """`zip`: the first items of the lists together, then the second, as long as the shortest."""
    return [list(items) for items in zip(value, *others, strict=False)]


def combine(value: Mapping[str, Any], *others: Mapping[str, Any], recursive: bool = False) -> dict[str, Any]:
    """A mapping with the keys of others put over it; `recursive=true` combines mappings within, too."""
    result = dict(_mapping(value))
    for other in others:
        for key, item in _mapping(other).items():
            below = result.get(key)
            if recursive and isinstance(below, Mapping) and isinstance(item, Mapping):
                result[key] = combine(below, item, recursive=True)
            else:
                result[key] = item
    return result


def dict2items(value: Mapping[str, Any], key_name: str = "key", value_name: str = "value") -> list[dict[str, Any]]:
    """A mapping as a list of {key, value}."""
    return [{key_name: key, value_name: item} for key, item in _mapping(value).items()]


def items2dict(value: Iterable[Mapping[str, Any]], key_name: str = "key", value_name: str = "value") -> dict[Any, Any]:
    """A list of {key, value} as a mapping."""
    return {item[key_name]: item[value_name] for item in value}


@pass_environment
def total(environment: Environment, value: Iterable[Any], attribute: str | None = None, start: Any = 0) -> Any:
    """`sum`: the items added up; `attribute` takes that of each, `start=[]` joins lists."""
    result = start
    for item in value:
        operand = item if attribute is None else make_attrgetter(environment, attribute)(item)
        bounds.check_operation("+", result, operand)
        result = result + operand
    return result


def batch(value: Iterable[Any], size: int, fill: Any = None) -> list[list[Any]]:
    """The items in lists of `size`; `fill` makes the last one full."""
    bounds.check_items(size)
    items = list(value)
    if size < 1:
        raise Fault("a batch has at least one item")
    batches = [items[start : start + size] for start in range(0, len(items), size)]
    if fill is not None and batches:
        batches[-1] += [fill] * (size - len(batches[-1]))
    return batches


def _mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise Fault(f"this wants a mapping, not {text_of(value)[:60]!r}")
    return value


def _key(item: Any) -> Any:
    """Something to compare by, also for what cannot be hashed; 1 is not true."""
    if isinstance(item, str | bytes | None | float):
        return item
    return type(item).__name__, repr(item)


def _without_repetition(value: Iterable[Any]) -> list[Any]:
    first: dict[Any, Any] = {}
    for item in value:
        first.setdefault(_key(item), item)
    return list(first.values())


# What Jinja does well enough itself; each gets bounds around it.
_FROM_JINJA = ("dictsort", "first", "groupby", "last", "map", "max", "min", "reject", "rejectattr", "reverse", "select")
_MORE_FROM_JINJA = ("selectattr", "sort", "items")

_OWN: Final[dict[str, Callable[..., Any]]] = {
    "join": join,
    "list": listed,
    "length": count,
    "count": count,
    "unique": unique,
    "union": union,
    "intersect": intersect,
    "difference": difference,
    "symmetric_difference": symmetric_difference,
    "flatten": flatten,
    "zip": zipped,
    "combine": combine,
    "dict2items": dict2items,
    "items2dict": items2dict,
    "batch": batch,
    "sum": total,
}

FILTERS: Final[dict[str, Callable[..., Any]]] = _OWN | {name: JINJA[name] for name in (*_FROM_JINJA, *_MORE_FROM_JINJA)}
