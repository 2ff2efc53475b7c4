"""The way back: which handlers are run, on which hosts, in which order.

Last first: stages backwards, their batches in reverse, on each host its handlers in the reverse of the order in which
they were armed. A handler of a step that ran once for all stands between what was armed after it, on any host, and what
was armed before. Every visit to a host is drain, handlers, health, restore, as on the way there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

from executor.engine.state import Do, Element, Entry, Gate, HostState, Leave, State, Unwind, Wave
from executor.engine.undo import pending, pending_run_wide
from executor.model.amounts import cut, window
from executor.model.plans import Plan, PlannedStage
from executor.model.runbooks import Scope


def own_course(plan: Plan, state: State, host: HostState) -> tuple[Element, ...]:
    """All that is wanted of one host by itself, whatever stage armed it. Empty: there is nothing to do.

    The stage in which it failed is the outermost bracket: traffic returns only when everything is undone.
    """
    entries = [e for e in pending(state, host) if e.wanted]
    here = state.stage.at if state.stage is not None else -1
    shut = _closed(host)
    outer = here if here in host.entered and (entries or here in shut or host.always_due == here) else -1
    stages = sorted({e.stage for e in entries} | shut | ({outer} if outer >= 0 else set()), reverse=True)
    course: list[Element] = []
    for stage in stages:
        unwinding = tuple(Unwind(e.seq) for e in entries if e.stage == stage)
        if stage == outer:
            drained = outer in host.drained - host.between
            course += [] if drained or not unwinding else [Do("drain", step) for step in plan.stages[stage].drain]
            course += unwinding
        else:
            course += _bracketed(plan.stages[stage], stage, host, [_Visit(1, {host.name: unwinding})], (0,), turn=0)
    if outer >= 0:
        closed = outer in shut or any(e.stage == outer for e in entries)
        if closed or entries:  # in traffic, too, it is looked at once all is undone
            course += _gate(plan.stages[outer], outer, host)
        course += [Do("restore", step) for step in plan.stages[outer].restore] if closed else []
        if host.always_due == outer:
            course += [Do("always", step) for step in plan.stages[outer].always]
    course = [element for element in course if _concerns(element, host)]
    return (*course, Leave()) if course else ()


def waves(plan: Plan, state: State, hosts: Sequence[str], scope: Scope) -> tuple[Wave, ...]:
    """The way back for some hosts: all that is wanted of them and of the run.

    A handler under which its host was lost comes first: it may be running there, and nothing is begun beside it.
    """
    members = [host for host in map(state.hosts.__getitem__, hosts) if not host.lost and not host.stopped]
    entries = [e for host in members for e in pending(state, host) if e.wanted]
    wide = [e for e in pending_run_wide(state) if e.wanted and not state.hosts[e.host].lost]
    begun = [e for e in (*entries, *wide) if _was_under_way(e)]
    found = [Wave(e.stage, 0 if e.run_wide else 1, {e.host: (Unwind(e.seq),)}) for e in begun]
    due = [e for e in (*entries, *wide) if not _was_under_way(e)]
    for stage in _stages(state, members, due, scope):
        found += _stage_waves(plan, state, stage, members, due)
    return _with_leave(found)


def _was_under_way(entry: Entry) -> bool:
    return entry.halfway is not None and entry.halfway.work is not None


def scope_of(plan: Plan, state: State) -> Scope:
    """How far the abort in force goes back; what somebody has asked for knows no bounds but those that they named."""
    aborted = state.aborted
    if state.wished or aborted is None or aborted.stage not in state.index.stages:
        return "run"
    return plan.stages[state.index.stages[aborted.stage]].rollback_scope


def _stages(state: State, members: Sequence[HostState], entries: Sequence[Entry], scope: Scope) -> list[int]:
    """The stages to go back through, last first."""
    here = {state.stage.at} if state.stage is not None else set()
    if scope == "stage":
        return sorted(here)
    closed = {stage for host in members for stage in _closed(host)}
    return sorted({e.stage for e in entries} | closed | here, reverse=True)


def _closed(host: HostState) -> set[int]:
    """Stages in which traffic is away from the host, or may be, or a gate has not let it through: it is tried again."""
    return host.drained | set(host.unhealthy)


# --- one stage ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Visit:
    """Hosts of one group, each with what it undoes now. Group 0 is the run itself."""

    group: int
    handlers: Mapping[str, tuple[Unwind, ...]]


def _stage_waves(
    plan: Plan, state: State, stage: int, members: Sequence[HostState], wanted: Sequence[Entry]
) -> list[Wave]:
    mine = {host.name: host for host in members if stage in host.entered}
    entries = [e for e in wanted if e.stage == stage and not e.run_wide]
    wide = [e for e in wanted if e.stage == stage and e.run_wide]
    armed = {entry.host for entry in entries}
    bare = [n for n, h in mine.items() if n not in armed and (stage in _closed(h) or h.always_due == stage)]
    groups = _groups(plan.stages[stage], state.ran.get(stage, ()), {*armed, *bare})
    visits = _visits(groups, frozenset(bare), entries, wide)
    places: dict[str, list[int]] = {}
    for place, visit in enumerate(visits):
        for name in visit.handlers if visit.group else ():
            places.setdefault(name, []).append(place)
    found: list[Wave] = []
    for place, visit in enumerate(visits):
        courses: Mapping[str, tuple[Element, ...]] = visit.handlers
        if visit.group:
            planned = plan.stages[stage]
            courses = {
                n: _bracketed(planned, stage, mine[n], visits, places[n], turn=places[n].index(place))
                for n in visit.handlers
            }
        found.append(Wave(stage, visit.group, {name: course for name, course in courses.items() if course}))
    return [wave for wave in found if wave.courses]


def _groups(stage: PlannedStage, batches: Sequence[tuple[str, ...]], wanted: set[str]) -> list[tuple[str, ...]]:
    """Who goes back side by side, in order: the forward batches reversed, or cut anew by rollback_serial."""
    back = [tuple(name for name in reversed(batch) if name in wanted) for batch in reversed(batches)]
    if stage.max_unavailable is not None and stage.rollback_serial is None:
        hosts = [name for batch in back for name in batch]
        width = window(stage.max_unavailable, len(stage.hosts))
        return [tuple(hosts[at : at + width]) for at in range(0, len(hosts), width)]
    if stage.rollback_serial is not None:
        return list(cut([name for batch in back for name in batch], stage.rollback_serial))
    return [batch for batch in back if batch]


def _visits(
    groups: Sequence[tuple[str, ...]], bare: frozenset[str], entries: Sequence[Entry], wide: Sequence[Entry]
) -> list[_Visit]:
    """What is armed after a run-wide handler comes before it, group by group; then that handler; then the rest."""
    found: list[_Visit] = []
    of: dict[str, list[Entry]] = {}
    for entry in entries:
        of.setdefault(entry.host, []).append(entry)
    above: float = inf
    for boundary in (*wide, None):
        below = boundary.seq if boundary is not None else 0
        due = {name: tuple(Unwind(e.seq) for e in mine if below < e.seq < above) for name, mine in of.items()}
        for number, group in enumerate(groups, 1):
            handlers = {n: due.get(n, ()) for n in group if due.get(n) or (above == inf and n in bare)}
            if handlers:
                found.append(_Visit(number, handlers))
        if boundary is not None:
            found.append(_Visit(0, {boundary.host: (Unwind(boundary.seq),)}))
            above = boundary.seq
    return found


def _bracketed(
    stage: PlannedStage, at: int, host: HostState, visits: Sequence[_Visit], mine: Sequence[int], *, turn: int
) -> tuple[Element, ...]:
    """A visit with all that surrounds it: of the host's visits, whose places are `mine`, the one whose turn it is.

    A host that is visited again right after a run-wide handler stays drained until then.
    """
    place = mine[turn]
    stays_from = turn > 0 and _only_run_between(visits, mine[turn - 1], place)
    stays_to = turn + 1 < len(mine) and _only_run_between(visits, place, mine[turn + 1])
    unwinding = visits[place].handlers[host.name]
    drained = at in host.drained - host.between if turn == 0 else stays_from
    shut = stays_from or (turn == 0 and at in host.drained | set(host.unhealthy))
    course: list[Element] = [] if drained or not unwinding else [Do("drain", step) for step in stage.drain]
    course += unwinding
    if not stays_to and (unwinding or shut):
        course += _reopen(stage, at, host)
    if turn + 1 == len(mine) and host.always_due == at:
        course += [Do("always", step) for step in stage.always]
    return tuple(element for element in course if _concerns(element, host))


def _only_run_between(visits: Sequence[_Visit], first: int, second: int) -> bool:
    return all(visit.group == 0 for visit in visits[first + 1 : second])


def _reopen(stage: PlannedStage, at: int, host: HostState) -> list[Element]:
    """The gate, and traffic again."""
    return [*_gate(stage, at, host), *(Do("restore", step) for step in stage.restore)]


def _gate(stage: PlannedStage, at: int, host: HostState) -> list[Element]:
    return [Gate(at)] if stage.health.get(host.name) else []


def _concerns(element: Element, host: HostState) -> bool:
    return not isinstance(element, Do) or host.name in element.step.tasks


def _with_leave(found: Sequence[Wave]) -> tuple[Wave, ...]:
    """In its last wave each host says that it is through."""
    told: set[str] = set()
    ended: list[Wave] = []
    for wave in reversed(found):
        courses = {n: c if n in told else (*c, Leave()) for n, c in wave.courses.items()}
        told |= set(wave.courses)
        ended.append(Wave(wave.stage, wave.batch, courses))
    return tuple(reversed(ended))
