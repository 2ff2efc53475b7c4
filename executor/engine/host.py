"""What one host does next on its course, on the way there and on the way back."""

from __future__ import annotations

from typing import Literal, TypeAlias

from executor.engine import settle, watch
from executor.engine.course import once_key
from executor.engine.effects import Ask, Connect, Decision, Sample
from executor.engine.index import LOCAL
from executor.engine.start import Lost, describe
from executor.engine.state import Course, Do, Failure, Gate, HostState, Leave, Once, State, Unwind
from executor.engine.step import advance
from executor.engine.values import of_host, words
from executor.engine.work import Here, due
from executor.errors import RunbookError
from executor.events import (
    Asked,
    Connecting,
    Event,
    HostFailed,
    HostPassed,
    HostRolledBack,
    Judged,
    Key,
    Question,
    RollbackEnded,
    Started,
    StepEnded,
    Undone,
)
from executor.model.outcomes import Opinion, Verdict
from executor.model.plans import Plan, PlannedStep
from executor.model.probes import Probe
from executor.templates import fill

Undoing: TypeAlias = Literal["passed", "failed", "owed", "skipped"]

NOTHING = Decision()
SILENCE = 300.0  # seconds in which a question about a failure may stay unanswered


def decide_host(plan: Plan, state: State, name: str) -> Decision:
    """The next thing on a host's course; nothing while it waits for the world, a person or the other hosts."""
    host = state.hosts[name]
    course = host.course
    if course is None or host.flights or host.connecting or state.phase == "resuming":
        return NOTHING
    if host.reconnect:
        return Decision((Connecting((name,)),), (Connect(name),))
    if host.failure is not None and course.direction == "forward":
        return _failed(plan, state, host, host.failure)
    if course.kind == "batch" and not _may_go_on(state, host):
        return NOTHING
    decision = _next(plan, state, host, course)
    held = course.kind == "batch" and state.holding and _begins_something(decision)
    return NOTHING if held else decision


def _next(plan: Plan, state: State, host: HostState, course: Course) -> Decision:
    if course.kind in ("own", "wave") and host.work is None and not isinstance(course.next, Leave):
        doubt = settle.first(state, host)
        if doubt is not None:
            return settle.begin(plan, state, host, doubt)
        away = settle.of_traffic(state, host)
        if away and isinstance(course.next, Do) and course.next.leg == "drain":
            step, why = course.next.step, f"unreachable: {away}"
            failed = StepEnded(host.name, step.id, step.name, "failed", why, direction="back", unreachable=True)
            return Decision((failed,))
    match course.next:
        case Do(leg, step):
            return _step(plan, state, host, step, once=leg == "steps" and course.kind == "batch")
        case Gate(stage):
            return _gate(plan, state, host, course, stage)
        case Unwind(seq):
            return _unwind(plan, state, host, seq)
        case Leave():
            return _leave(plan, state, host, course)
        case None:
            return NOTHING


def _may_go_on(state: State, host: HostState) -> bool:
    """On the way forward: until an abort; after it only to close what has come to its end."""
    if state.phase == "halting":
        return host.work is not None or (host.course is not None and isinstance(host.course.next, Leave))
    return state.phase == "forward"


def _begins_something(decision: Decision) -> bool:
    """While a person is asked whether to go on, what has ended is told, and nothing new begins."""
    return bool(decision.effects) or any(isinstance(event, Started) for event in decision.events)


# --- forward --------------------------------------------------------------------------------------------------------


def _step(plan: Plan, state: State, host: HostState, step: PlannedStep, *, once: bool) -> Decision:
    if once and step.once is not None:
        known = state.onces.get(once_key(step), Once())
        if known.over:
            reason = f"ran once, on {known.owner}"
            return Decision((StepEnded(host.name, step.id, step.name, "skipped", reason),))
        if host.work is None:
            return NOTHING  # it waits at the barrier; the run says who goes through
    work = due(state, host)
    return advance(Here(plan, state, host, work)) if work is not None else NOTHING


def _gate(plan: Plan, state: State, host: HostState, course: Course, stage: int) -> Decision:
    """The next health probe of the stage."""
    planned = plan.stages[stage]
    written = planned.health[host.name][host.probe]
    attempt = host.tries.get((planned.id, "health", course.direction, host.probe), 0) + 1
    key = Key(host.name, planned.id, "health", attempt=attempt, sub=host.probe + 1, direction=course.direction)
    try:
        effect = gate_probe(plan, state, host, key)
    except Lost as lost:
        return _failed_at_once(key, written, f"unreachable: {lost}")
    except RunbookError as error:
        return _failed_at_once(key, written, words(error))
    started = Started(key, "health", describe(effect.probe), effect.on if effect.on != host.name else "", kind="sample")
    return Decision((started,), (effect,))


def gate_probe(plan: Plan, state: State, host: HostState, key: Key) -> Sample:
    """The question that a health probe's key stands for. Raises Lost, and RunbookError where a template fails."""
    written = plan.stages[state.index.stages[key.task]].health[host.name][key.sub - 1]
    probe: Probe = fill(written, of_host(plan, state, host))
    on = LOCAL if probe.source == "control" else host.name
    if state.hosts[on].lost:
        raise Lost(state.hosts[on].lost)
    return Sample(key, on, host.name, probe)


def _failed_at_once(key: Key, probe: Probe, why: str) -> Decision:
    verdict = Verdict(Opinion.FAILED, why, samples=0)
    return Decision((Started(key, "health", describe(probe), kind="sample"), Judged(key, verdict)))


def _failed(plan: Plan, state: State, host: HostState, failure: Failure) -> Decision:
    """The host has failed on its way forward: a person may be asked before that counts."""
    stage = state.stage
    assert stage is not None  # noqa: S101 - hosts go forward within stages alone
    planned = plan.stages[stage.at]
    final = state.phase == "halting" or host.asked == "answered" or planned.on_failure != "ask"
    if final or not (failure.once or stage.failures + 1 > stage.limit):
        return Decision(
            (
                HostFailed(
                    host.name,
                    planned.id,
                    failure.reason,
                    failure.task,
                    failure.step,
                    counts=not failure.once,
                    unreachable=failure.unreachable,
                ),
            )
        )
    choices = ("retry", "rollback", "stop") if failure.once else ("retry", "skip", "rollback", "stop")
    what = f"'{failure.step}'" if failure.step else planned.name
    question = Question(
        "failure", f"{host.name}: {what} failed: {failure.reason}", choices=choices, default="rollback", timeout=SILENCE
    )
    key = Key(host.name, failure.task or planned.id, "ask", attempt=state.asks + 1)
    return Decision((Asked(key, question),), (Ask(key, question),))


# --- back -----------------------------------------------------------------------------------------------------------


def _unwind(plan: Plan, state: State, host: HostState, seq: int) -> Decision:
    """The next task of a handler, or the word on how it went."""
    entry = host.armed[seq]
    name = state.index.steps[entry.task].step.name
    if host.failure is not None:
        outcome: Undoing = "owed" if host.failure.unreachable else "failed"
        return Decision((Undone(host.name, entry.task, entry.item, name, outcome, host.failure.reason),))
    if entry.run_wide and host.round == 0 and host.work is None:
        blocking = _later(state, seq)
        if blocking:
            return Decision((Undone(host.name, entry.task, entry.item, name, "owed", blocking),))
    if entry.void:
        return Decision((Undone(host.name, entry.task, entry.item, name, "skipped", entry.void),))
    fresh = host.work is None and not host.round
    if fresh and (away := settle.of_traffic(state, host)):
        return Decision((Undone(host.name, entry.task, entry.item, name, "owed", f"unreachable: {away}"),))
    try:
        doubt = settle.of_entry(host, entry) if fresh else None
        if doubt is not None:
            return settle.begin(plan, state, host, doubt)
        work = due(state, host)
    except Lost as lost:
        return Decision((Undone(host.name, entry.task, entry.item, name, "owed", f"unreachable: {lost}"),))
    except RunbookError as error:
        return Decision((Undone(host.name, entry.task, entry.item, name, "failed", words(error)),))
    if work is None:
        done: Undoing = "passed" if host.did else "skipped"
        return Decision((Undone(host.name, entry.task, entry.item, name, done),))
    return advance(Here(plan, state, host, work))


def _later(state: State, seq: int) -> str:
    """Why what belongs to the run cannot be undone yet: something that came after it is not."""
    for host in state.hosts.values():
        for entry in host.armed.values():
            if entry.seq > seq and entry.left:
                return f"{entry.host} has not undone '{state.index.steps[entry.task].step.name}', which came later"
    return ""


# --- leaving --------------------------------------------------------------------------------------------------------


def _leave(plan: Plan, state: State, host: HostState, course: Course) -> Decision:
    if course.direction == "forward":
        planned = plan.stages[course.stage]
        watches = [w for w in planned.watch if w.source == "host" and state.phase == "forward"]
        begun = watch.start_all(plan, state, watches, host.name)
        return Decision((HostPassed(host.name, planned.id), *begun.events), begun.effects)
    told = rolled_back(state, host)
    if course.kind == "own":
        left = any(e.left and not e.run_wide for e in host.armed.values())
        return Decision((*told, RollbackEnded(not left and not host.unhealthy, host.name)))
    return Decision(told)


def rolled_back(state: State, host: HostState, away: str = "") -> tuple[Event, ...]:
    """How a host's way back ended: what is left of it, and how it is. `away`: why its turn has passed without it."""
    left = [e for e in host.armed.values() if e.left]
    clean = all(e.run_wide for e in left)  # what belongs to the run is not the host's debt
    away = f"unreachable: {host.lost}" if host.lost else away
    why = host.stopped or away or host.stalled
    owed = tuple(
        Undone(
            host.name,
            e.task,
            e.item,
            state.index.steps[e.task].step.name,
            "owed",
            e.why or (away if e.run_wide else why),
        )
        for e in reversed(left)
        if e.status == "armed" and (away or not e.run_wide)
    )
    unhealthy = next(iter(host.unhealthy.values()), "")
    return (*owed, HostRolledBack(host.name, clean, not unhealthy, why or unhealthy))
