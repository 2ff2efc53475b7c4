"""How each event changes the state. The same events always give the same state.

There is a function for each kind of event: here those of the run, its connections, stages and batches; those of steps
and of the way back live beside it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from executor.engine import clock, evolve_back, evolve_ends, evolve_resume, evolve_work, lapse
from executor.engine.course import forward, once_key
from executor.engine.index import LOCAL, RUN, index
from executor.engine.lock import evolve_lock
from executor.engine.moves import fail, leave_batch, start_course, take_off
from executor.engine.state import Course, Do, Failure, Flight, HostState, Leave, StageState, State
from executor.events import (
    Aborted,
    Answered,
    Asked,
    BatchEnded,
    BatchStarted,
    Closing,
    Connecting,
    Ended,
    Event,
    Halted,
    HostFailed,
    HostLost,
    HostPassed,
    HostReached,
    HostRolledBack,
    Interrupted,
    Irreversible,
    ItemEnded,
    Judged,
    Lapsed,
    LockAwaited,
    Locked,
    LockLost,
    LockRefused,
    Looped,
    Replanned,
    Resumed,
    Retrying,
    RollbackEnded,
    RollbackStarted,
    RunEnded,
    RunStarted,
    StageEnded,
    StageSkipped,
    StageStarted,
    Stamp,
    Started,
    StepEnded,
    TakenUp,
    Undone,
    Unlocked,
    Unlocking,
    WaitEnded,
    WaitStarted,
    WatchEnded,
    WatchStarted,
    WatchTurned,
)
from executor.model.amounts import window
from executor.model.plans import Plan, PlannedStep


def initial(plan: Plan) -> State:
    """The state before the first event, which must be RunStarted."""
    return State(index(plan), {name: HostState(name) for name in plan.hosts})


def evolve(  # noqa: PLR0912, PLR0915 - one line for each kind of event
    plan: Plan, state: State, event: Event, stamp: Stamp | None = None
) -> State:
    """Apply one event; the state is changed in place and returned. Deterministic: no clock, no input, no output.

    `stamp` is when it was recorded; without one no time passes. An answer to work that is not (or no longer) under way
    changes nothing.
    """
    if stamp is not None:
        clock.told(state, event, stamp)
    match event:
        case Started():
            evolve_work.started(plan, state, event)
        case Ended():
            evolve_work.ended(state, event)
        case StepEnded():
            evolve_ends.step_ended(state, event)
        case Judged():
            evolve_work.judged(plan, state, event)
        case ItemEnded():
            evolve_ends.item_ended(plan, state, event)
        case Looped():
            evolve_work.looped(plan, state, event)
        case Retrying():
            evolve_work.retrying(plan, state, event)
        case WaitStarted():
            evolve_work.wait_started(plan, state, event)
        case WaitEnded():
            evolve_work.wait_ended(state, event)
        case Asked():
            evolve_work.asked(plan, state, event)
        case Answered():
            evolve_work.answered(state, event)
        case Irreversible():
            evolve_work.irreversible(state, event)
        case Undone():
            evolve_back.undone(state, event)
        case Lapsed():
            lapse.lapsed(state, event)
        case HostRolledBack():
            evolve_back.host_rolled_back(state, event)
        case RollbackStarted():
            evolve_back.rollback_started(plan, state, event)
        case RollbackEnded():
            evolve_back.rollback_ended(state, event)
        case BatchStarted(direction="back"):
            evolve_back.batch_started(state, event)
        case BatchEnded(direction="back"):
            evolve_back.batch_ended(state)
        case BatchStarted():
            _batch_started(plan, state, event)
        case BatchEnded():
            _batch_ended(plan, state, event)
        case HostPassed():
            _host_passed(state, event)
        case HostFailed():
            _host_failed(state, event)
        case HostReached():
            _host_reached(state, event)
        case HostLost():
            _host_lost(state, event)
        case Connecting():
            _connecting(state, event)
        case StageStarted():
            _stage_started(plan, state, event)
        case StageSkipped():
            _stage_skipped(state)
        case StageEnded():
            _stage_ended(state)
        case WatchStarted():
            _watch_started(state, event)
        case WatchTurned():
            _watch_turned(state, event)
        case WatchEnded():
            _watch_ended(state, event)
        case Interrupted():
            _interrupted(state, event)
        case Aborted():
            _aborted(state, event)
        case Halted():
            _halted(state, event)
        case RunStarted():
            _run_started(state, event)
        case Locked() | LockAwaited() | LockRefused() | LockLost() | Unlocking() | Unlocked():
            evolve_lock(state, event)
        case Closing():
            _closing(plan, state, event)
        case RunEnded():
            _run_ended(state, event)
        case Resumed():
            evolve_resume.resumed(state, event)
        case TakenUp():
            evolve_resume.taken_up(state)
        case Replanned():
            pass  # whoever folds it has the plan: see `engine.replan.put_over`
        case _:
            assert_never(event)
    return state


# --- the run --------------------------------------------------------------------------------------------------------


def _run_started(state: State, event: RunStarted) -> None:
    state.run = event
    state.phase = "connecting" if state.index.remote else "forward"
    state.touch_run()


def _run_ended(state: State, event: RunEnded) -> None:
    if state.phase != "resuming":
        state.before = state.phase
    state.ended, state.phase = event, "ended"


def _closing(plan: Plan, state: State, event: Closing) -> None:
    state.phase, state.outcome = "closing", event.status
    host = state.hosts[LOCAL]
    elements = tuple(Do("always", step) for step in plan.always if LOCAL in step.tasks)
    start_course(state, host, Course(elements, "forward", RUN, "closing"))


def _interrupted(state: State, event: Interrupted) -> None:
    if event.kind == "stop" or state.lock.awaited:  # a run that only waits for its lock has nothing to be asked about
        state.interrupt, state.interrupted = "stop", True
    elif state.phase in ("connecting", "forward"):
        state.interrupt, state.interrupted = "ask", True
    state.touch_run()


# --- connections ----------------------------------------------------------------------------------------------------


def _connecting(state: State, event: Connecting) -> None:
    wanted = [name for name in event.hosts if state.hosts[name].reconnect]
    for name in event.hosts:
        host = state.hosts[name]
        host.connecting, host.reconnect = True, False
        state.connecting.add(name)
    if state.phase in ("connecting", "resuming"):
        state.connected = True
    elif not wanted:
        state.phase, state.retried, state.returned = "returning", True, ()
    state.touch_run()


def _host_reached(state: State, event: HostReached) -> None:
    host = state.hosts[event.host]
    if host.lost and state.phase == "resuming":
        state.found += (host.name,)
    host.lost = ""
    if state.phase == "returning" and host.connecting:
        state.returned += (host.name,)
    _connected(state, host)


def _host_lost(state: State, event: HostLost) -> None:
    host = state.hosts[event.host]
    host.lost = event.reason
    _connected(state, host)
    course = host.course
    if not _under_way(state) or course is None or course.kind != "batch" or isinstance(course.next, Leave):
        return
    idle = host.work is None or (host.work.answer is None and host.work.phase in ("begin", "lost"))
    if not host.flights and host.failure is None and idle:
        task = host.work.step if host.work is not None else ""
        step = state.index.steps[task].step.name if task else ""
        once = bool(task) and _runs_once(state, host, task)
        fail(state, host, Failure(f"unreachable: {event.reason}", task, step, unreachable=True, once=once))


def _under_way(state: State) -> bool:
    """Hosts are still on their way there, or will be once the run has been taken up."""
    phase = state.before if state.phase == "resuming" else state.phase
    return phase in ("connecting", "forward", "halting")


def _runs_once(state: State, host: HostState, task: str) -> bool:
    """It does the step for all: nobody else may, and those who wait for it would wait for ever."""
    located = state.index.steps[task]
    return located.leg == "steps" and located.step.once is not None and _owner(state, located.step) == host.name


def _owner(state: State, step: PlannedStep) -> str:
    once = state.onces.get(once_key(step))
    return once.owner if once is not None else ""


def _connected(state: State, host: HostState) -> None:
    host.connecting = False
    state.connecting.discard(host.name)
    if host.course is not None:
        state.touch(host.name)
    if not state.connecting:
        if state.phase == "connecting":
            state.phase = "forward"
        state.touch_run()


# --- stages and batches ---------------------------------------------------------------------------------------------


def _stage_started(plan: Plan, state: State, event: StageStarted) -> None:
    planned = plan.stages[state.done]
    state.stage = StageState(state.done, event.hosts, event.batches, event.limit)
    if planned.max_unavailable is not None:
        state.stage.window = window(planned.max_unavailable, len(event.hosts))
        state.stage.unwell = dict.fromkeys(name for (name, _), healthy in state.looked.items() if not healthy)
    state.touch_run()


def _stage_skipped(state: State) -> None:
    state.done += 1
    state.touch_run()


def _stage_ended(state: State) -> None:
    state.stage = None
    state.done += 1
    state.looked.clear()
    state.touch_run()


def _batch_started(plan: Plan, state: State, event: BatchStarted) -> None:
    stage = _stage(state)
    planned = plan.stages[stage.at]
    stage.begun += 1
    stage.number, stage.members = event.batch, event.hosts
    state.ran.setdefault(stage.at, []).append(event.hosts)
    for name in event.hosts:
        host = state.hosts[name]
        host.entered[stage.at] = False
        host.always_due = stage.at if planned.always else None
        stage.open[name] = event.batch
        stage.active.add(name)
    for name in event.hosts:
        start_course(state, state.hosts[name], Course(forward(planned, stage.at, name), "forward", stage.at, "batch"))
    if stage.window and event.hosts:
        stage.next = stage.hosts.index(event.hosts[-1], stage.next) + 1
    state.touch_run()


def _batch_ended(plan: Plan, state: State, event: BatchEnded) -> None:
    stage = _stage(state)
    stage.ended += 1
    if stage.window:
        stage.through.remove(event.batch)
        more = any(not state.hosts[name].out for name in stage.hosts[stage.next :])
        if plan.stages[stage.at].pause is not None and more:
            stage.resting[event.batch] = state.ran[stage.at][event.batch - 1][0]
    state.touch_run()


def _stage(state: State) -> StageState:
    assert state.stage is not None  # noqa: S101 - these events come only while a stage is in progress
    return state.stage


# --- hosts ----------------------------------------------------------------------------------------------------------


def _host_failed(state: State, event: HostFailed) -> None:
    host, stage = state.hosts[event.host], _stage(state)
    host.out, host.failure, host.asked = True, None, ""
    host.failed = Failure(event.reason, event.task, event.step, event.unreachable, not event.counts)
    host.left, host.left_work = host.course, host.work
    host.course, host.work = None, None
    step = f"'{event.step}': " if event.step else ""
    stage.last_failure = f"{host.name}: {step}{event.reason}"
    if event.counts:
        stage.failures += 1
    else:
        stage.broken = stage.last_failure
    stage.active.discard(host.name)
    stage.unwell.pop(host.name, None)
    stage.faulted = {key: why for key, why in stage.faulted.items() if key.host != host.name}
    state.working.discard(host.name)
    for waiting in stage.waiting.values():
        waiting.pop(host.name, None)
    stage.condemned.append(host.name)
    state.touch_run()


def _host_passed(state: State, event: HostPassed) -> None:
    host, stage = state.hosts[event.host], _stage(state)
    host.entered[stage.at] = True
    host.course = None
    stage.active.discard(host.name)
    stage.unwell.pop(host.name, None)
    state.working.discard(host.name)
    leave_batch(state, stage, host)


# --- failure --------------------------------------------------------------------------------------------------------


def _aborted(state: State, event: Aborted) -> None:
    state.aborted, state.phase, state.turning = event, "halting", ""
    state.interrupt = ""
    if event.stage and state.stage is None:
        state.stage = StageState(state.index.stages[event.stage])
    for name in (*state.starved, *sorted(state.working)):
        state.touch(name)
    state.starved.clear()
    state.touch_run()


def _halted(state: State, event: Halted) -> None:
    for key in event.keys:
        flight = state.flights.get(key)
        if flight is None:
            continue
        if flight.kind == "watch" or key.part == "grace":
            take_off(state, key)
            if flight.kind == "watch" and state.stage is not None:
                state.stage.unwatched.append(key)
            state.grace = "over" if key.part == "grace" else state.grace
        else:
            state.flights[key] = replace(flight, ending=True)
    state.touch_run()


def _watch_started(state: State, event: WatchStarted) -> None:
    state.flights[event.key] = Flight("watch", event.key.host)
    state.asks += 1
    if state.stage is not None and state.stage.rewatch is not None and state.stage.rewatch.task == event.key.task:
        state.stage.rewatch = None


def _watch_turned(state: State, event: WatchTurned) -> None:
    stage, key = state.stage, event.key
    if stage is None or key not in state.flights:
        return
    stage.bad.discard(key)
    if event.state == "bad":
        stage.bad.add(key)
    elif event.state == "failed" and state.index.watches[key.task] == "control":
        stage.broken, stage.broken_by = f"watch: {event.verdict.summary}", key.task
    elif event.state == "failed" and not state.hosts[key.host].out:
        stage.faulted[key] = f"watch: {event.verdict.summary}"
    state.touch_run()


def _watch_ended(state: State, event: WatchEnded) -> None:
    take_off(state, event.key)
    if state.stage is not None:
        state.stage.bad.discard(event.key)
    state.touch_run()
