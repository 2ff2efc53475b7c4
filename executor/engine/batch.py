"""What batches and windows share: a batch begins, a pause follows, a stage ends."""

from __future__ import annotations

from executor.engine import abort, watch
from executor.engine.effects import Ask, Decision, Wait
from executor.engine.index import LOCAL
from executor.engine.state import StageState, State
from executor.engine.values import number, of_host, text, words
from executor.errors import RunbookError
from executor.events import Asked, BatchStarted, HostFailed, Key, Question, StageEnded, WaitStarted
from executor.model.plans import Plan, PlannedStage

NOTHING = Decision()


def admit(plan: Plan, state: State, stage: StageState, planned: PlannedStage, hosts: tuple[str, ...]) -> Decision:
    """The next batch. Hosts that were lost since the stage began fail first, which may give the stage up."""
    fit = tuple(name for name in hosts if not state.hosts[name].out)
    lost = tuple(name for name in fit if state.hosts[name].lost)
    if lost:
        reasons = {name: f"unreachable: {state.hosts[name].lost}" for name in lost}
        return Decision(tuple(HostFailed(n, planned.id, why, unreachable=True) for n, why in reasons.items()))
    begun = Decision((BatchStarted(planned.id, stage.begun + 1, fit),))
    if stage.begun:
        return begun
    watches = watch.start_all(plan, state, [w for w in planned.watch if w.source == "control"], LOCAL)
    return Decision((*begun.events, *watches.events), watches.effects)


def pause(plan: Plan, state: State, stage: StageState, planned: PlannedStage, batch: int) -> Decision | None:
    """The pause after a batch, once; NOTHING while it lasts, None when there is none (any more)."""
    if planned.pause is None or batch == 0 or stage.pausing.get(batch) == "over":
        return None
    if batch in stage.pausing:
        return NOTHING
    key = Key(LOCAL, planned.id, "pause", attempt=batch, sub=stage.unpaused.get(batch, 0))
    values = of_host(plan, state, state.hosts[LOCAL])
    try:
        if planned.pause.prompt is not None:
            question = Question("pause", text(planned.pause.prompt, values), name=f"{planned.name}/pause")
            return Decision((Asked(key, question),), (Ask(key, question),))
        seconds = number(planned.pause.seconds, values)
    except RunbookError as error:
        return abort.begin(plan, state, f"the pause between batches: {words(error)}")
    return Decision((WaitStarted(key, seconds, "pause between batches"),), (Wait(key, seconds),))


def end(state: State, stage: StageState, planned: PlannedStage) -> Decision:
    """All hosts are through. A watch in a bad spell is waited for, until it is good again or fails."""
    if stage.bad:
        return NOTHING
    watches = watch.end(watch.running(state))
    return Decision(
        (*watches.events, StageEnded(planned.id, passed=stage.failures < len(stage.hosts))), watches.effects
    )
