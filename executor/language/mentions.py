"""Every place of a runbook that gives a name a value, in the order in which they are written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from executor.language.nodes import ListNode, MapNode, Node, Scalar, plain
from executor.language.projects import real
from executor.language.reader import parse
from executor.language.sources import read
from executor.model.places import Place

_DEEPEST = 64  # a runbook that was loaded has bounds of its own; these are for one that changes meanwhile
_NOT_STEPS = frozenset({"params", "vars", "vars_files", "set", "environment", "when", "shell", "script", "loop"})

Giver: TypeAlias = Literal["parameter", "variables file", "runbook", "here", "set", "register"]


@dataclass(frozen=True, slots=True)
class Mention:
    """`kind` "here": variables of a stage, block, step or include, which hold within it; `where` says which it is."""

    kind: Giver
    where: str
    value: object  # as it was written; None for a registered result
    place: Place


def mentions(path: Path, name: str) -> tuple[Mention, ...]:
    """Where the runbook at `path`, which loads without problems, gives `name` a value. Raises InvalidInput."""
    return tuple(_of_runbook(path, name))


def _of_runbook(path: Path, name: str) -> Iterator[Mention]:
    root = parse(read(path)).root
    if not isinstance(root, MapNode):
        return
    params = root.items.get("params")
    declared = params.items.get(name) if isinstance(params, MapNode) else None
    if isinstance(declared, MapNode) and "default" in declared.items:
        default = declared.items["default"]
        yield Mention("parameter", "default of the parameter", plain(default), default.place)
    for file in _items(root.items.get("vars_files")):
        if isinstance(file, Scalar):
            found = parse(read(path.parent / file.text)).root
            yield from _given(found, name, "variables file", f"file {file.text}")
    yield from _given(root.items.get("vars"), name, "runbook", "vars of the runbook")
    for key, item in root.items.items():
        if key not in _NOT_STEPS:
            yield from _within(item, name, path, "", 0)


def _within(node: Node, name: str, path: Path, where: str, depth: int) -> Iterator[Mention]:
    """In a node that may hold stages or steps; `where` are the names around it."""
    if isinstance(node, ListNode):
        for item in node.items:
            yield from _within(item, name, path, where, depth)
        return
    if not isinstance(node, MapNode) or depth > _DEEPEST:
        return
    items = node.items
    title = items.get("name")
    here = " / ".join(filter(None, (where, title.text if isinstance(title, Scalar) else "")))
    yield from _given(items.get("vars"), name, "here", here or "an include")
    yield from _given(items.get("set"), name, "set", here or "a step")
    register = items.get("register")
    if isinstance(register, Scalar) and register.text == name:
        yield Mention("register", here or "a step", None, register.place)
    include = items.get("include")
    if isinstance(include, Scalar):
        file = real(path.parent / include.text)
        content = parse(read(file)).root
        if content is not None:
            yield from _within(content, name, file, here, depth + 1)
    for key, item in items.items():
        if key not in _NOT_STEPS:
            yield from _within(item, name, path, here, depth + 1)


def _given(node: Node | None, name: str, kind: Giver, where: str) -> Iterator[Mention]:
    if isinstance(node, MapNode) and name in node.items:
        yield Mention(kind, where, plain(node.items[name]), node.keys[name])


def _items(node: Node | None) -> tuple[Node, ...]:
    if isinstance(node, ListNode):
        return node.items
    return (node,) if node is not None else ()
