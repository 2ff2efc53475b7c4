"""How the events of the way back change the state."""

from __future__ import annotations

from executor.engine import lost
from executor.engine.moves import advance, arrive, leave_batch, stage_of, start_course
from executor.engine.rollback import own_course, waves
from executor.engine.state import (
    Course,
    Do,
    Element,
    Entry,
    Failure,
    HostState,
    Leave,
    State,
    Unwind,
    WayBack,
)
from executor.engine.undo import asked_for, cut
from executor.events import BatchStarted, HostRolledBack, RollbackEnded, RollbackStarted, StepEnded, Undone
from executor.model.plans import Plan
from executor.model.runbooks import Scope

# --- a rollback begins and ends -------------------------------------------------------------------------------------


def rollback_started(plan: Plan, state: State, event: RollbackStarted) -> None:
    """One host goes back by itself, or all that an abort concerns do."""
    if event.host:
        _alone(plan, state, state.hosts[event.host])
        return
    if state.phase == "returning":
        found = waves(plan, state, event.hosts, "run")  # what they owe is wanted already, and nothing else
    else:
        _want(state, event.hosts, event.scope)
        found = waves(plan, state, event.hosts, event.scope)
        state.scope = event.scope
    state.phase, state.rolling, state.back = "back", True, WayBack(found)
    for name in event.hosts:
        host = state.hosts[name]
        host.course, host.work, host.restless, host.shut, host.stalled = None, None, False, False, ""
    state.touch_run()


def _alone(plan: Plan, state: State, host: HostState) -> None:
    stage = state.stage
    assert stage is not None  # noqa: S101 - hosts fail within stages alone
    _mark(state, host, "run", stage.at)
    host.left = host.left_work = None
    elements = () if host.lost else own_course(plan, state, host)
    state.own.add(host.name)
    stage.condemned.remove(host.name)
    stage.open.setdefault(host.name, 0)
    start_course(state, host, Course(elements or (Leave(),), "back", stage.at, "own"))


def _want(state: State, hosts: tuple[str, ...], scope: Scope) -> None:
    """Mark all that the abort is to undo. What runs once for all belongs to the run, not to the host that ran it."""
    at = state.stage.at if state.stage is not None else -1
    for name in hosts:
        _mark(state, state.hosts[name], scope, at)  # also what has no handler: that is told in the end
    limit = cut(state, None)
    for host in state.hosts.values() if scope != "host" else ():
        for entry in host.armed.values():
            if entry.run_wide and entry.seq > limit:
                entry.wanted = entry.wanted or (asked_for(state, entry) and (scope != "stage" or entry.stage == at))


def _mark(state: State, host: HostState, scope: Scope, at: int) -> None:
    limit = cut(state, host)
    for entry in host.armed.values():
        here = scope != "stage" or entry.stage == at
        if not entry.run_wide and entry.seq > limit and here and asked_for(state, entry):
            entry.wanted = True


def rollback_ended(state: State, event: RollbackEnded) -> None:
    if event.host:
        return
    state.phase, state.rolling, state.back, state.returned = "returning", False, None, ()
    state.touch_run()


def host_rolled_back(state: State, event: HostRolledBack) -> None:
    host = state.hosts[event.host]
    host.undone = event.clean and any(e.status == "passed" for e in host.armed.values())
    course, stage = host.course, state.stage
    if course is not None and course.kind == "wave":
        advance(state, host)
        return
    host.course, host.failure = None, None
    state.own.discard(host.name)
    if stage is None:
        return
    if host.name in stage.condemned:
        stage.condemned.remove(host.name)
    if stage.window and (host.lost or not event.clean or not event.healthy):
        stage.kept.add(host.name)
    leave_batch(state, stage, host)


# --- waves ----------------------------------------------------------------------------------------------------------


def batch_started(state: State, event: BatchStarted) -> None:
    back = state.back
    assert back is not None  # noqa: S101 - batches go back only in a rollback
    wave = back.waves[back.begun]
    back.begun += 1
    back.open.update(event.hosts)
    for name in event.hosts:
        start_course(state, state.hosts[name], Course(wave.courses[name], "back", wave.stage, "wave"))
    state.touch_run()


def batch_ended(state: State) -> None:
    if state.back is not None:
        state.back.ended += 1
    state.touch_run()


# --- handlers -------------------------------------------------------------------------------------------------------


def handler_ended(state: State, host: HostState, event: StepEnded) -> None:
    """One of the tasks that make up a handler is over."""
    course = host.course
    if course is None or not isinstance(course.next, Unwind):
        return
    entry = host.armed[course.next.seq]
    if event.status == "failed" and event.unreachable:
        lost.keep(host, entry)
    else:
        lost.enter(host, entry)
    host.work = None
    if event.register is not None:
        entry.values[event.register] = event.value
    if event.status == "failed":
        host.failure = Failure(event.reason, event.task, event.name, event.unreachable)
    else:
        host.round += 1
        host.did = host.did or event.status != "skipped"
    state.touch(host.name)


def undone(state: State, event: Undone) -> None:
    host = state.hosts[event.host]
    entry = _entry(host, event)
    entry.status, entry.why = event.outcome, event.reason
    course = host.course
    if course is None or course.next != Unwind(entry.seq):
        return  # told at the end, of a handler whose turn never came
    host.failure, host.stalled = None, host.stalled if entry.run_wide else ""
    # What is owed has undone nothing: to look at the host again for it would never come to an end.
    host.restless = host.restless or (bool(host.unhealthy) and event.outcome == "passed")
    if event.outcome in ("passed", "skipped") or entry.run_wide:
        advance(state, host)
    elif event.outcome == "failed":
        stop(state, host, f"'{event.name}' could not be undone: {event.reason}")
    else:
        host.stalled = event.reason
        _turn_away(state, host, ())


def _entry(host: HostState, event: Undone) -> Entry:
    return next(e for e in reversed(host.armed.values()) if e.task == event.task and e.item == event.item)


def stop(state: State, host: HostState, why: str) -> None:
    """The host's way back ends here: its traffic stays away, only its `always` is still due."""
    host.stopped = why
    course = host.course
    rest = course.elements[course.at + 1 :] if course is not None else ()
    _turn_away(state, host, tuple(e for e in rest if isinstance(e, Do) and e.leg == "always"))


def _turn_away(state: State, host: HostState, elements: tuple[Element, ...]) -> None:
    if host.course is not None:
        start_course(state, host, Course((*elements, Leave()), "back", host.course.stage, host.course.kind))


def step_failed(state: State, host: HostState, do: Do, event: StepEnded) -> None:
    """A step around the handlers has failed."""
    if do.leg == "restore":
        host.shut = host.shut or event.unreachable
        unhealthy(state, host, stage_of(state, do), f"'{event.name}' failed: {event.reason}")
    elif event.unreachable:
        host.stalled = event.reason
        _turn_away(state, host, ())
    elif do.leg == "drain":
        stop(state, host, f"'{event.name}' failed before anything was undone: {event.reason}")
    else:
        advance(state, host)


def unhealthy(state: State, host: HostState, stage: int, why: str) -> None:
    """The gate of the way back has not let the host through: it stays drained."""
    host.unhealthy[stage] = why
    course = host.course
    if course is None:
        return
    course.at += 1
    while isinstance(course.next, Do) and course.next.leg == "restore":
        course.at += 1
    host.work, host.probe = None, 0
    arrive(state, host)
