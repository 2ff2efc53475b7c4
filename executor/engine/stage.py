"""A stage: who enters it, batch after batch, barriers for what runs once, pauses, and its end."""

from __future__ import annotations

from executor.engine import abort, batch, lapse, watch, window
from executor.engine.course import once_key
from executor.engine.effects import Decision
from executor.engine.state import HostState, StageState, State
from executor.engine.step import advance
from executor.engine.undo import at_stake
from executor.engine.values import holds, of_host, of_work, words
from executor.engine.work import Here, due
from executor.errors import RunbookError
from executor.events import (
    BatchEnded,
    HostFailed,
    HostRolledBack,
    RollbackStarted,
    StageSkipped,
    StageStarted,
    StepEnded,
)
from executor.model.amounts import allowed_failures, cut
from executor.model.plans import Plan, PlannedStage

NOTHING = Decision()


def begin(plan: Plan, state: State) -> Decision:
    """Enter the next stage: its conditions are read now, and hosts that are known to be lost fail before it begins."""
    planned = plan.stages[state.done]
    if planned.skipped:
        return Decision((StageSkipped(planned.id, planned.name, planned.skipped),))
    left_out, failing, entering = dict(planned.left_out), dict[str, str](), list[str]()
    for name in planned.hosts:
        host = state.hosts[name]
        if host.out:
            left_out[name] = "it has failed before"
            continue
        try:
            enters = holds(planned.when.get(name, ()), of_host(plan, state, host))
        except RunbookError as error:
            failing[name], enters = words(error), True
        if enters:
            entering.append(name)
        else:
            left_out[name] = "its condition does not hold"
        if enters and host.lost:
            failing[name] = f"unreachable: {host.lost}"
    if not entering:
        return Decision((StageSkipped(planned.id, planned.name, "no host is left for it"),))
    fit = tuple(name for name in entering if name not in failing)
    if planned.max_unavailable is not None:
        decision = window.look(plan, state, planned, fit)
        if decision is not None:
            return decision
        fit = window.order(state, fit)
    started = StageStarted(
        planned.id,
        planned.name,
        (*fit, *failing),
        () if planned.max_unavailable is not None else cut(fit, planned.serial),
        left_out,
        allowed_failures(planned.max_failures, len(entering)),
    )
    failed = (
        HostFailed(name, planned.id, why, unreachable=bool(state.hosts[name].lost)) for name, why in failing.items()
    )
    return Decision((started, *failed))


def skip(plan: Plan, state: State) -> Decision:
    """Leave the next stage out, for there is nobody left whom it would serve."""
    planned = plan.stages[state.done]
    return Decision((StageSkipped(planned.id, planned.name, "every host of the run has failed"),))


def go_on(plan: Plan, state: State) -> Decision:
    """The next thing in the stage in progress."""
    stage = state.stage
    assert stage is not None  # noqa: S101 - the run asks only while a stage is in progress
    planned = plan.stages[stage.at]
    reason = _given_up(stage)
    if stage.faulted:
        fault, why = next(iter(stage.faulted.items()))
        return abort.host_watch_failed(plan, state, stage, fault, why)
    if stage.rewatch is not None:
        host, again = stage.rewatch.host, next(w for w in planned.watch if w.id == stage.rewatch.task)
        ended = watch.end(key for key in watch.running(state, host) if key.task == again.id)
        begun = watch.start(plan, state, again, host)
        return Decision(ended.events + begun.events, ended.effects + begun.effects)
    if stage.broken_by:
        return abort.watch_failed(plan, state, stage.broken_by, stage.broken)
    if reason:
        return abort.begin(plan, state, reason)
    return (
        _condemned(state, stage)
        or _barrier(plan, state, stage)
        or (window.go_on if stage.window else _batches)(plan, state, stage, planned)
        or NOTHING
    )


def _given_up(stage: StageState) -> str:
    if stage.broken:
        return stage.broken
    if stage.failures > stage.limit:
        if stage.failures == 1:
            return stage.last_failure
        return f"{stage.failures} hosts have failed, {stage.limit} may: {stage.last_failure}"
    return ""


# --- failed hosts ---------------------------------------------------------------------------------------------------


def _condemned(state: State, stage: StageState) -> Decision | None:
    """A failed host within the tolerance undoes what it armed: at once where it is in work, else between batches."""
    for name in stage.condemned:
        between = stage.begun == stage.ended and not stage.open
        if name in stage.open or between or (stage.window and window.places(stage) > 0):
            return _own_rollback(state, state.hosts[name])
    return None


def _own_rollback(state: State, host: HostState) -> Decision:
    watches = watch.end(watch.running(state, host.name))
    if not (at_stake(state, host) or host.drained or host.always_due is not None):
        nothing = HostRolledBack(host.name, clean=True, detail="nothing to undo")
        return Decision((*watches.events, nothing), watches.effects)
    why = host.failed.reason if host.failed is not None else ""
    over = lapse.due(state, (host,))
    if over:
        return Decision(over)
    return Decision((*watches.events, RollbackStarted("host", why, (host.name,), host.name)), watches.effects)


# --- what runs once -------------------------------------------------------------------------------------------------


def _barrier(plan: Plan, state: State, stage: StageState) -> Decision | None:
    """All hosts of the batch that are still in have come to a step that runs once: the first that may, runs it.

    In a sliding window nobody waits for hosts that have not been admitted yet: the first to come runs it.
    """
    for task, waiting in stage.waiting.items():
        if not waiting or (not stage.window and len(waiting) < len(stage.active)):
            continue
        step = state.index.steps[task].step
        known = state.onces.get(once_key(step))
        if known is not None and known.owner:
            continue  # somebody is at it
        if any(state.hosts[name].failure is not None for name in waiting):
            continue  # what has come of them is told first: one that is lost must not be chosen
        for name in stage.members if not stage.window else waiting:
            if name in waiting and name in step.tasks and _may_run(plan, state, state.hosts[name]):
                return _run_once(plan, state, state.hosts[name])
        reason = "its condition holds on no host"
        return Decision(tuple(StepEnded(name, step.id, step.name, "skipped", reason) for name in waiting))
    return None


def _may_run(plan: Plan, state: State, host: HostState) -> bool:
    work = due(state, host)
    if work is None:
        return False
    try:
        values = of_work(plan, state, host, work)
        return any(holds(item.when, values) for item in work.task.items)
    except RunbookError:
        return True  # the step itself will tell the error, as its failure


def _run_once(plan: Plan, state: State, host: HostState) -> Decision:
    work = due(state, host)
    return advance(Here(plan, state, host, work)) if work is not None else NOTHING


# --- batches --------------------------------------------------------------------------------------------------------


def _batches(plan: Plan, state: State, stage: StageState, planned: PlannedStage) -> Decision | None:
    if stage.open:
        return None
    if stage.begun > stage.ended:
        return Decision((BatchEnded(planned.id, stage.begun),))
    if stage.begun == len(stage.batches):
        return batch.end(state, stage, planned)
    pausing = batch.pause(plan, state, stage, planned, stage.begun)
    if pausing is not None:
        return pausing
    return batch.admit(plan, state, stage, planned, stage.batches[stage.begun])
