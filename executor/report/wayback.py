"""What is said when a run turns back: the abort, the rollback as it happens, and what came of it on each host."""

from __future__ import annotations

from typing import TypeAlias

from executor.events import (
    Aborted,
    Halted,
    HostRolledBack,
    Interrupted,
    RollbackEnded,
    RollbackStarted,
    Stamp,
    Undone,
)
from executor.model.plans import Plan
from executor.report.fold import stage_name
from executor.report.line import Line, line
from executor.report.phrasing import count, duration, names
from executor.report.story import HostView, RunView

WayBack: TypeAlias = Interrupted | Aborted | Halted | RollbackStarted | RollbackEnded | Undone


def way_back(
    view: RunView,
    plan: Plan,
    stamp: Stamp,
    event: WayBack,
) -> tuple[Line, ...]:
    match event:
        case Interrupted("stop"):
            return (line("INTERRUPTED: stopping at once", tone="bad"),)
        case Interrupted() if view.aborts:
            return (line("INTERRUPTED: what was begun goes on to its end; once more stops it where it is", tone="bad"),)
        case Interrupted():
            return (line("INTERRUPTED", tone="bad"),)
        case Aborted(stage, reason, then):
            comes = {
                "rollback": "rolling back",
                "stop": "stopping as asked, nothing is undone",
                "ask": "asking what to do",
            }
            if then == "rollback" and (view.wished or view.rollback is not None):  # asked for, or gone on with
                return (line(f"ROLLING BACK: {reason}", tone="undo"),)
            where = f" {stage_name(plan, stage)}" if stage else ""
            return (line(f"ABORTED{where}: {reason}; {comes[then]}", tone="bad"),)
        case Halted(keys, reason):
            nothing = all(key.part == "grace" for key in keys)  # the wait itself, as soon as nothing runs any more
            told = bool(view.aborts) and view.aborts[-1].reason == reason
            why = "" if told else f": {reason}"
            return () if nothing else (line(f"ending what is going on{why}", tone="warn", weight="step"),)
        case RollbackStarted(scope, reason, hosts, host):
            if host:
                return (line(f"ROLLBACK of this host alone: {reason}", host, "undo"),)
            whole = {"run": "of the whole run", "stage": "of this stage", "host": "of what failed"}[scope]
            how_far = "as asked" if view.wished else whole  # which may have been for a part of it
            on = f", on {names(hosts)}" if hosts else ""
            told = bool(view.aborts) and view.aborts[-1].reason == reason
            return (line(f"ROLLBACK {how_far}{on}{'' if told else f': {reason}'}", tone="undo"),)
        case RollbackEnded(complete, host):
            if host:
                return ()  # HostRolledBack has said it
            if complete:
                return (line("ROLLBACK complete", tone="undo"),)
            return (line("ROLLBACK INCOMPLETE", tone="bad"),)
        case Undone():
            return (_undone(view, stamp, event),)


def _undone(view: RunView, stamp: Stamp, event: Undone) -> Line:
    host = view.peek(event.host)
    begun = host.begun.get(event.task)
    took = "" if begun is None else f" ({duration(stamp.mono - begun)})"
    why = f": {event.reason}" if event.reason else ""
    match event.outcome:
        case "passed":
            return line(f"rollback: {event.name}: undone{took}", event.host, "undo", "step")
        case "skipped":
            return line(f"rollback: {event.name}: nothing to undo{why}", event.host, "quiet", "step")
        case "failed":
            return line(f"rollback: {event.name}: UNDOING FAILED{why}", event.host, "bad")
        case "owed":
            return line(f"rollback: {event.name}: still to be undone{why}", event.host, "bad")


def rolled_back(host: HostView, event: HostRolledBack) -> Line:
    done = sum(undone.outcome == "passed" for undone in host.undone)
    left = [undone.name for undone in host.undone if undone.outcome in ("failed", "owed")]
    detail = f": {event.detail}" if event.detail else ""
    if not event.clean:
        what = f"; left to undo: {', '.join(left)}" if left else ""
        return line(f"rollback INCOMPLETE{detail}, {count(done, 'step')} undone{what}", event.host, "bad")
    if not host.undone and event.healthy:
        return line("nothing to undo", event.host, "quiet")
    undone = f"{count(done, 'step')} undone" if host.undone else "nothing to undo"
    if not event.healthy:
        return line(f"rolled back ({undone}), but UNHEALTHY{detail}", event.host, "bad")
    return line(f"rolled back: {undone}{detail}", event.host, "undo")
