"""An event costs the same in a run of ten hosts and of many: nothing looks at all hosts each time."""

from __future__ import annotations

import sys
from collections import deque
from types import FrameType
from typing import Any

import pytest

from executor.engine import evolve, initial, settle
from executor.engine.effects import Connect, Effect, Finish, Perform
from executor.events import Ended, Event, HostReached, RunEnded, RunStarted
from executor.model.actions import Shell
from executor.model.inventories import HostSpec
from executor.model.outcomes import Result, Status
from executor.model.plans import Plan, PlannedStage, PlannedStep
from executor.model.runbooks import Amount
from executor.model.steps import Body, Item, Task

STEPS = 3


def _plan(count: int, serial: Amount) -> Plan:
    hosts = tuple(f"h{number}" for number in range(count))
    steps = []
    for number in range(1, STEPS + 1):
        undo = Task(f"1.{number}.u1", "undo", (Item(None, "", Body(Shell("undo"))),))
        task = Task(f"1.{number}", f"step {number}", (Item(None, "", Body(Shell("do")), (undo,)),))
        steps.append(PlannedStep(task.id, f"step {number}", dict.fromkeys(hosts, task)))
    specs = {name: HostSpec(name, name, local=name == "localhost") for name in (*hosts, "localhost")}
    stage = PlannedStage("1", "S", hosts, tuple(steps), serial=(serial,))
    return Plan("p", "p.yml", "/", (), specs, {}, (stage,))


def _run(plan: Plan, failing: str) -> tuple[int, RunEnded]:
    """Play the plan; the last step of one host fails. How many events there were, and the last."""
    state = initial(plan)
    pending: deque[Event] = deque([RunStarted("r", "p", "p.yml", "", "ann", "here")])
    count = 0
    while True:
        evolve(plan, state, pending.popleft())
        decision = settle(plan, state)
        count += 1 + len(decision.events)
        for effect in decision.effects:
            if isinstance(effect, Finish):
                assert state.ended is not None
                return count, state.ended
            pending.extend(_answers(effect, failing))


def _answers(effect: Effect, failing: str) -> list[Event]:
    match effect:
        case Connect(host):
            return [HostReached(host)]
        case Perform(key):
            bad = key.host == failing and key.task == f"1.{STEPS}"
            return [Ended(key, Result(Status.OK, rc=1 if bad else 0))]
        case _:
            return []


def _lines_per_event(count: int, serial: Amount) -> float:
    plan = _plan(count, serial)
    lines = 0

    def trace(_frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal lines
        lines += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        events, ended = _run(plan, failing=f"h{count - 1}")
    finally:
        sys.settrace(before)
    assert ended.exit == 2
    return lines / events


@pytest.mark.parametrize("serial", [Amount(1), Amount(100, percent=True)], ids=["one by one", "all at once"])
def test_the_cost_of_an_event_does_not_grow_with_the_hosts(serial: Amount) -> None:
    few, many = _lines_per_event(10, serial), _lines_per_event(120, serial)
    assert many < few * 1.2, f"{few:.0f} lines an event with 10 hosts, {many:.0f} with 120"
