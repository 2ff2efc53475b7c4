"""A sliding window: as many hosts in work as there are places, the next as soon as one is free.

A place is taken by a host in work, by one that was unhealthy beforehand and has not been through, by a failed one that
is not healthy again, and, for the length of the stage's pause, by one that has just been through.
"""

from __future__ import annotations

from executor.engine import abort, batch
from executor.engine.effects import Decision, Effect, Sample
from executor.engine.index import LOCAL
from executor.engine.start import describe
from executor.engine.state import StageState, State
from executor.engine.values import of_host, words
from executor.errors import RunbookError
from executor.events import BatchEnded, Event, Judged, Key, Started
from executor.model.outcomes import Opinion, Verdict
from executor.model.plans import Plan, PlannedStage
from executor.model.probes import Probe
from executor.templates import fill


def look(plan: Plan, state: State, planned: PlannedStage, hosts: tuple[str, ...]) -> Decision | None:
    """Ask every host's health once before the window opens; None when all of them have answered."""
    if state.looking:
        return Decision()
    due = [
        (name, number, probe)
        for name in hosts
        for number, probe in enumerate(planned.health.get(name, ()), 1)
        if (name, number) not in state.looked
    ]
    if not due:
        return None
    events: list[Event] = []
    effects: list[Effect] = []
    for name, number, written in due[: plan.forks or None]:
        key = Key(name, planned.id, "before", sub=number)
        events.append(Started(key, "health beforehand", describe(written), kind="sample"))
        try:
            effects.append(look_at(plan, state, planned, key))
        except RunbookError as error:
            events.append(Judged(key, Verdict(Opinion.FAILED, words(error), samples=0)))
    return Decision(tuple(events), tuple(effects))


def look_at(plan: Plan, state: State, planned: PlannedStage, key: Key) -> Sample:
    """One look of that kind. Raises RunbookError."""
    probe: Probe = fill(planned.health[key.host][key.sub - 1], of_host(plan, state, state.hosts[key.host]))
    return Sample(key, LOCAL if probe.source == "control" else key.host, key.host, _once(probe))


def _once(probe: Probe) -> Probe:
    """The probe without its patience: this is a look, not a gate."""
    return Probe(probe.verb, probe.source, probe.expect, name=probe.name, place=probe.place)


def order(state: State, hosts: tuple[str, ...]) -> tuple[str, ...]:
    """Hosts that are unhealthy beforehand go first."""
    unwell = {name for (name, _), healthy in state.looked.items() if not healthy}
    return tuple(sorted(hosts, key=lambda name: name not in unwell))


def places(stage: StageState) -> int:
    """How many hosts that are well may still be taken in work."""
    taken = {*stage.open, *stage.kept, *stage.resting.values(), *stage.unwell}
    return stage.window - len(taken)


def go_on(plan: Plan, state: State, stage: StageState, planned: PlannedStage) -> Decision | None:
    """End what is through, admit the next host where there is a place, end the stage when all are through."""
    if stage.through:
        return Decision((BatchEnded(planned.id, stage.through[0]),))
    for number in stage.resting:
        pausing = batch.pause(plan, state, stage, planned, number)
        if pausing is not None and pausing.events:
            return pausing
    following = next((name for name in stage.hosts[stage.next :] if not state.hosts[name].out), None)
    if following is None:
        return None if stage.open or stage.resting else batch.end(state, stage, planned)
    if _has_place(stage, following):
        return batch.admit(plan, state, stage, planned, (following,))
    if stage.open or stage.resting:
        return None
    unwell = ", ".join(sorted({*stage.kept, *stage.unwell}))
    return abort.begin(plan, state, f"no place is left in the window of {stage.window}: {unwell} cannot serve")


def _has_place(stage: StageState, host: str) -> bool:
    """A host that is unhealthy already has its place: taking it in work makes nothing worse."""
    if host in stage.unwell:
        return len({*stage.open, *stage.resting.values()}) < stage.window
    return places(stage) > 0
