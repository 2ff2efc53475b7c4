"""Handlers whose time is over: where a rollback begins after `valid_for`, the step has become a point of no return."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from executor.engine.state import Entry, HostState, State
from executor.engine.undo import cut
from executor.events import Lapsed

PAST_ITS_TIME = "the time in which it could be undone is over"


def due(state: State, hosts: Iterable[HostState]) -> tuple[Lapsed, ...]:
    """What has lapsed by now on these hosts, and of what belongs to the run: the last one of each, for nothing before
    it is undone either. Empty, too, where all of it has been told already."""
    members = tuple(hosts)
    owners = {once.owner: state.hosts[once.owner] for once in state.onces.values() if once.owner}
    wide = (entry for host in owners.values() for entry in host.armed.values() if entry.run_wide)
    of_the_run = _last(state, wide, cut(state, None))
    own = (
        _last(state, (entry for entry in host.armed.values() if not entry.run_wide), cut(state, host))
        for host in members
    )
    return tuple(_told(state, entry) for entry in (of_the_run, *own) if entry is not None)


def _last(state: State, entries: Iterable[Entry], limit: int) -> Entry | None:
    over = [entry for entry in entries if entry.seq > limit and is_over(state, entry)]
    return max(over, key=lambda entry: entry.seq, default=None)


def is_over(state: State, entry: Entry) -> bool:
    """Whether it can be undone no more, for its time has passed. A handler that has begun in time goes on."""
    end = until(entry)
    return entry.pending and entry.halfway is None and end is not None and end < state.clock


def until(entry: Entry) -> float | None:
    """Until when it can be undone, in seconds since the epoch; None where there is no end to it, or none yet."""
    if entry.valid_for is None or entry.ended is None:
        return None
    return entry.ended + entry.valid_for


def _told(state: State, entry: Entry) -> Lapsed:
    name, valid_for = state.index.steps[entry.task].step.name, entry.valid_for
    assert valid_for is not None  # noqa: S101 - without it nothing lapses
    return Lapsed(entry.host, entry.task, entry.item, name, valid_for, entry.run_wide)


def lapsed(state: State, event: Lapsed) -> None:
    """It is a point of no return from now on."""
    host = state.hosts[event.host]
    entry = next(e for e in reversed(host.armed.values()) if e.task == event.task and e.item == event.item)
    entry.why = PAST_ITS_TIME
    cuts = state.cuts if event.run_wide else host.cuts
    cuts[event.task] = (max(entry.seq, cuts.get(event.task, (0, ""))[0]), event.name)
    for each in state.hosts.values() if event.run_wide else (host,):
        for earlier in each.armed.values():
            if earlier.left and earlier.seq < entry.seq:
                earlier.why = f"it came before '{event.name}', and {PAST_ITS_TIME}"
    state.touch_run()
    state.touch(host.name)


def ends(state: State, host: HostState) -> Iterator[float]:
    """For each that could be undone on a host: until when, where that has an end."""
    limit = cut(state, host)
    for entry in host.armed.values():
        end = until(entry)
        if entry.pending and entry.seq > limit and end is not None:
            yield end
