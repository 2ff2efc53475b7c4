"""Going through a plan, stage by stage and step by step, on all hosts side by side, to say what would come of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from executor.checking.filling import filled_in
from executor.checking.memory import Memory, names_of
from executor.checking.rounds import Looking
from executor.checking.tasks import Whole, look_at, remember
from executor.engine.index import legs
from executor.engine.values import words
from executor.errors import RunbookError
from executor.model.leaves import Late
from executor.model.plans import Plan, PlannedStage, PlannedStep
from executor.model.steps import Task
from executor.planning.findings import Finding, Findings, NotAsked, Skipped, Unknown, Verdict
from executor.templates import KnownLater, fill

# Has the questions of several hosts answered, side by side.
AskAll: TypeAlias = Callable[[Mapping[str, Looking[Whole]]], Mapping[str, Whole]]


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found, and the plan with everything filled in that the hosts have told."""

    plan: Plan
    findings: Findings


def foreseen(plan: Plan) -> Findings:
    """What the plan alone says of every step on every host."""
    return _Walk(plan, _nobody).findings()


def check(plan: Plan, ask_all: AskAll, *, lost: Mapping[str, str], diff: bool = False) -> Checked:
    """What is known once the hosts were asked; `lost` cannot be, each says why. `diff`: how files would change, too."""
    walk = _Walk(plan, ask_all, diff=diff, lost=lost)
    return Checked(walk.plan(), walk.findings())


def _nobody(lookings: Mapping[str, Looking[Whole]]) -> dict[str, Whole]:
    """Every question stays without an answer."""
    return {host: _unanswered(looking) for host, looking in lookings.items()}


def _unanswered(looking: Looking[Whole]) -> Whole:
    try:
        next(looking)
        while True:
            looking.send(None)
    except StopIteration as end:
        whole: Whole = end.value
        return whole


class _Walk:
    """One way through a plan."""

    def __init__(
        self, plan: Plan, ask_all: AskAll, *, diff: bool = False, lost: Mapping[str, str] | None = None
    ) -> None:
        self._plan = plan
        self._ask_all = ask_all
        self._asks = lost is not None
        self._lost = lost or {}
        self._diff = diff
        self._memory = Memory(plan)
        self._found: dict[str, dict[str, Finding]] = {}
        self._filled: dict[str, dict[str, Task]] = {}
        self._done: set[str] = set()  # the identities of `once: run` steps that one host has taken on
        self._alike: dict[int, tuple[Task, Finding]] = {}  # tasks of which the plan alone says all there is to say
        for stage in plan.stages:
            self._stage(stage)
        self._memory.enter(None, plan.always)
        for step in plan.always:
            self._step(step, step.tasks)

    # --- what came of it --------------------------------------------------------------------------------------------

    def findings(self) -> Findings:
        return Findings(self._found, checked=self._asks, unreachable=self._lost)

    def plan(self) -> Plan:
        """The plan, filled in."""
        stages = tuple(
            replace(
                stage,
                drain=self._with_filled(stage.drain),
                steps=self._with_filled(stage.steps),
                restore=self._with_filled(stage.restore),
                always=self._with_filled(stage.always),
            )
            for stage in self._plan.stages
        )
        return replace(self._plan, stages=stages, always=self._with_filled(self._plan.always))

    def _with_filled(self, steps: tuple[PlannedStep, ...]) -> tuple[PlannedStep, ...]:
        return tuple(
            replace(step, tasks={**step.tasks, **self._filled[step.id]}) if step.id in self._filled else step
            for step in steps
        )

    # --- going through ----------------------------------------------------------------------------------------------

    def _stage(self, stage: PlannedStage) -> None:
        self._memory.enter(stage, (step for _, steps in legs(stage) for step in steps))
        doubt = {host: verdict for host in stage.when if (verdict := self._enters(stage, host)) is not None}
        for _, steps in legs(stage):
            for step in steps:
                self._step(step, [host for host in step.tasks if host not in doubt])
                for host, verdict in doubt.items():
                    if host in step.tasks:
                        self._keep(step, host, Whole(unknown=verdict))

    def _enters(self, stage: PlannedStage, host: str) -> Verdict | None:
        """Why a host may not enter a stage; None where its condition holds."""
        conditions = stage.when[host]
        missing = self._memory.missing(conditions, host)
        try:
            off = next((one for one in conditions if not missing and not fill(one, self._memory.values(host))), None)
        except KnownLater as later:
            missing, off = (later.name,), None
        except RunbookError as error:
            return NotAsked(f"the condition of the stage: {words(error)}")
        if missing:
            return Unknown(missing, self._memory.until(missing, host), whether=True)
        if off is None:
            return None
        return Skipped(f"this does not hold: {off.template.text if isinstance(off, Late) else 'false'}")

    def _step(self, step: PlannedStep, hosts: Iterable[str]) -> None:
        if step.once is None:
            self._on_each(step, hosts)
        elif step.once_key not in self._done or step.once == "stage":
            self._on_one(step, hosts)

    def _on_each(self, step: PlannedStep, hosts: Iterable[str]) -> None:
        lookings = {}
        for host in hosts:
            if not self._asks and self._is_told(step, host):
                continue
            self._fill_in(step, host)
            lookings[host] = look_at(step.tasks[host], host, self._memory, diff=self._diff)
        for host, whole in self._ask_all(lookings).items():
            self._keep(step, host, whole)

    def _on_one(self, step: PlannedStep, hosts: Iterable[str]) -> None:
        """The first host that is there and for which the conditions hold does it for all."""
        for host in hosts:
            if host in self._lost:
                continue
            self._fill_in(step, host)
            whole = self._ask_all({host: look_at(step.tasks[host], host, self._memory, diff=self._diff)})[host]
            self._keep(step, host, whole)
            if not isinstance(whole.finding.verdict, Skipped):
                self._done.add(step.once_key)
                return

    def _is_told(self, step: PlannedStep, host: str) -> bool:
        """Where nobody is asked, a task that waits for nothing is the same on all hosts that share it."""
        task = step.tasks[host]
        if self._memory.waits(task) or names_of(task):
            return False
        if id(task) not in self._alike:
            whole = _unanswered(look_at(task, host, self._memory, diff=False))
            remember(step, host, whole, self._memory)
            self._alike[id(task)] = task, whole.finding
        self._found.setdefault(step.id, {})[host] = self._alike[id(task)][1]
        return True

    def _fill_in(self, step: PlannedStep, host: str) -> None:
        task = filled_in(step.tasks[host], host, self._memory)
        if task is not step.tasks[host]:
            self._filled.setdefault(step.id, {})[host] = task

    def _keep(self, step: PlannedStep, host: str, whole: Whole) -> None:
        self._found.setdefault(step.id, {})[host] = whole.finding
        remember(step, host, whole, self._memory)
