"""Before a step is undone on a host that was lost under it: what of it really ran, asked where it ran.

Where it has not started it never will, and there is nothing to undo. Where it still runs it is ended first.
"""

from __future__ import annotations

from executor.engine.effects import Decision, Effect, End, Perform
from executor.engine.judge import changed_nothing
from executor.engine.start import Lost
from executor.engine.state import Entry, Failure, HostState, State, Unwind
from executor.engine.values import about_run
from executor.events import Key, Started
from executor.model.outcomes import Result, Status
from executor.model.plans import Plan
from executor.model.steps import Settings
from executor.templates import fill

PART = "settle"


def begin(plan: Plan, state: State, host: HostState, entry: Entry) -> Decision:
    """Ask. Raises Lost where the host is away, and RunbookError where its user cannot be told."""
    tried = host.tries.get((entry.task, PART, "back", entry.item), 0)
    key = Key(host.name, entry.task, PART, entry.item, tried + 1, direction="back")
    effects = ask(plan, state, key)
    on = effects[0].on if isinstance(effects[0], Perform) else ""
    name = state.index.steps[entry.task].step.name
    return Decision((Started(key, name, "what of it ran", on if on != host.name else ""),), effects)


def ask(plan: Plan, state: State, key: Key) -> tuple[Effect, ...]:
    """The question that a key stands for. Raises Lost and RunbookError."""
    host = state.hosts[key.host]
    entry = next(e for e in reversed(host.armed.values()) if e.task == key.task and e.item == key.item)
    doubt, on = entry.doubt or (key, key.host)
    if state.hosts[on].lost:
        away = state.hosts[on].lost
        raise Lost(f"{on}: {away}" if on != key.host else away)
    body = state.index.item(entry.task, entry.host, entry.item).body
    settings: Settings = fill(body.settings, {**entry.values, **about_run(plan, state)})
    return Perform(key, on, body.action, settings, settles=doubt), End(key)


def begun(host: HostState, key: Key) -> None:
    host.tries[key.task, PART, "back", key.item] = key.attempt


def answered(host: HostState, result: Result) -> None:
    """The host has told, or could not."""
    course = host.course
    if course is None or not isinstance(course.next, Unwind):
        return
    entry = host.armed[course.next.seq]
    if result.status is Status.UNREACHABLE:
        host.failure = Failure(result.detail, entry.task, unreachable=True)
        return
    entry.doubt = None
    if changed_nothing(result):
        entry.void = result.detail or "it has never started there"
