"""Looking things up in a plan, for what is checked of its runs."""

from __future__ import annotations

from collections.abc import Iterator

from executor.events import Key
from executor.model.plans import PlannedStep
from executor.model.steps import Item

Slot = tuple[str, str, int]  # host, step, item


def item_of(step: PlannedStep, key: Key) -> Item:
    return step.tasks[key.host].items[key.item]


def items_of(step: PlannedStep) -> Iterator[Item]:
    for task in step.tasks.values():
        yield from task.items


def undoes(key: Key) -> bool:
    return ".u" in key.task or key.part in ("undo", "reapply")
