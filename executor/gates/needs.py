"""What of a plan only a person can answer, known before the first connection."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from executor.errors import Problem, Refused
from executor.model.actions import Checklist, Pause
from executor.model.amounts import cut
from executor.model.leaves import Late, Template, Text
from executor.model.places import NOWHERE, Place
from executor.model.plans import Plan, PlannedStage, PlannedStep
from executor.model.steps import Task

_INTERPOLATION = re.compile(r"\{\{.*?\}\}")


@dataclass(frozen=True, slots=True)
class Need:
    """One question that a run will ask, or may ask (a late condition decides, or a rollback).

    `name` is stage/step/item, as --confirm and --answers have it. `late`: part of the name is only known at run time,
    and stands in it as it was written. `evidence`: a bare yes is not enough.
    """

    name: str
    place: Place = NOWHERE
    evidence: bool = False
    late: bool = False

    def is_called(self, name: str) -> bool:
        """Whether that could be its name at run time: what is late in it may become any text."""
        if not self.late:
            return name == self.name
        fixed = _INTERPOLATION.split(self.name)
        return re.fullmatch(".+".join(re.escape(part) for part in fixed), name) is not None


def needs(plan: Plan) -> tuple[Need, ...]:
    """All that a person will be asked, each name once, in the plan's order. `--step` is not among it."""
    found: dict[str, Need] = {}
    for stage in plan.stages:
        if not stage.skipped:
            for need in _of_stage(stage):
                found.setdefault(need.name, need)
    for need in _of_steps(plan.always, ""):
        found.setdefault(need.name, need)
    return tuple(found.values())


def needs_back(plan: Plan) -> tuple[Need, ...]:
    """Those of a plan's questions that its handlers ask: what a rollback alone needs a person for."""
    found: dict[str, Need] = {}
    for stage in plan.stages:
        for step in stage.steps:
            for task in {id(task): task for task in step.tasks.values()}.values():
                for handler in (handler for item in task.items for handler in item.rollback or ()):
                    for need in _of_task(handler, stage.name, step.place):
                        found.setdefault(need.name, need)
    return tuple(found.values())


def refused(missing: Iterable[Need]) -> Refused:
    """The refusal that names each question without an answer; for runs without a terminal (exit 11)."""
    return Refused(
        *(
            Problem(
                f"this run needs a person to answer '{need.name}', and has no terminal to ask at",
                None if need.place == NOWHERE else need.place,
                hint="it wants evidence: give a text for it in --answers FILE"
                if need.evidence
                else f"--confirm '{need.name}', or a line for it in --answers FILE",
                code="needs-a-person",
            )
            for need in missing
        )
    )


def _of_stage(stage: PlannedStage) -> Iterator[Need]:
    yield from _of_steps((*stage.drain, *stage.steps, *stage.restore, *stage.always), stage.name)
    pause = stage.pause
    if pause is not None and pause.prompt is not None and len(cut(stage.hosts, stage.serial)) > 1:
        yield Need(f"{stage.name}/pause", stage.place)


def _of_steps(steps: Iterable[PlannedStep], stage: str) -> Iterator[Need]:
    for step in steps:
        different = {id(task): task for task in step.tasks.values()}  # hosts that are alike share one
        for task in different.values():
            yield from _of_task(task, stage, step.place)


def _of_task(task: Task, stage: str, place: Place) -> Iterator[Need]:
    for item in task.items:
        if False in item.when:
            continue
        match item.body.action:
            case Checklist(entries):
                for entry in entries:
                    if entry.shell is None and entry.probe is None:
                        where = place if entry.place == NOWHERE else entry.place
                        evidence = entry.evidence is not False
                        yield _need(stage, task.name, entry.item, place=where, evidence=evidence)
            case Pause(prompt=prompt) if prompt is not None:
                yield _need(stage, task.name, place=place)
        for handler in item.rollback or ():
            yield from _of_task(handler, stage, place)


def _need(stage: str, *parts: Text, place: Place, evidence: bool = False) -> Need:
    written = [_written(part) for part in parts]
    name = "/".join(text for text in (stage, *written) if text)
    return Need(name, place, evidence, late=any(not isinstance(part, str) for part in parts))


def _written(text: Text) -> str:
    match text:
        case Template():
            return text.text
        case Late():
            return text.template.text
        case _:
            return text
