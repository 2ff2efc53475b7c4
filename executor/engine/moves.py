"""The small changes of a state of which the events' functions are made."""

from __future__ import annotations

from executor.engine.course import once_key
from executor.engine.state import Course, Do, Element, Failure, Flight, HostState, Leave, Once, StageState, State
from executor.events import Key

_ABOUT_THE_RUN = ("watch", "grace", "interrupt", "before")


# --- work in the world ----------------------------------------------------------------------------------------------


def take_on(state: State, key: Key, flight: Flight) -> None:
    """Something begins in the world."""
    state.flights[key] = flight
    if flight.kind in ("perform", "sample"):
        state.busy += 1
    if key.direction == "forward" and key.part not in ("watch", "grace"):
        state.ahead.add(key)
    if _is_the_hosts(state, key):
        state.hosts[key.host].flights.add(key)


def take_off(state: State, key: Key) -> Flight | None:
    """Something in the world is over; None where nothing of that name was under way."""
    flight = state.flights.pop(key, None)
    if flight is None:
        return None
    state.ahead.discard(key)
    state.hosts[key.host].flights.discard(key)
    if flight.kind in ("perform", "sample"):
        state.busy -= 1
        if state.starved:
            first = next(iter(state.starved))
            del state.starved[first]
            state.touch(first)
    if state.phase == "halting":
        state.touch_run()
    return flight


def _is_the_hosts(state: State, key: Key) -> bool:
    """The host waits for it; other work is the run's, though it bears the control node's name."""
    if key.part in _ABOUT_THE_RUN or (key.part == "ask" and key.task in state.index.watches):
        return False
    return key.part != "pause"


# --- courses --------------------------------------------------------------------------------------------------------


def start_course(state: State, host: HostState, course: Course) -> None:
    host.course = course
    host.failure, host.asked = None, ""
    _clear(host)
    arrive(state, host)


def advance(state: State, host: HostState) -> None:
    """The host is through with the next element of its course."""
    course = host.course
    if course is None:
        return
    done = course.next
    course.at += 1
    _clear(host)
    if isinstance(done, Do) and done.leg in ("drain", "restore"):
        _turned(state, host, done, course.next)
    arrive(state, host)


def _turned(state: State, host: HostState, done: Do, following: Element | None) -> None:
    """With the last of its steps, traffic is away from the host, or is back."""
    stage = stage_of(state, done)
    if isinstance(following, Do) and following.leg == done.leg and stage_of(state, following) == stage:
        return
    host.between.discard(stage)
    if done.leg == "restore":
        host.drained.discard(stage)
        host.unhealthy.pop(stage, None)  # it may have been a restore that failed before


def stage_of(state: State, do: Do) -> int:
    """The stage to which a step of a course belongs: a host's own way back leads through several."""
    return state.index.steps[do.step.id].stage


def _clear(host: HostState) -> None:
    host.work, host.round, host.did, host.probe, host.asked = None, 0, False, 0, ""


def arrive(state: State, host: HostState) -> None:
    """The host stands before the next element of its course, or at its end."""
    state.touch(host.name)
    course = host.course
    if course is None:
        return
    element = course.next
    if element is None:
        _at_the_end(state, host, course)
        return
    if course.kind != "batch":
        return
    (state.working.add if isinstance(element, Leave) else state.working.discard)(host.name)
    if state.phase == "halting":
        state.touch_run()
    if isinstance(element, Do) and element.leg == "steps" and element.step.once is not None and state.stage is not None:
        if not state.onces.get(once_key(element.step), Once()).over:
            state.stage.waiting.setdefault(element.step.id, {})[host.name] = None
        state.touch_run()


def _at_the_end(state: State, host: HostState, course: Course) -> None:
    host.course = None
    if course.kind == "wave" and state.back is not None:
        state.back.open.discard(host.name)
    elif course.kind == "closing":
        state.closed = True
    state.touch_run()


# --- failing, leaving -----------------------------------------------------------------------------------------------


def fail(state: State, host: HostState, failure: Failure) -> None:
    """The host cannot go on; what that means is decided next."""
    host.failure = failure
    if host.course is not None and host.course.kind == "batch":
        state.working.add(host.name)
    state.touch(host.name)


def leave_batch(state: State, stage: StageState, host: HostState) -> None:
    """The host is through with its batch, one way or the other."""
    batch = stage.open.pop(host.name, 0)
    if stage.window and batch:
        stage.through.append(batch)
    state.touch_run()


def release(state: State) -> None:
    """Hosts that were held go on."""
    if state.stage is not None:
        for name in state.stage.open:
            state.touch(name)
    state.touch_run()
