"""Where everything of a plan stands: look-ups that cost the same however large the plan is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from executor.model.leaves import Late, Template
from executor.model.plans import Plan, PlannedStage, PlannedStep
from executor.model.steps import Item, Task

Leg: TypeAlias = Literal["drain", "steps", "restore", "always"]

RUN = -1  # the place of the run's own `always`, among the stages
LOCAL = "localhost"  # in whose name the run's own work is done
_ANY = ""  # a delegate that only the run knows


@dataclass(frozen=True, slots=True)
class Located:
    """A step of the plan and where it stands."""

    stage: int  # the index of its stage, or RUN
    leg: Leg
    step: PlannedStep


@dataclass(frozen=True, slots=True)
class Index:
    """`steps` by id; `watches` and what else a stage has for itself by the stage's id; `remote`: whom to connect to;
    `last`: of each host that a stage names, the last such stage."""

    steps: Mapping[str, Located]
    stages: Mapping[str, int]
    watches: Mapping[str, Literal["host", "control"]]
    remote: tuple[str, ...]
    members: tuple[str, ...]  # the hosts that stages name, but the control node
    last: Mapping[str, int]

    def task(self, step: str, host: str) -> Task:
        """The task of a step for a host. Raises KeyError where the plan has none."""
        return self.steps[step].step.tasks[host]

    def item(self, step: str, host: str, item: int) -> Item:
        """One round of a step's loop; a loop that only the run knows has one pattern for all its rounds."""
        task = self.task(step, host)
        return task.items[0 if task.loop is not None else item]


def index(plan: Plan) -> Index:
    """Look the whole plan through once."""
    located: dict[str, Located] = {}
    for number, stage in enumerate(plan.stages):
        for leg, steps in legs(stage):
            located.update({step.id: Located(number, leg, step) for step in steps})
        located.update({step.id: Located(number, "steps", step) for step in stage.earlier})
    located.update({step.id: Located(RUN, "always", step) for step in plan.always})
    return Index(
        steps=located,
        stages={stage.id: number for number, stage in enumerate(plan.stages)},
        watches={watch.id: watch.source for stage in plan.stages for watch in stage.watch},
        remote=tuple(_remote(plan, _named(plan))),
        members=tuple(
            dict.fromkeys(h for s in plan.stages if not s.skipped for h in s.hosts if not plan.hosts[h].local)
        ),
        last={h: number for number, stage in enumerate(plan.stages) if not stage.skipped for h in stage.hosts},
    )


def legs(stage: PlannedStage) -> tuple[tuple[Leg, tuple[PlannedStep, ...]], ...]:
    """The steps of a stage, by what they are for."""
    return (("drain", stage.drain), ("steps", stage.steps), ("restore", stage.restore), ("always", stage.always))


def may_change(plan: Plan) -> tuple[str, ...]:
    """Every host on which the plan may do something, but the control node: where only the run knows to whom a step is
    delegated, that is any of the plan's."""
    named = _named(plan)
    return tuple(_remote(plan, plan.hosts if _ANY in named else named))


def _remote(plan: Plan, names: Iterable[str]) -> Iterable[str]:
    """Those that the plan knows and that are not the control node itself."""
    return (host for host in names if host in plan.hosts and not plan.hosts[host].local)


def _named(plan: Plan) -> Mapping[str, None]:
    """Every host that stages or delegations name, each once."""
    wanted: dict[str, None] = {}
    seen: set[int] = set()  # hosts share tasks: each is looked at once
    for stage in plan.stages:
        if stage.skipped:
            continue
        wanted |= dict.fromkeys(stage.hosts)
        for _, steps in (*legs(stage), ("steps", stage.earlier)):
            wanted |= _delegated(steps, seen)
    return wanted | _delegated(plan.always, seen)


def _delegated(steps: Iterable[PlannedStep], seen: set[int]) -> dict[str, None]:
    """The hosts that do work of these steps for others; tasks that were `seen` are not looked at again."""
    found: dict[str, None] = {}
    for task in (task for step in steps for task in step.tasks.values()):
        if id(task) not in seen:
            seen.add(id(task))
            found |= dict.fromkeys(_delegates(task))
    return found


def _delegates(task: Task) -> Iterable[str]:
    for item in task.items:
        delegate = item.body.settings.delegate_to
        if delegate is not None:
            yield _ANY if isinstance(delegate, Late | Template) else delegate
        for handler in item.rollback or ():
            yield from _delegates(handler)
