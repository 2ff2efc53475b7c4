"""How long a plan can take beside the work of its commands: pauses, holds, retries and gates, batch by batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from executor.model import amounts
from executor.model.actions import Pause, ProbeAction, Reboot, Script, Shell
from executor.model.plans import Plan, PlannedStage, PlannedStep
from executor.model.probes import Probe
from executor.model.steps import Body, Task
from executor.planning.shown.steps import items_of, off, tasks_of
from executor.planning.shown.words import counted, duration


@dataclass(frozen=True, slots=True)
class Span:
    """At most `waiting` seconds of waits, where nothing fails for good, and the commands beside them: how many steps
    have some, and how many of these have no timeout. What only the run knows is not in it."""

    waiting: float
    commands: int
    unbounded: int


def span(plan: Plan) -> Span:
    """The longest that the plan can wait on its way forward."""
    waiting = sum(_stage(stage) for stage in plan.stages if not stage.skipped)
    waiting += sum(_step(step) for step in plan.always)
    steps = [
        step for step in forward_steps(plan) if any(isinstance(body.action, Shell | Script) for body in _bodies(step))
    ]
    unbounded = sum(any(body.settings.timeout is None for body in _bodies(step)) for step in steps)
    return Span(waiting, len(steps), unbounded)


def in_words(of: Span) -> str:
    """`45m at most in all, beside the time of 9 commands, 2 of them without a timeout`."""
    commands = f", beside the time of {counted(of.commands, 'command')}, {_limits(of)}" if of.commands else ""
    return f"{duration(of.waiting)} at most in all{commands}"


def _limits(of: Span) -> str:
    """How many of the commands have a timeout."""
    if of.commands == 1:
        return "which has no timeout" if of.unbounded else "which has a timeout"
    if of.unbounded == of.commands:
        return "none of which has a timeout"
    return f"{of.unbounded:,} of them without a timeout" if of.unbounded else "each of which has a timeout"


def forward_steps(plan: Plan) -> Iterator[PlannedStep]:
    """Every step that may run on the way forward, those at the end of the run last."""
    for stage in plan.stages:
        yield from () if stage.skipped else _of_stage(stage)
    yield from plan.always


def rounds(stage: PlannedStage) -> int:
    """How many batches come one after the other; in a sliding window, how often all its places are taken."""
    if stage.max_unavailable is None:
        return len(amounts.cut(stage.hosts, stage.serial))
    return -(-len(stage.hosts) // max(1, amounts.window(stage.max_unavailable, len(stage.hosts))))


def _stage(stage: PlannedStage) -> float:
    """Hosts of a batch wait side by side, batches one after the other; what runs once waits once."""
    each = sum(_step(step) for step in _of_stage(stage) if step.once is None)
    once = sum(_step(step) for step in _of_stage(stage) if step.once is not None)
    health = max((sum(map(_probe, probes)) for probes in stage.health.values()), default=0.0)
    pause = _number(stage.pause.seconds) if stage.pause is not None else 0.0
    times = rounds(stage)
    return (each + health) * times + once + pause * max(0, times - 1)


def _step(step: PlannedStep) -> float:
    return max((_task(task) for task in tasks_of(step)), default=0.0)


def _task(task: Task) -> float:
    return sum(_body(item.body) for item in task.items if off(item) is None)


def _body(body: Body) -> float:
    waiting = _action(body)
    if body.retry is not None:
        delay, backoff = _number(body.retry.delay), _number(body.retry.backoff) or 1.0
        waiting += sum(delay * backoff**number for number in range(int(_number(body.retry.attempts)) - 1))
    return waiting + (0.0 if body.verify is None else _probe(body.verify))


def _action(body: Body) -> float:
    match body.action:
        case Pause(seconds=seconds) | Reboot(within=seconds):
            return _number(seconds)
        case ProbeAction(probe=probe):
            return _probe(probe)
    return 0.0


def _probe(probe: Probe) -> float:
    return _number(probe.within) + _number(probe.hold)


def _number(leaf: object) -> float:
    return float(leaf) if isinstance(leaf, int | float) else 0.0


def _bodies(step: PlannedStep) -> Iterator[Body]:
    return (item.body for item in items_of(step))


def _of_stage(stage: PlannedStage) -> Iterable[PlannedStep]:
    return (*stage.drain, *stage.steps, *stage.restore, *stage.always)
