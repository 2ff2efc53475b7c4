"""Before anything is undone on a host that was lost: what of its work really ran, asked where it ran.

Where it has not started it never will, and there is nothing to undo. Where it still runs it is ended first.
"""

from __future__ import annotations

from executor.engine.effects import Decision, Effect, End, Perform
from executor.engine.judge import changed_nothing
from executor.engine.start import Lost
from executor.engine.state import Entry, Failure, Gate, HostState, State, Unwind
from executor.engine.values import about_run, of_host
from executor.events import Key, Started
from executor.model.leaves import Value
from executor.model.outcomes import Result, Status
from executor.model.plans import Plan
from executor.model.steps import Settings
from executor.templates import fill

PART = "settle"
_OF_STEPS = ("action", "apply")  # handlers are no question: they are taken up where they were


def first(state: State, host: HostState) -> Key | None:
    """Something of which nobody knows what came of it, where somebody can tell: it is asked before anything begins."""
    mine = (key for key, on in host.doubts.items() if key.part in _OF_STEPS and not state.hosts[on].lost)
    return next((key for key in mine if key.task in state.index.steps), None)


def of_traffic(state: State, host: HostState) -> str:
    """Why its traffic may come back at any time: whoever was to drain or restore it is away. Empty: it may not."""
    for key, on in host.doubts.items():
        located = state.index.steps.get(key.task)
        if located is not None and located.leg in ("drain", "restore") and state.hosts[on].lost:
            return f"{on}: {state.hosts[on].lost}"
    return ""


def of_entry(host: HostState, entry: Entry) -> Key | None:
    """Work of the step that armed the entry of which nobody knows what came of it."""
    return _doubt(host, entry.task, entry.item)


def _doubt(host: HostState, task: str, item: int) -> Key | None:
    mine = (key for key in host.doubts if (key.task, key.item) == (task, item) and key.part in _OF_STEPS)
    return next(mine, None)


def begin(plan: Plan, state: State, host: HostState, doubt: Key) -> Decision:
    """Ask. Raises Lost where whoever did it is away, and RunbookError where its user cannot be told."""
    tried = host.tries.get((doubt.task, PART, "back", doubt.item), 0)
    key = Key(host.name, doubt.task, PART, doubt.item, tried + 1, direction="back")
    effects = ask(plan, state, key)
    on = effects[0].on if isinstance(effects[0], Perform) else ""
    name = state.index.steps[doubt.task].step.name
    return Decision((Started(key, name, "what of it ran", on if on != host.name else ""),), effects)


def ask(plan: Plan, state: State, key: Key) -> tuple[Effect, ...]:
    """The question that a key stands for. Raises Lost and RunbookError."""
    host = state.hosts[key.host]
    doubt = _doubt(host, key.task, key.item) or key
    on = host.doubts.get(doubt, key.host)
    if state.hosts[on].lost:
        away = state.hosts[on].lost
        raise Lost(f"{on}: {away}" if on != key.host else away)
    body = state.index.item(key.task, key.host, key.item).body
    settings: Settings = fill(body.settings, _values(plan, state, host, key))
    return Perform(key, on, body.action, settings, settles=doubt), End(key)


def _values(plan: Plan, state: State, host: HostState, key: Key) -> dict[str, Value]:
    """What its settings were filled with: of a step, what was known when it started."""
    entry = _entry(host, key)
    return {**entry.values, **about_run(plan, state)} if entry is not None else of_host(plan, state, host)


def _entry(host: HostState, key: Key) -> Entry | None:
    return next((e for e in reversed(host.armed.values()) if (e.task, e.item) == (key.task, key.item)), None)


def _look_again(host: HostState) -> None:
    """What was asked about may have ended only now: a gate that is under way, or just passed, looks at what it left."""
    host.probe, course = 0, host.course
    if course is not None and course.at and isinstance(course.elements[course.at - 1], Gate):
        course.at -= 1


def begun(host: HostState, key: Key) -> None:
    host.tries[key.task, PART, "back", key.item] = key.attempt


def answered(host: HostState, key: Key, result: Result) -> None:
    """The host has told, or could not."""
    doubt, entry = _doubt(host, key.task, key.item), _entry(host, key)
    unwinding = host.course is not None and entry is not None and host.course.next == Unwind(entry.seq)
    if result.status is Status.UNREACHABLE:
        host.failure = Failure(result.detail, key.task, unreachable=True) if unwinding else None
        return
    if doubt is None:
        return
    del host.doubts[doubt]
    _look_again(host)
    if entry is None or doubt.part != "action":
        return
    if not changed_nothing(result):
        entry.touched = True
    elif not entry.touched:
        entry.void = result.detail or "it has never started there"
