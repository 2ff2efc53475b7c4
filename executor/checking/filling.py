"""A task as it would be run, with what a check has found out: late leaves that are known by now are rendered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from executor.checking.memory import Memory, names_of
from executor.errors import RunbookError
from executor.model.leaves import Kind, Late, Template, Text, Value
from executor.model.steps import Item, Task
from executor.planning.tasks import label_of
from executor.templates import KnownLater, fill, map_leaves


def filled_in(task: Task, host: str, memory: Memory) -> Task:
    """The task with everything in it that is known by now; the same object where that is nothing."""
    if not memory.helps(task, host):
        return task
    values = memory.values(host)
    if task.loop is None or memory.missing(task.loop, host):
        own = frozenset((*names_of(task), "item")) if task.loop is not None else frozenset(names_of(task))
        items = tuple(_item(item, _Filling(memory, host, values, own)) for item in task.items)
        return replace(task, items=items, name=_Filling(memory, host, values, own).leaf(task.name))
    pattern, own = task.items[0], frozenset(names_of(task))
    rounds = []
    for value in _listed(task.loop, values):
        filling = _Filling(memory, host, {**values, "item": value}, own)
        rounds.append(_item(replace(pattern, value=value, label=label_of(value)), filling))
    return replace(task, items=tuple(rounds), loop=None, looped=True)


def _listed(loop: Late, values: Mapping[str, Value]) -> tuple[Any, ...]:
    try:
        found: object = fill(loop, values)
    except (RunbookError, KnownLater):
        return ()  # the finding of this step says what is wrong
    return tuple(found) if isinstance(found, list | tuple) else ()


class _Filling:
    """Renders leaves with `values`. `own` are names that the task itself gives, or its loop: they stay late."""

    def __init__(self, memory: Memory, host: str, values: Mapping[str, Value], own: frozenset[str]) -> None:
        self._memory, self._host, self._values, self._own = memory, host, values, own

    def leaf(self, leaf: Any) -> Any:
        """A leaf's value where all of it is known, else a leaf that knows more than before."""
        if not isinstance(leaf, Late):
            return leaf
        rest = self._rest(leaf)
        if not rest and leaf.needs and leaf.template.kind is not Kind.EXPRESSION:
            try:
                return fill(leaf, self._values)
            except (RunbookError, KnownLater):
                return leaf  # the finding of this step says what is wrong
        found = {name: self._values[name] for name in leaf.needs if name not in rest and name in self._values}
        needs = tuple(name for name in leaf.needs if name in rest or name not in found)
        return Late(leaf.template, {**leaf.known, **found}, needs) if found else leaf

    def condition(self, condition: Text | bool) -> Text | bool:
        """True where it is known to hold; where it is known not to, a Late that needs nothing."""
        if not isinstance(condition, Late) or not condition.needs or self._rest(condition):
            return condition if isinstance(condition, bool | str | Template) else self._kept(condition)
        try:
            holds = bool(fill(condition, self._values))
        except (RunbookError, KnownLater):
            return condition
        return True if holds else replace(condition, needs=())

    def _kept(self, condition: Late) -> Late:
        kept = self.leaf(condition)
        return kept if isinstance(kept, Late) else condition

    def _rest(self, leaf: Late) -> tuple[str, ...]:
        """The names that it still waits for."""
        missing = self._memory.missing(leaf, self._host)
        late = (name for name in leaf.needs if name in self._own or name == "hosts")
        return tuple(dict.fromkeys((*missing, *late)))


def _item(item: Item, filling: _Filling) -> Item:
    conditions = tuple(filling.condition(condition) for condition in item.when)
    if any(isinstance(one, Late) and not one.needs for one in conditions):
        return replace(item, when=conditions)
    when = tuple(condition for condition in conditions if condition is not True)
    return replace(
        item, body=map_leaves(item.body, filling.leaf), rollback=map_leaves(item.rollback, filling.leaf), when=when
    )
