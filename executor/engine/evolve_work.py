"""How the events of work in progress change the state: steps, their attempts and answers, probes, waits, questions."""

from __future__ import annotations

from dataclasses import replace

from executor.engine import evolve_back, lost, settle
from executor.engine.course import once_key
from executor.engine.judge import changed_nothing
from executor.engine.moves import advance, arrive, fail, release, stage_of, take_off, take_on
from executor.engine.state import (
    Do,
    Entry,
    Failure,
    Flight,
    Gate,
    HostState,
    Note,
    Once,
    Phase,
    State,
    Unwind,
    Work,
)
from executor.engine.values import of_verdict
from executor.engine.work import armed_by, due
from executor.events import (
    Answered,
    Armed,
    Asked,
    Ended,
    Irreversible,
    Judged,
    Key,
    Looped,
    Retrying,
    Started,
    WaitEnded,
    WaitStarted,
)
from executor.model.exits import exit_words
from executor.model.outcomes import Opinion, Result, Status, Verdict
from executor.model.plans import Plan

# --- work begins ----------------------------------------------------------------------------------------------------


def started(plan: Plan, state: State, event: Started) -> None:
    key = event.key
    take_on(state, key, Flight(event.kind, event.on or key.host, since=state.clock))
    host = state.hosts[key.host]
    if key.part == "before":
        state.looking += 1
        state.looked[key.host, key.sub] = True
    elif key.part == settle.PART:
        settle.begun(host, key)
    elif key.part == "health":
        host.tries[(key.task, "health", key.direction, key.sub - 1)] = key.attempt
    else:
        _begin(plan, state, host, key)
    if event.armed is not None:
        _arm(state, host, event.armed)


def _begin(plan: Plan, state: State, host: HostState, key: Key) -> Work:
    """The work that the key belongs to, with its new piece begun."""
    work = enter(plan, state, host)
    part = "action" if key.part in ("action", "undo", "reapply") else key.part
    work.phase, work.answer = _PHASES[part], None
    if work.phase in ("action", "item"):
        work.attempt = key.attempt - work.offset
    trying = (work.task.id, work.part, work.direction, work.of)
    host.tries[trying] = max(key.attempt, host.tries.get(trying, 0))
    return work


_PHASES: dict[str, Phase] = {
    "step": "begin",
    "only_if": "only_if",
    "unless": "unless",
    "action": "action",
    "item": "item",
    "apply": "apply",
    "verify": "verify",
    "outcome": "outcome",
}


def enter(plan: Plan, state: State, host: HostState) -> Work:
    """The host's work; it begins with its first event."""
    work = host.work or due(state, host)
    assert work is not None  # noqa: S101 - events of steps come only for the step that is due
    course, host.work = host.course, work
    if course is not None and isinstance(course.next, Unwind):
        lost.enter(host, host.armed[course.next.seq])
    if course is None or not isinstance(course.next, Do):
        return work
    do = course.next
    if course.kind == "batch":
        state.working.add(host.name)
    if do.leg in ("drain", "restore"):
        host.between.add(stage_of(state, do))
    if do.leg == "drain":
        host.diverted.add(stage_of(state, do))
        if any(host.name in step.tasks for step in plan.stages[stage_of(state, do)].restore):
            host.drained.add(stage_of(state, do))
    if do.leg == "always":
        host.always_due = None
    if do.leg == "steps" and do.step.once is not None:
        once = state.onces.setdefault(once_key(do.step), Once())
        once.owner = host.name
    return work


def _arm(state: State, host: HostState, armed: Armed) -> None:
    state.armed += 1
    host.armed[state.armed] = Entry(
        state.armed,
        state.index.steps[armed.task].stage,
        armed.host,
        armed.task,
        armed.item,
        armed.kind,
        armed.run_wide,
        dict(armed.values),
        valid_for=armed.valid_for,
    )


def irreversible(state: State, event: Irreversible) -> None:
    cuts = state.hosts[event.host].cuts if event.host else state.cuts
    cuts[event.task] = (state.armed, event.name)


def looped(plan: Plan, state: State, event: Looped) -> None:
    host = state.hosts[event.host]
    enter(plan, state, host).loop = tuple(event.values)
    state.touch(host.name)


# --- answers --------------------------------------------------------------------------------------------------------


def ended(state: State, event: Ended) -> None:
    key, result = event.key, event.result
    flight = take_off(state, key)
    if flight is None:
        return
    if result.status is Status.UNREACHABLE and flight.on in state.hosts:
        state.hosts[flight.on].lost = result.detail or "the connection is lost"
    host = state.hosts[key.host]
    state.touch(host.name)
    if key.part == settle.PART:
        settle.answered(host, key, result)
        return
    work = host.work
    lost.ended(host, work, key, flight.on, result)
    if work is None:
        return
    if flight.spared and result.status is Status.CANCELLED:
        _again(state, host)
        return
    work.answer = result
    if work.phase == "item":
        passed = result.status is Status.OK and result.rc == 0
        reason = result.detail or exit_words(result.rc)
        work.notes.append(Note(passed, reason, result.status))
    elif work.phase == "action":
        work.result = result
        work.doubts += result.status is Status.UNKNOWN
        if result.status is Status.REFUSED:
            _never_diverted(state, host, key)
        _left_behind(state, host, work, result, flight.since)


def _never_diverted(state: State, host: HostState, key: Key) -> None:
    """What was refused never began: if it was the first of a drain, traffic was not touched and needs no restore."""
    course = host.course
    if course is None or key.direction != "forward" or key.attempt > 1 or key.item > 0:
        return
    before, do = course.elements[course.at - 1] if course.at else None, course.next
    if not isinstance(do, Do) or do.leg != "drain" or (isinstance(before, Do) and before.leg == "drain"):
        return
    stage = stage_of(state, do)
    host.drained.discard(stage)
    host.between.discard(stage)
    host.diverted.discard(stage)


def _left_behind(state: State, host: HostState, work: Work, result: Result, since: float) -> None:
    """What an attempt leaves on its host: a change, perhaps, and what was there before."""
    entry = armed_by(host, work)
    if result.status is not Status.UNREACHABLE and not changed_nothing(result):
        work.touched.add(work.item)
        if entry is not None:
            entry.touched = True
    if entry is not None and entry.pending and result.captured:
        entry.captured = result.captured
    if entry is not None:
        # Who was away when it ended hears of it later than that.
        entry.ended = min(state.clock, since + result.duration)


def judged(plan: Plan, state: State, event: Judged) -> None:
    key, verdict = event.key, event.verdict
    if take_off(state, key) is None:
        return
    host = state.hosts[key.host]
    if key.part == "before":
        state.looking -= 1
        state.looked[key.host, key.sub] = verdict.opinion is Opinion.PASSED
        state.touch_run()
    elif key.part == "health":
        _gate(plan, state, host, key, verdict)
    elif host.work is not None:
        host.work.answer = verdict
        if host.work.phase == "verify" and verdict.opinion is not Opinion.CANCELLED:
            host.work.stuck = None
        if host.work.phase == "action":
            host.work.result = of_verdict(verdict)
        elif host.work.phase == "item":
            passed = verdict.opinion is Opinion.PASSED
            gone = verdict.opinion is Opinion.CANCELLED
            host.work.notes.append(Note(passed, verdict.summary, withdrawn=gone))
    state.touch(host.name)


def _gate(plan: Plan, state: State, host: HostState, key: Key, verdict: Verdict) -> None:
    course = host.course
    if course is None or not isinstance(course.next, Gate) or key.sub != host.probe + 1:
        return  # left, or begun anew since it was asked
    stage = course.next.stage
    if verdict.opinion is Opinion.PASSED:
        host.probe += 1
        if host.probe == len(plan.stages[stage].health[host.name]):
            host.unhealthy.pop(stage, None)
            advance(state, host)
    elif course.direction == "back":
        host.shut = host.shut or bool(host.lost)
        evolve_back.unhealthy(state, host, stage, verdict.summary)
    elif verdict.opinion is not Opinion.CANCELLED:
        fail(state, host, Failure(f"health: {verdict.summary}"))


def retrying(plan: Plan, state: State, event: Retrying) -> None:
    host = state.hosts[event.key.host]
    work = enter(plan, state, host)
    work.phase, work.answer, work.result, work.notes = "retry", None, None, []
    if event.delay > 0:
        take_on(state, replace(event.key, part="retry"), Flight("wait", seconds=event.delay))
    state.touch(host.name)


def wait_started(plan: Plan, state: State, event: WaitStarted) -> None:
    key = event.key
    take_on(state, key, Flight("wait", seconds=event.seconds))
    if key.part == "grace":
        state.asks += 1
        state.grace = "running"
    elif key.part == "pause" and state.stage is not None:
        state.stage.pausing[key.attempt] = "going"
    else:
        _begin(plan, state, state.hosts[key.host], key)


def wait_ended(state: State, event: WaitEnded) -> None:
    key = event.key
    if take_off(state, key) is None:
        return
    host = state.hosts[key.host]
    if key.part == "grace":
        state.grace = "over"
    elif key.part == "pause":
        _paused(state, key.attempt, over=not event.cut_short)
    elif key.part == "action" and host.work is not None:
        status = Status.CANCELLED if event.cut_short else Status.OK
        host.work.result = Result(status, rc=0, changed=False)
    state.touch(host.name)
    state.touch_run()


def _paused(state: State, batch: int, *, over: bool) -> None:
    stage = state.stage
    if stage is not None and over:
        stage.pausing[batch] = "over"
        stage.resting.pop(batch, None)
    elif stage is not None:
        stage.pausing.pop(batch, None)  # should the run be carried on, it is due again
        stage.unpaused[batch] = stage.unpaused.get(batch, 0) + 1
    state.touch_run()


# --- questions ------------------------------------------------------------------------------------------------------


def asked(plan: Plan, state: State, event: Asked) -> None:
    key = event.key
    take_on(state, key, Flight("ask", question=event.question))
    state.asks += 1
    host = state.hosts[key.host]
    match key.part:
        case "ask" | "interrupt":
            state.questions[key] = event.question.kind
            state.interrupt = ""
            host.asked = "asked" if key.part == "ask" and key.task not in state.index.watches else host.asked
        case "pause":
            if state.stage is not None:
                state.stage.pausing[key.attempt] = "going"
        case "step":
            _begin(plan, state, host, key).consent = "asked"
        case _:
            _begin(plan, state, host, key)


def answered(state: State, event: Answered) -> None:
    key, flight = event.key, take_off(state, event.key)
    if flight is None:
        return
    host = state.hosts[key.host]
    state.touch(host.name)
    if event.how == "withdrawn" and not flight.ending and state.stage is not None:
        # Nobody is there any more who could answer: what needs a person stops the run.
        state.chosen, state.stage.broken = "stop", state.stage.broken or "a question was left without an answer"
        state.touch_run()
    match key.part:
        case "ask" | "interrupt":
            _decided(state, host, event)
        case "pause":
            _paused(state, key.attempt, over=event.how != "withdrawn")
        case "step" if host.work is not None:
            host.work.consent = "given" if event.choice in ("yes", "continue") else "refused"
            state.stepping = state.stepping and event.choice != "continue"
        case "outcome" if host.work is not None:
            host.work.answer = event
        case "item" if host.work is not None:
            gone = event.how == "withdrawn"
            host.work.notes.append(Note(event.choice == "yes", "not confirmed", withdrawn=gone))
        case "action" if host.work is not None:
            status = Status.CANCELLED if event.how == "withdrawn" else Status.OK
            host.work.result = Result(status, rc=1 if event.choice == "no" else 0, changed=False, detail=event.choice)


def _decided(state: State, host: HostState, event: Answered) -> None:
    """A person has said what to do about a failure or an interrupt."""
    state.questions.pop(event.key, None)
    stage = state.stage
    about_host = event.key.part == "ask" and event.key.task not in state.index.watches
    host.asked = "answered" if about_host else host.asked
    match event.choice:
        case "retry" if about_host:
            _again(state, host)
        case "retry" if stage is not None:
            stage.broken, stage.broken_by, stage.rewatch = "", "", event.key
            stage.faulted = {key: why for key, why in stage.faulted.items() if key.host != host.name}
        case "skip" if stage is not None:
            stage.limit += 1
        case "rollback" | "roll back":
            state.chosen = "rollback"
        case "stop":
            state.chosen = "stop"
        case "go on":
            state.interrupted = False
    release(state)


def _again(state: State, host: HostState) -> None:
    """The host tries once more what it has failed in."""
    failure, host.failure, host.asked = host.failure, None, ""
    host.reconnect = failure is not None and failure.unreachable and bool(host.lost)
    if host.work is None:
        host.probe = 0  # a gate is passed as a whole
        arrive(state, host)
        return
    lost.once_more(host, host.work)
