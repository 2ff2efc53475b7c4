"""What the plan says about a piece of work: which step of how many it is, and how long it may or must last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from executor.events import Key
from executor.model.actions import ProbeAction
from executor.model.plans import Plan, PlannedStep
from executor.model.probes import Probe
from executor.model.steps import Body


@dataclass(frozen=True, slots=True)
class Bound:
    """A time in the plan: a probe must `hold` for that long or pass `within` it; an attempt has a `timeout`."""

    kind: Literal["hold", "within", "timeout"]
    seconds: float


class Guide:
    """Looks things up in a plan by the keys of events; costs nothing that grows with the hosts."""

    def __init__(self, plan: Plan) -> None:
        self._stages = {stage.id: stage for stage in plan.stages}
        self._steps: dict[str, PlannedStep] = {}
        self._positions: dict[str, tuple[int, int]] = {}
        lists = [stage.steps for stage in plan.stages]
        for steps in lists:
            for number, step in enumerate(steps, start=1):
                self._positions[step.id] = number, len(steps)
        for steps in (*lists, plan.always, *(part for s in plan.stages for part in (s.drain, s.restore, s.always))):
            self._steps.update({step.id: step for step in steps})

    def position(self, task: str) -> tuple[int, int] | None:
        """Which step of its stage a task is, and of how many; None for handlers and what surrounds the steps."""
        return self._positions.get(task)

    def bound(self, key: Key) -> Bound | None:
        """How long the piece of work may or must last, where the plan knows it."""
        if key.direction == "back" or key.part == "health":
            return self._health(key)
        step = self._steps.get(key.task)
        task = step.tasks.get(key.host) if step else None
        if task is None or not task.items:
            return None
        item = task.items[min(key.item, len(task.items) - 1)]
        return _of_body(item.body, key.part)

    def _health(self, key: Key) -> Bound | None:
        stage = self._stages.get(key.task)
        probes = stage.health.get(key.host, ()) if stage and key.part == "health" else ()
        return _of_probe(probes[key.item]) if key.item < len(probes) else None


def _of_body(body: Body, part: str) -> Bound | None:
    if part == "verify":
        return _of_probe(body.verify) if body.verify else None
    if part == "action" and isinstance(body.action, ProbeAction):
        return _of_probe(body.action.probe)
    timeout = body.settings.timeout
    return Bound("timeout", float(timeout)) if part == "action" and isinstance(timeout, int | float) else None


def _of_probe(probe: Probe) -> Bound | None:
    if isinstance(probe.hold, int | float):
        return Bound("hold", float(probe.hold))
    if isinstance(probe.within, int | float):
        return Bound("within", float(probe.within))
    return None
