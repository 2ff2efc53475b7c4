"""Carrying a run on: its hosts are connected to again, and what was under way is taken up.

Every piece of work keeps its key, so that a step which was started is attached to, or collected, and never run twice;
probes, waits and questions simply begin anew. Effects are rendered again from the state. Also: what could be undone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from executor.engine import lapse, settle
from executor.engine.effects import Ask, Connect, Decision, Effect, End, Perform, Sample, Wait, Watch
from executor.engine.host import gate_probe
from executor.engine.index import LOCAL
from executor.engine.start import Lost
from executor.engine.state import Entry, Flight, HostState, State
from executor.engine.step import again
from executor.engine.undo import asked_for, pending, pending_run_wide
from executor.engine.values import of_host, words
from executor.engine.window import look_at
from executor.engine.work import Here
from executor.errors import Problem, RunbookError
from executor.events import Answered, Connecting, Ended, Event, Judged, Key, TakenUp, WaitEnded, WatchTurned
from executor.model.outcomes import Opinion, Result, Status, Verdict
from executor.model.plans import Plan
from executor.templates import fill

NOTHING = Decision()


def decide(plan: Plan, state: State) -> Decision:
    """The next thing while a run comes to life again."""
    hosts = state.index.remote
    if hosts and not state.connected:
        return Decision((Connecting(hosts),), tuple(Connect(host) for host in hosts))
    if state.connecting:
        return NOTHING
    events: list[Event] = [TakenUp(tuple(state.flights))]
    effects: list[Effect] = []
    for key, flight in state.flights.items():
        taken = _take_up(plan, state, key, flight)
        events += taken.events
        effects += taken.effects
    return Decision(tuple(events), tuple(effects))


def _take_up(plan: Plan, state: State, key: Key, flight: Flight) -> Decision:
    """One piece of work again, or what has to be said of it where nothing can be begun."""
    match flight.kind:
        case "perform":
            return _perform(plan, state, key, flight)
        case "sample" if flight.ending or (key.part == "health" and key.sub > 1):  # a gate begins with its first probe
            return Decision((Judged(key, Verdict(Opinion.CANCELLED, "cancelled", samples=0)),))
        case "sample":
            return _sample(plan, state, key)
        case "wait" if flight.ending:
            return Decision((WaitEnded(key, cut_short=True),))
        case "wait":
            return Decision((), (Wait(key, flight.seconds),))
        case "ask" if flight.ending or flight.question is None:
            return Decision((Answered(key, "", how="withdrawn"),))
        case "ask":
            return Decision((), (Ask(key, flight.question),)) if flight.question is not None else NOTHING
        case "watch":
            return _watch(plan, state, key)


def _perform(plan: Plan, state: State, key: Key, flight: Flight) -> Decision:
    try:
        if key.part == settle.PART:
            return Decision((), settle.ask(plan, state, key))
        effect = _of_step(plan, state, key)
    except Lost as lost:
        return Decision((Ended(key, Result(Status.UNREACHABLE, detail=str(lost))),))
    except RunbookError as error:
        return Decision((Ended(key, Result(Status.UNKNOWN, detail=words(error))),))
    if not isinstance(effect, Perform):
        raise TypeError(f"{key} was a command, and is {type(effect).__name__} now")
    taken = replace(effect, key=key, again=True)
    return Decision((), (taken, End(key)) if flight.ending else (taken,))


def _sample(plan: Plan, state: State, key: Key) -> Decision:
    try:
        effect = _probe(plan, state, key)
    except Lost as lost:
        return Decision((Judged(key, Verdict(Opinion.FAILED, f"unreachable: {lost}", samples=0)),))
    except RunbookError as error:
        return Decision((Judged(key, Verdict(Opinion.FAILED, words(error), samples=0)),))
    return Decision((), (replace(effect, key=key),))


def _probe(plan: Plan, state: State, key: Key) -> Sample:
    host = state.hosts[key.host]
    match key.part:
        case "before":
            return look_at(plan, state, plan.stages[state.index.stages[key.task]], key)
        case "health":
            return gate_probe(plan, state, host, key)
        case _:
            effect = _of_step(plan, state, key)
            if not isinstance(effect, Sample):
                raise TypeError(f"{key} was a probe, and is {type(effect).__name__} now")
            return effect


def _of_step(plan: Plan, state: State, key: Key) -> Effect:
    """What the step that a host is at had begun. Raises RunbookError where a rollback that was asked for has taken the
    host away from it: then nobody waits for its answer any more."""
    host = state.hosts[key.host]
    if host.work is None:
        raise RunbookError(Problem("nobody waits for it any more"))
    return again(Here(plan, state, host, host.work)).effects[0]


def _watch(plan: Plan, state: State, key: Key) -> Decision:
    planned = next(watch for stage in plan.stages for watch in stage.watch if watch.id == key.task)
    try:
        probe = fill(planned.probes[key.host], of_host(plan, state, state.hosts[key.host]))
    except RunbookError as error:
        return Decision((WatchTurned(key, "failed", Verdict(Opinion.FAILED, words(error), samples=0)),))
    return Decision((), (Watch(key, LOCAL if planned.source == "control" else key.host, key.host, probe),))


# --- what could be undone ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Undoable:
    """A handler that has not run: whose step it undoes, on which host."""

    host: str
    stage: str  # its name
    step: str
    task: str  # the step's id
    item: int
    run_wide: bool


def undoable(
    plan: Plan, state: State, hosts: Iterable[str] = (), stages: Iterable[str] = (), *, now: float | None = None
) -> tuple[Undoable, ...]:
    """What a rollback of these hosts and stages (ids; none: all) would undo, last first. Nothing is changed.

    `now`: if it began at that time, in seconds since the epoch.
    """
    asked = at(state, now) if now is not None else state.fork()
    asked.only_hosts = frozenset(hosts)
    asked.only_stages = frozenset(asked.index.stages[stage] for stage in stages)
    entries = [entry for host in asked.hosts.values() for entry in _due(asked, host)]
    entries += pending_run_wide(asked)
    found = sorted((entry for entry in entries if asked_for(asked, entry)), key=lambda entry: -entry.seq)
    return tuple(_told(plan, asked, entry) for entry in found)


def out_of_reach(
    plan: Plan, state: State, hosts: Iterable[str] = (), stages: Iterable[str] = (), *, now: float
) -> tuple[Undoable, ...]:
    """What such a rollback would undo, were it not before a point of no return; last first."""
    asked = at(state, now)
    asked.cuts.clear()
    for host in asked.hosts.values():
        host.cuts.clear()
    hosts, stages = tuple(hosts), tuple(stages)
    within = set(undoable(plan, state, hosts, stages, now=now))
    return tuple(one for one in undoable(plan, asked, hosts, stages) if one not in within)


@dataclass(frozen=True, slots=True)
class Point:
    """A point of no return. `since`: when it became one, in seconds since the epoch, where time has made it."""

    name: str
    since: float | None = None


def points(state: State, hosts: Iterable[str], now: float) -> tuple[Point, ...]:
    """The points of no return for these hosts, the run's own first."""
    then = at(state, now)
    found = [Point(name, _since(task, then.hosts.values())) for task, (_, name) in then.cuts.items()]
    for host in map(then.hosts.__getitem__, hosts):
        found += [Point(name, _since(task, (host,))) for task, (_, name) in host.cuts.items()]
    return tuple(dict.fromkeys(found))


def _since(task: str, hosts: Iterable[HostState]) -> float | None:
    """Until when the step that is a point of no return could be undone."""
    ends = (lapse.until(entry) for host in hosts for entry in host.armed.values() if entry.task == task)
    return max((end for end in ends if end is not None), default=None)


def at(state: State, now: float) -> State:
    """A copy of the state as it would be if a rollback began at that time: what has lapsed by then is told in it."""
    later = state.fork()
    later.clock = now
    for event in lapse.due(later, later.hosts.values()):
        lapse.lapsed(later, event)
    return later


def _due(state: State, host: HostState) -> list[Entry]:
    for entry in host.armed.values():
        if entry.status == "failed":
            entry.status = "armed"  # a rollback that is asked for tries it once more
    return pending(state, host)


def _told(plan: Plan, state: State, entry: Entry) -> Undoable:
    name = state.index.steps[entry.task].step.name
    stage = plan.stages[entry.stage].name if entry.stage >= 0 else ""
    return Undoable(entry.host, stage, name, entry.task, entry.item, entry.run_wide)
