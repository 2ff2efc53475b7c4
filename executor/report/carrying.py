"""What is told of a run that is carried on by another process than the one that began it, or undone later."""

from __future__ import annotations

from executor.events import Key, Replanned, Resumed, Stamp, TakenUp
from executor.report.line import Line, line
from executor.report.phrasing import count
from executor.report.story import HostView, RunView, Work


def told(view: RunView, event: Resumed | Replanned | TakenUp) -> tuple[Line, ...]:
    """What is said of it. `view` is as it was before the event."""
    match event:
        case Replanned(_, operator, controller, reason, changes):
            why = f": {reason}" if reason else ""
            lines = (line(change, tone="quiet", weight="detail") for change in changes)
            return (line(f"WHAT IS LEFT IS PLANNED ANEW by {operator} on {controller}{why}", tone="head"), *lines)
        case Resumed(operator, controller, reason, undo):
            who = f" by {operator} on {controller}" if operator else ""
            why = f": {reason}" if reason else ""
            return (line(f"TO BE UNDONE{who}{why}" if undo else f"CARRIED ON{who}{why}", tone="head"),)
        case TakenUp(keys):
            if not keys:
                return ()
            told = (f"taken up again: {_name(view, key)}" for key in keys)
            lines = (line(text, _host(key), "quiet", "step") for text, key in zip(told, keys, strict=True))
            return (line(f"{count(len(keys), 'piece')} of work had been under way", tone="quiet"), *lines)


def folded(view: RunView, stamp: Stamp, event: Resumed | TakenUp) -> None:
    """Take the event in. Times of another process mean nothing here: what is under way counts from now."""
    if isinstance(event, TakenUp):
        return
    if event.undo:
        view.wished, view.began = True, stamp.mono
    elif view.began_at is not None:
        view.began = stamp.mono - (stamp.at - view.began_at).total_seconds()
    if view.ended is not None and view.ended.resumable and not event.undo:
        # What had failed is tried again: should it fail again, that will be told.
        view.failures.clear()
        view.aborts.clear()
        view.wished = False
        for host in view.hosts.values():
            if host.phase == "failed":
                host.phase = "working"
    view.ended, view.ended_at, view.closing = None, None, ""
    view.connecting = view.reached = 0
    for host in view.hosts.values():
        _from_now_on(host, stamp)
    for watched in view.watches.values():
        watched.since = stamp.mono


def _from_now_on(host: HostView, stamp: Stamp) -> None:
    host.since = stamp.mono
    host.begun = dict.fromkeys(host.begun, stamp.mono)
    for work in host.works.values():
        work.since = work.heard = stamp.mono


def _name(view: RunView, key: Key) -> str:
    host = view.hosts.get(key.host)
    work: Work | None = host.works.get(key) if host is not None else None
    if work is not None:
        return work.name
    if key in view.asking:
        return f"a question ({view.asking[key].text})"
    if key in view.waits:
        return f"a wait ({view.waits[key].why})"
    return view.watches[key].what if key in view.watches else key.part


def _host(key: Key) -> str:
    return "" if key.host == "localhost" else key.host
