"""The end of a run: its exit code, its status in words, and the truth about every host, all from the state alone."""

from __future__ import annotations

from collections.abc import Iterator

from executor.engine.effects import Decision, Finish
from executor.engine.lock import let_go
from executor.engine.remains import stays, unsaid
from executor.engine.state import Entry, HostState, State, Unwind
from executor.errors import Exit
from executor.events import HostSummary, Owed, RunEnded
from executor.model.actions import Checklist
from executor.model.plans import Plan


def end(plan: Plan, state: State) -> Decision:
    """Nothing is left to do. A run that was stopped can be carried on."""
    code = exit_code(state)
    resumable = code in (Exit.STOPPED, Exit.INTERRUPTED)
    before = None if resumable else let_go(state)
    if before is not None:
        return before
    ended = RunEnded(
        code,
        status(state),
        _reason(state),
        _summaries(state),
        () if resumable else tuple(_left(state)),
        tuple(_not_undone(state)),
        resumable,
        () if resumable else stays(plan, state),
    )
    return Decision((ended,), (Finish(code, "stopped" if resumable else "ended"),))


def stop(state: State) -> Decision:
    """Stop where the run stands: what runs goes on by itself on its host, and is asked for when the run resumes.

    So ends a run whose lock was broken, too: its hosts may be somebody else's now, and nothing of theirs is undone.
    """
    code, status, reason = Exit.INTERRUPTED, "interrupted", _reason(state)
    if state.lock.lost and state.interrupt != "stop":
        code, status, reason = Exit.STOPPED, "stopped: its lock was broken", state.lock.lost
    ended = RunEnded(code, status, reason, _summaries(state), tuple(_left(state)), resumable=True)
    return Decision((ended,), (Finish(code, "stopped"),))


def refuse(state: State) -> Decision:
    """Somebody else has the lock. A run that had begun before, and was to be carried on, can still be; one that was
    over, and was to be undone, is as over as it was."""
    begun = any(host.entered for host in state.hosts.values()) and not state.over
    status = "refused: the hosts are locked" if begun else _WORDS[Exit.REFUSED]
    ended = RunEnded(Exit.REFUSED, status, state.lock.refused, _summaries(state), tuple(_left(state)), resumable=begun)
    return Decision((ended,), (Finish(Exit.REFUSED, "stopped" if begun else "ended"),))


# --- the run --------------------------------------------------------------------------------------------------------


def exit_code(state: State) -> Exit:
    """What the whole run came to.

    A run that did its work and failed in its own `always` is not wholly done either: it counts as hosts left out do.
    A rollback that somebody has asked for is done when everything that they named is undone.
    """
    aborted = state.aborted
    if aborted is not None and aborted.then == "stop":
        return Exit.INTERRUPTED if state.interrupted else Exit.STOPPED
    if not complete(state):
        return Exit.INCOMPLETE
    if aborted is not None and state.wished:
        return Exit.DONE
    if aborted is not None or _nobody_is_left(state):
        return _back_where_it_was(state)
    return Exit.PARTIAL if state.unclosed or any(host.out for host in state.hosts.values()) else Exit.DONE


def complete(state: State) -> bool:
    """Every handler that had to run has passed, and every host that was undone is healthy."""
    return not any(host.unhealthy or any(e.left for e in host.armed.values()) for host in state.hosts.values())


def _nobody_is_left(state: State) -> bool:
    members = state.index.members
    return bool(members) and all(state.hosts[name].out for name in members)


def _back_where_it_was(state: State) -> Exit:
    """What was armed is undone. Where nothing had been touched at all, the reason makes the difference."""
    failures = [host.failed for host in state.hosts.values() if host.failed is not None]
    if not failures or any(host.touched for host in state.hosts.values()):
        return Exit.ROLLED_BACK
    if all(failure.unreachable for failure in failures):
        return Exit.UNREACHABLE
    return Exit.REFUSED if all(_refused(state, failure.task) for failure in failures) else Exit.ROLLED_BACK


def _refused(state: State, task: str) -> bool:
    """It was a checklist that said no."""
    located = state.index.steps.get(task)
    tasks = located.step.tasks.values() if located is not None else ()
    return any(isinstance(item.body.action, Checklist) for each in tasks for item in each.items)


def outcome(state: State) -> str:
    """What has become of the run, in a word for scripts: `run.status` in the run's own `always`."""
    code = Exit.ROLLED_BACK if _back_as_asked(state) else exit_code(state)
    return {
        Exit.DONE: "done",
        Exit.PARTIAL: "partial",
        Exit.ROLLED_BACK: "rolled-back",
        Exit.INCOMPLETE: "incomplete",
        Exit.UNREACHABLE: "unreachable",
        Exit.REFUSED: "refused",
    }[code]


def _back_as_asked(state: State) -> bool:
    return state.wished and state.aborted is not None and exit_code(state) is Exit.DONE


def status(state: State) -> str:
    """The exit code in words: what was undone, and the points of no return at which the way back ended."""
    code = exit_code(state)
    match code:
        case Exit.DONE if _back_as_asked(state):
            part = " in part" if state.only_hosts or state.only_stages else ""
            return f"rolled back{part}, as asked{_points(state)}"
        case Exit.ROLLED_BACK:
            return _rolled_back(state)
        case Exit.INCOMPLETE:
            return f"rollback incomplete{_points(state)}"
        case Exit.PARTIAL if state.unclosed and not any(host.out for host in state.hosts.values()):
            return f"done, but '{state.unclosed}' failed at the end"
        case _:
            return _WORDS[code]


_WORDS = {
    Exit.DONE: "done",
    Exit.UNREACHABLE: "hosts could not be reached, nothing was changed",
    Exit.STOPPED: "failed, stopped as asked",
    Exit.PARTIAL: "done, with hosts left out",
    Exit.REFUSED: "refused, nothing was changed",
    Exit.INTERRUPTED: "interrupted",
}


def _rolled_back(state: State) -> str:
    how = "interrupted" if state.interrupted else "failed"
    if not any(host.undone for host in state.hosts.values()):
        return f"{how}, with nothing to undo{_points(state)}"
    what = {"run": "", "stage": "the stage ", "host": "the failed hosts "}[state.scope]
    return f"{how}, {what}rolled back{_points(state)}"


def _points(state: State) -> str:
    """The points of no return that have been passed."""
    passed = [*state.cuts.values(), *(cut for host in state.hosts.values() for cut in host.cuts.values())]
    names = list(dict.fromkeys(f"'{name}'" for _, name in passed))
    return f" to the point of no return {', '.join(names)}" if names else ""


def _reason(state: State) -> str:
    if state.aborted is not None:
        return state.aborted.reason
    failed = [f"{host.name}: {host.failed.reason}" for host in state.hosts.values() if host.failed is not None]
    return "; ".join(failed[:3]) + (f"; and {len(failed) - 3} more" if len(failed) > 3 else "")


# --- the hosts ------------------------------------------------------------------------------------------------------


def _summaries(state: State) -> dict[str, HostSummary]:
    """Every host that a stage names, and every other one on which something happened."""
    members = set(state.index.members)
    return {name: _summary(state, host) for name, host in state.hosts.items() if name in members or host.entered}


def _summary(state: State, host: HostState) -> HostSummary:
    drained = bool(host.drained)
    failed = host.failed.reason if host.failed is not None else ""
    owed = [e for e in host.armed.values() if e.left]
    if owed and host.stopped:
        return HostSummary("failed", host.stopped, drained)
    if owed:
        why = f"unreachable: {host.lost}" if host.lost else owed[-1].why or _not_yet(host, owed[-1])
        return HostSummary("owed", why, drained)
    if host.unhealthy:
        return HostSummary("unhealthy", next(iter(host.unhealthy.values())), drained)
    if host.lost and not host.touched:
        return HostSummary("unreachable", host.lost, drained)
    if host.undone:
        return HostSummary("rolled back", failed, drained)
    if host.out:
        return HostSummary("failed" if host.touched else "untouched", failed, drained)
    if _has_all(state, host):
        return HostSummary("done", "", drained)
    return HostSummary("partly done" if host.touched else "untouched", "", drained)


def _has_all(state: State, host: HostState) -> bool:
    """It has passed every stage that it was to go through: the run has not ended before one of them."""
    if not host.entered or not all(host.entered.values()):
        return False
    last = state.index.last.get(host.name, -1)
    left_out = state.stage is not None and host.name not in state.stage.hosts  # by the stage's `when`
    return last in host.entered or last < state.done or (last == state.done and left_out)


def _left(state: State) -> Iterator[Owed]:
    for host in state.hosts.values():
        for entry in reversed(host.armed.values()):
            if entry.left:
                why = entry.why or host.stopped or host.lost or _not_yet(host, entry)
                yield Owed(host.name, entry.task, state.index.steps[entry.task].step.name, why)


def _not_yet(host: HostState, entry: Entry) -> str:
    """Why something is not undone where nothing has gone wrong."""
    at_it = host.course is not None and host.course.next == Unwind(entry.seq) and (host.work or host.round)
    return "it was being undone" if at_it else "its turn had not come"


def _not_undone(state: State) -> Iterator[str]:
    """Changes on hosts that were rolled back, of which nobody has said how they are undone."""
    for host in state.hosts.values():
        for entry in unsaid(host):
            yield f"{host.name}: {state.index.steps[entry.task].step.name}"
