"""What of a plan can be named, to have it fail: steps, their proofs and items, health gates, watches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from executor.engine.index import LOCAL, legs
from executor.model.actions import SELF_UNDOING, Assert, Checklist, Pause, SetVars
from executor.model.plans import Plan, PlannedStage, PlannedStep
from executor.model.steps import Item
from executor.templates import sketch

Kind: TypeAlias = Literal["step", "item", "apply", "verify", "health", "watch"]


@dataclass(frozen=True, slots=True)
class Named:
    """Something with a name. `path` is stage, step and what of it; any end of it that is whole names it.

    `task` is the id under which the engine does it: of the step, of the stage for a gate, of the watch. `undoing` are
    the ids under which it is done, or undone, on the way back; without any it has no part in that.
    """

    path: tuple[str, ...]
    kind: Kind
    task: str
    hosts: frozenset[str]
    undoing: frozenset[str] = frozenset()
    sub: int = 0  # which item of a checklist it is, from 1
    can_fail: bool = True  # False: the program does it itself, and nothing about it can be simulated

    @property
    def name(self) -> str:
        return "/".join(self.path)

    def is_called(self, text: str) -> bool:
        """Whether the text is its whole path, an end of it, or its id."""
        return text == self.task or any("/".join(self.path[at:]) == text for at in range(len(self.path)))


def named(plan: Plan) -> tuple[Named, ...]:
    """Everything of a plan that has a name, in its order."""
    found = [one for stage in plan.stages for one in _of_stage(stage)]
    for step in plan.always:
        found += _of_step((), step, surrounds=False)
    return tuple(found)


def _of_stage(stage: PlannedStage) -> Iterator[Named]:
    for leg, steps in legs(stage):
        for step in steps:
            yield from _of_step((stage.name,), step, surrounds=leg != "steps")
    gated = frozenset(host for host, probes in stage.health.items() if probes)
    if gated:
        yield Named((stage.name, "health"), "health", stage.id, gated, frozenset((stage.id,)))
    for watch in stage.watch:
        about = frozenset(watch.probes) if watch.source == "host" else frozenset((LOCAL,))
        yield Named((stage.name, "watch"), "watch", watch.id, about)


def _of_step(stage: tuple[str, ...], step: PlannedStep, *, surrounds: bool) -> Iterator[Named]:
    """A step with all that belongs to it; `surrounds`: it is done on the way back, too."""
    path, hosts = (*stage, step.name), frozenset(step.tasks)
    items = tuple({id(item): item for task in step.tasks.values() for item in task.items}.values())
    undoing = frozenset((step.id,)) if surrounds else frozenset(_undoing(step.id, items))
    yield Named(path, "step", step.id, hosts, undoing, can_fail=any(map(_can_fail, items)))
    for kind in _parts(items):
        yield Named((*path, kind), kind, step.id, hosts)
    for number, text in _checked(items):
        yield Named((*path, text), "item", step.id, hosts, sub=number)


def _undoing(step: str, items: Iterable[Item]) -> Iterator[str]:
    for item in items:
        yield from (handler.id for handler in item.rollback or ())
        if item.rollback is None and isinstance(item.body.action, SELF_UNDOING):
            yield step
        if item.rollback and item.body.apply is not None:
            yield step


def _can_fail(item: Item) -> bool:
    match item.body.action:
        case Assert() | SetVars():
            return False
        case Pause(seconds=seconds):
            return seconds is None
        case _:
            return True


def _parts(items: Iterable[Item]) -> Iterator[Kind]:
    bodies = [item.body for item in items]
    if any(body.apply is not None for body in bodies):
        yield "apply"
    if any(body.verify is not None for body in bodies):
        yield "verify"


def _checked(items: Iterable[Item]) -> Iterator[tuple[int, str]]:
    """The items of checklists, with their numbers; a name that only the run knows is told as far as it is known."""
    seen: set[tuple[int, str]] = set()
    for item in items:
        entries = item.body.action.items if isinstance(item.body.action, Checklist) else ()
        for number, entry in enumerate(entries, 1):
            text = entry.item if isinstance(entry.item, str) else sketch(entry.item)
            if (number, text) not in seen:
                seen.add((number, text))
                yield number, text
