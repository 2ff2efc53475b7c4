"""How the end of a step, or of a round of its loop, changes the state."""

from __future__ import annotations

from executor.engine import evolve_back
from executor.engine.course import once_key
from executor.engine.evolve_work import enter
from executor.engine.moves import advance, fail
from executor.engine.state import Do, Failure, HostState, Round, State
from executor.engine.work import armed_by
from executor.events import ItemEnded, StepEnded
from executor.model.plans import Plan


def item_ended(plan: Plan, state: State, event: ItemEnded) -> None:
    host = state.hosts[event.host]
    work = enter(plan, state, host)
    entry = armed_by(host, work)
    if entry is not None:
        entry.unchanged = event.status == "ok"
        if work.task.register:
            entry.values[work.task.register] = event.value
        if event.disarmed:
            entry.status = "disarmed"
    work.rounds.append(Round(event.label, event.status, event.value, event.reason))
    work.next_item()
    state.touch(host.name)


def step_ended(state: State, event: StepEnded) -> None:
    host = state.hosts[event.host]
    course = host.course
    if event.direction == "back" and course is not None and not isinstance(course.next, Do):
        evolve_back.handler_ended(state, host, event)
        return
    _known(state, host, event)
    if course is None or not isinstance(course.next, Do):
        return
    do = course.next
    if do.leg == "always":
        host.always_due = None
    if do.leg == "steps" and do.step.once is not None and course.kind == "batch":
        _once_ended(state, host, do, event)
    if event.status != "failed":
        advance(state, host)
    elif course.kind == "closing":
        state.unclosed = event.name
        advance(state, host)
    elif course.direction == "back":
        evolve_back.step_failed(state, host, do, event)
    elif event.cut and state.phase == "halting":
        host.left_work, host.work = host.work, None
        state.working.discard(host.name)
        state.touch_run()
    else:
        once = do.leg == "steps" and do.step.once is not None
        fail(state, host, Failure(event.reason, event.task, event.name, event.unreachable, once))


def _known(state: State, host: HostState, event: StepEnded) -> None:
    """What is known from now on: results, variables, and which handlers are not needed after all."""
    if event.register is not None:
        if event.everywhere:
            state.everywhere[event.register] = event.value
        else:
            host.registered[event.register] = event.value
    host.sets |= event.sets
    work = host.work
    if work is None or work.direction == "back":
        return
    if event.status == "skipped":
        state.cuts.pop(event.task, None)
        host.cuts.pop(event.task, None)
    entry = armed_by(host, work) if not work.rounds else None
    if entry is None:
        return
    entry.unchanged = event.status == "ok"
    if event.register is not None:
        entry.values[event.register] = event.value
    if work.item in event.disarmed:
        entry.status = "disarmed"


def _once_ended(state: State, host: HostState, do: Do, event: StepEnded) -> None:
    """A step that runs once for all is over: those that wait for it go on."""
    once = state.onces.get(once_key(do.step))
    waiting = state.stage.waiting.get(do.step.id, {}) if state.stage is not None else {}
    waiting.pop(host.name, None)
    if once is None or once.owner != host.name or event.status == "failed":
        return
    once.over = True
    for name in waiting:
        state.touch(name)
