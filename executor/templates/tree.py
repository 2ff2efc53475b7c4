"""Walks over trees of frozen dataclasses, tuples and mappings, from leaf to leaf."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Hashable, Iterator, Mapping
from functools import cache
from typing import Any, TypeAlias, TypeVar, cast

from executor.model.leaves import Late, Template
from executor.model.places import Place

Leaf: TypeAlias = Template | Late
T = TypeVar("T")


def map_leaves(node: T, change: Callable[[Leaf], Any]) -> T:
    """The tree with every Template and Late changed; the same object where it has none."""
    return node if type(node) in _PLAIN else cast(T, _mapped(node, change))


def leaves(node: object) -> Iterator[Leaf]:
    """Every Template and Late of a tree, in order. A Late is one leaf: what it knows is not entered."""
    match node:
        case Template() | Late():
            yield node
        case str() | None | int() | float() | Place():
            return
        case Mapping():
            for item in node.values():
                yield from leaves(item)
        case tuple() | list():
            for item in node:
                yield from leaves(item)
        case _:
            for name in _fields_of(node):
                yield from leaves(getattr(node, name))


def needs(node: object) -> frozenset[str]:
    """The names that the late leaves of a tree wait for."""
    found: set[str] = set()
    _gather(node, found)
    return frozenset(found)


def _gather(node: Any, found: set[str]) -> None:
    kind = type(node)
    if kind in _PLAIN or kind is Template:
        return
    if kind is Late:
        found.update(node.needs)
    elif kind is tuple or kind is list:
        for item in node:
            if type(item) not in _PLAIN:
                _gather(item, found)
    elif names := _fields_of(node):
        for name in names:
            item = getattr(node, name)
            if type(item) not in _PLAIN:
                _gather(item, found)
    elif isinstance(node, Mapping):
        for item in node.values():
            _gather(item, found)


def _mapped(node: Any, change: Callable[[Leaf], Any]) -> Any:
    kind = type(node)
    if kind in _PLAIN:
        return node
    if kind is Template or kind is Late:
        return change(node)
    names = _fields_of(node)
    if not names:
        return _mapped_inside(node, change)
    changed = {}
    for name in names:
        old = getattr(node, name)
        if type(old) not in _PLAIN and (new := _mapped(old, change)) is not old:
            changed[name] = new
    return dataclasses.replace(node, **changed) if changed else node


def _mapped_inside(node: Any, change: Callable[[Leaf], Any]) -> Any:
    """What is no dataclass: a list, a tuple, a mapping; anything else is as it is."""
    if isinstance(node, tuple | list):
        parts = [_mapped(item, change) for item in node]
        if all(new is old for new, old in zip(parts, node, strict=True)):
            return node
        return tuple(parts) if isinstance(node, tuple) else parts
    if isinstance(node, Mapping):
        items = {key: _mapped(item, change) for key, item in node.items()}
        return items if any(items[key] is not item for key, item in node.items()) else node
    return node


_PLAIN = frozenset({str, int, float, bool, type(None), Place})


def _fields_of(node: object) -> tuple[str, ...]:
    kind: Any = type(node)
    return _fields(kind)


@cache
def _fields(kind: Hashable) -> tuple[str, ...]:
    """The names of a dataclass's fields; nothing for other types, which are leaves that never change."""
    return (
        tuple(field.name for field in dataclasses.fields(kind))
        if isinstance(kind, type) and dataclasses.is_dataclass(kind)
        else ()
    )
