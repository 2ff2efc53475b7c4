"""What a rollback has let be: changes that were not to be undone by it, or that came before a point of no return."""

from __future__ import annotations

from collections.abc import Iterator

from executor.engine.state import Entry, HostState, State
from executor.engine.undo import cut
from executor.events import Stays
from executor.model.plans import Plan


def stays(plan: Plan, state: State) -> tuple[Stays, ...]:
    """All that is still there of what the hosts that have gone back were given, with the reason; each round of a loop
    counts for its step. Not what is owed, nor what had no handler: those are told by themselves."""
    found = (_told(plan, state, host, entry) for host in state.hosts.values() for entry in _kept(state, host))
    return tuple(dict.fromkeys(found))


def partly(state: State, host: HostState) -> bool:
    """Whether a host has gone back, and something that it was given is there still."""
    return host.undone and any(not entry.run_wide for entry in (*_kept(state, host), *unsaid(host)))


def unsaid(host: HostState) -> Iterator[Entry]:
    """Changes that a rollback of the host would have undone, had anybody said how."""
    for entry in host.armed.values():
        if entry.kind == "unsaid" and entry.wanted and entry.status == "armed" and not entry.unchanged:
            yield entry


def _kept(state: State, host: HostState) -> Iterator[Entry]:
    """What stays although it is not wanted. `rollback: none` says that there is nothing to undo of a step."""
    for entry in host.armed.values():
        there = entry.status == "armed" and not entry.unchanged and not entry.wanted and entry.kind != "none"
        if there and (_out_of_reach(state, host, entry) or _let_be(state, host, entry)):
            yield entry


def _out_of_reach(state: State, host: HostState, entry: Entry) -> bool:
    """The host has turned back, and did not come as far as this."""
    if entry.seq > _limit(state, host, entry):
        return False
    with_all = state.aborted is not None and state.scope == "run"
    asked = not state.only_hosts or host.name in state.only_hosts
    return with_all and asked if entry.run_wide else host.undone or host.out or (with_all and asked)


def _let_be(state: State, host: HostState, entry: Entry) -> bool:
    """The rollback was for a part of the run, and this was not in it."""
    if entry.run_wide:
        return state.aborted is not None and bool(state.only_hosts or state.only_stages or state.scope == "stage")
    return host.undone


def _limit(state: State, host: HostState, entry: Entry) -> int:
    return cut(state, None if entry.run_wide else host)


def _told(plan: Plan, state: State, host: HostState, entry: Entry) -> Stays:
    stage = plan.stages[entry.stage].name if entry.stage >= 0 else ""
    owner = "" if entry.run_wide else host.name
    return Stays(owner, stage, state.index.steps[entry.task].step.name, _why(state, host, entry))


def _why(state: State, host: HostState, entry: Entry) -> str:
    """Of several points of no return the first one after it holds it."""
    if entry.seq > _limit(state, host, entry):
        return ""
    hosts = state.hosts.values() if entry.run_wide else (host,)
    cuts = [*state.cuts.values(), *(point for each in hosts for point in each.cuts.values())]
    _, point = min(point for point in cuts if point[0] >= entry.seq)
    return entry.why or f"it came before the point of no return '{point}'"
