"""How a run comes to life again: what the events of carrying it on change in the state that its journal gives."""

from __future__ import annotations

from dataclasses import replace

from executor.engine import lost
from executor.engine.moves import arrive, take_off, take_on
from executor.engine.state import Flight, HostState, Lock, StageState, State, Work
from executor.errors import Exit
from executor.events import Resumed
from executor.model.outcomes import Result, Status


def resumed(state: State, event: Resumed) -> None:
    """The run is there again; until its hosts have been reached, nothing else is decided."""
    ended = state.ended
    if state.lock.lost and state.aborted is None and not (event.undo or event.settle):
        _unfenced(state)
    if state.phase != "resuming":
        state.before = state.before if state.phase == "ended" else state.phase
    state.phase, state.ended = "resuming", None
    state.interrupt, state.retried, state.connected, state.lock = "", False, False, Lock()
    state.connecting.clear()
    for host in state.hosts.values():
        host.connecting = False
    _interrupts_answered(state)
    if ended is not None:
        state.over = not ended.resumable and ended.exit is not Exit.INCOMPLETE
    stopped = state.aborted is not None and state.aborted.then == "stop"
    if event.undo:
        _turn_back(state, event, stopped=stopped, over=ended is not None and not ended.resumable)
    elif ended is not None and ended.exit is Exit.INCOMPLETE:
        _once_more(state, "what was left of the rollback")
    elif stopped:
        _go_on(state)
    if event.settle:
        state.turning, state.chosen = "what is left is planned anew", "stop"
    state.touch_run()


def _interrupts_answered(state: State) -> None:
    """What to make of an interrupt was still asked when the program ended: whoever carries the run on has said so."""
    for key in tuple(state.questions):
        if key.part == "interrupt":
            take_off(state, key)
            del state.questions[key]
            state.interrupted = False


def taken_up(state: State) -> None:
    """Everybody has been reached, or is known to be lost."""
    state.phase, state.over = "forward" if state.before == "connecting" else state.before, False
    for host in state.hosts.values():
        host.probe = 0  # a gate is passed as a whole: what it said before may be long ago
    if state.stage is not None:
        state.stage.bad.clear()  # watches begin anew
    state.wake()


# --- on after a stop ------------------------------------------------------------------------------------------------


def _go_on(state: State) -> None:
    """A run that was stopped goes on where it was: who failed tries again, and what was cut short begins again."""
    state.before, state.aborted, state.chosen = "forward", None, ""
    state.grace, state.interrupted = "", False
    for key, flight in tuple(state.flights.items()):
        if key.part == "grace":
            take_off(state, key)
        elif flight.ending:
            state.flights[key] = replace(flight, ending=False, spared=flight.kind == "perform")
    stage = state.stage
    if stage is None:
        return
    stage.broken = stage.broken_by = ""
    stage.faulted.clear()
    for name in stage.condemned:
        _give_back(state, stage, state.hosts[name])
    stage.condemned.clear()
    for host in state.hosts.values():
        if host.left_work is not None and not host.out and host.work is None:
            _begin_again(state, host, host.left_work)
        host.left, host.left_work = None, None
    for key in stage.unwatched:
        if not state.hosts[key.host].out:
            take_on(state, key, Flight("watch", key.host))
    stage.unwatched.clear()
    if not stage.begun:
        state.stage = None  # it is entered again: who could not be reached then may be there now
        state.looked.clear()


def _unfenced(state: State) -> None:
    """Steps that a host has refused for the run's lock was broken have not failed: they are begun under its new one."""
    for host in state.hosts.values():
        work = host.work
        if work is not None and isinstance(work.answer, Result) and work.answer.status is Status.REFUSED:
            _begin_again(state, host, work)


def _give_back(state: State, stage: StageState, host: HostState) -> None:
    """A host that failed, and was not undone, is in the stage again."""
    if host.failed is not None and not host.failed.once:
        stage.failures -= 1
    host.out, host.failed, host.failure, host.asked = False, None, None, ""
    host.course = host.left
    if host.course is None:
        return  # it had not been admitted yet
    if host.name in stage.open:
        stage.active.add(host.name)
    if host.left_work is not None:
        _begin_again(state, host, host.left_work)
    else:
        arrive(state, host)


def _begin_again(state: State, host: HostState, work: Work) -> None:
    """The host does its step once more: all of it, but for the rounds of a loop that are behind.

    An attempt of which nobody knows what came of it is no failed one: it is asked for again under its own key, or what
    to make of it is found out once more.
    """
    host.work, host.left_work = work, None
    stuck = work.stuck
    lost.once_more(host, work)
    if stuck is not None and stuck.unknown:
        work.offset, work.attempt, work.phase = stuck.key.attempt - 1, 1, "action"
        work.doubts += 1
        work.result = work.answer = Result(Status.UNKNOWN, detail="the host could not tell")
    state.touch(host.name)


# --- back ------------------------------------------------------------------------------------------------------------


def _turn_back(state: State, event: Resumed, *, stopped: bool, over: bool) -> None:
    """Somebody wants it undone. A rollback that is under way already just goes on."""
    state.wished = True
    state.only_hosts = frozenset(event.hosts)
    state.only_stages = frozenset(state.index.stages[stage] for stage in event.stages)
    if state.aborted is None or stopped or over:
        _once_more(state, f"{event.operator} asked for it{f': {event.reason}' if event.reason else ''}")


def _once_more(state: State, why: str) -> None:
    """A rollback begins anew: with everything that has a handler that has not passed."""
    state.before, state.turning, state.aborted, state.chosen = "forward", why, None, "rollback"
    state.grace, state.back, state.rolling, state.returned = "", None, False, ()
    state.closed, state.outcome, state.unclosed = False, "", ""
    for key, flight in tuple(state.flights.items()):
        if key.direction == "forward" and flight.kind != "perform":
            state.flights[key] = replace(flight, ending=True)
    for host in state.hosts.values():
        if host.course is not None and host.course.kind == "wave":
            lost.leave(state, host)
        host.stopped = host.stalled = ""
        host.restless = bool(host.unhealthy)
        for entry in host.armed.values():
            if entry.status == "failed":
                entry.status, entry.why = "armed", ""
