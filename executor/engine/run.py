"""What the run as a whole does next: connect, go from stage to stage, close, end."""

from __future__ import annotations

from executor.engine import abort, finish, lapse, resume, stage
from executor.engine.effects import Connect, Decision
from executor.engine.host import rolled_back
from executor.engine.rollback import scope_of
from executor.engine.state import HostState, State, Unwind, Wave
from executor.engine.undo import pending
from executor.events import BatchEnded, BatchStarted, Closing, Connecting, RollbackEnded, RollbackStarted
from executor.model.plans import Plan

NOTHING = Decision()


def decide_run(plan: Plan, state: State) -> Decision:
    """The next thing that is not one host's alone."""
    if state.phase != "ended":
        if state.lock.refused:
            return finish.refuse(state)
        if state.interrupt == "stop" or state.lock.lost:
            return finish.stop(state)
        if state.lock.letting_go:
            return finish.end(plan, state)
    match state.phase:
        case "connecting":
            return _connect(state)
        case "resuming":
            return resume.decide(plan, state)
        case "forward":
            return _forward(plan, state)
        case "halting":
            return _halting(plan, state)
        case "back":
            return _back(plan, state)
        case "returning":
            return _returned(plan, state)
        case "closing":
            return finish.end(plan, state) if state.closed else NOTHING
        case "new" | "ended":
            return NOTHING


def _connect(state: State) -> Decision:
    if state.connected:
        return NOTHING
    hosts = state.index.remote
    return Decision((Connecting(hosts),), tuple(Connect(host) for host in hosts))


def _forward(plan: Plan, state: State) -> Decision:
    if state.turning:
        return abort.begin(plan, state, state.turning)
    decision = abort.interrupt(plan, state)
    if decision is not None:
        return decision
    if state.holding and not state.chosen:
        return NOTHING
    if state.stage is not None:
        return stage.go_on(plan, state)
    if state.done < len(plan.stages):
        return stage.skip(plan, state) if _all_out(state) else stage.begin(plan, state)
    return _close(plan, state)


def _all_out(state: State) -> bool:
    """Every host that the run was for has failed."""
    remote = state.index.members
    return bool(remote) and all(state.hosts[host].out for host in remote)


# --- halting and going back -----------------------------------------------------------------------------------------


def _halting(plan: Plan, state: State) -> Decision:
    decision = abort.grace_over(state) or abort.quiet(state)
    if decision is not None:
        return decision
    if state.working or state.ahead or state.own:
        return NOTHING
    aborted = state.aborted
    if aborted is not None and aborted.then == "stop":
        return finish.end(plan, state)
    over = lapse.due(state, state.hosts.values())
    if over:
        return Decision(over)
    hosts = abort.to_undo(plan, state)
    if hosts:
        reason = aborted.reason if aborted is not None else ""
        return Decision((RollbackStarted(scope_of(plan, state), reason, hosts),))
    return _close(plan, state)


def _back(plan: Plan, state: State) -> Decision:
    back = state.back
    if back is None or back.open:
        return NOTHING
    if back.begun > back.ended:
        wave = back.waves[back.begun - 1]
        return Decision((BatchEnded(plan.stages[wave.stage].id, wave.batch, "back"),))
    if back.begun < len(back.waves):
        wave = back.waves[back.begun]
        able = (host for host in map(state.hosts.__getitem__, wave.courses) if not host.lost)
        # What belongs to the run does not depend on how its owner fares.
        hosts = tuple(host.name for host in able if wave.batch == 0 or _goes_on(state, wave, host))
        return Decision((BatchStarted(plan.stages[wave.stage].id, wave.batch, hosts, "back"),))
    untold = [host for host in map(state.hosts.__getitem__, _owing(state)) if _untold(host)]
    told = [event for host in untold for event in rolled_back(state, host, "it was away when its turn came")]
    return Decision((*told, RollbackEnded(finish.complete(state))))


def _goes_on(state: State, wave: Wave, host: HostState) -> bool:
    """Who waits for a delegate, or was away when it was to undo what came later, goes no further back."""
    last = max((e.seq for e in wave.courses[host.name] if isinstance(e, Unwind)), default=0)
    missed = (e for e in pending(state, host) if e.wanted and (e.seq > last if last else e.stage > wave.stage))
    return not (host.stopped or host.stalled or any(missed))


def _untold(host: HostState) -> bool:
    """Nothing has been said yet of what is left on the host: it was away, or it can be undone no more."""
    return any(e.left and e.status == "armed" for e in host.armed.values())


def _owing(state: State) -> list[str]:
    """Hosts on which something is left that could be undone, or opened again, if everybody could be reached.

    What belongs to the run does not hang on how its owner fares: it is due there although the host itself has stopped.
    """
    return [
        name
        for name, host in state.hosts.items()
        if (host.shut and not host.stopped)
        or any(e.left and e.status != "failed" and (e.run_wide or not host.stopped) for e in host.armed.values())
    ]


# --- closing --------------------------------------------------------------------------------------------------------


def _close(plan: Plan, state: State) -> Decision:
    """Nothing is left to do on the hosts: lost ones are tried once more, then the run's own `always`, then the end."""
    restless = tuple(name for name, host in state.hosts.items() if host.restless and not (host.lost or host.stopped))
    if restless:
        return Decision((RollbackStarted("host", "unhealthy before all was undone: looked at again", restless),))
    missing = () if state.retried else _missing(state)
    if missing:
        return Decision((Connecting(missing),), tuple(Connect(host) for host in missing))
    if plan.always and not state.closed:
        return Decision((Closing(finish.outcome(state)),))
    return finish.end(plan, state)


def _missing(state: State) -> tuple[str, ...]:
    """Lost hosts, as owners or as delegates, but for whom something could still be undone.

    Hosts that were lost, and were there again when the run was resumed, count as lost here: nobody has seen to them.
    """
    owing = _owing(state)
    lost = {name for name, host in state.hosts.items() if host.lost or name in state.found}
    for_others = any(name not in lost for name in owing)
    return tuple(name for name in state.hosts if name in lost and (for_others or name in owing))


def _returned(plan: Plan, state: State) -> Decision:
    """The lost hosts have been tried once more: those that answered undo what they owe."""
    if state.connecting:
        return NOTHING
    able = tuple(name for name in _owing(state) if not state.hosts[name].lost)
    over = lapse.due(state, map(state.hosts.__getitem__, able)) if state.returned else ()
    if over:
        return Decision(over)
    if state.returned and able:
        return Decision((RollbackStarted("host", f"back again: {', '.join(state.returned)}", able),))
    return _close(plan, state)
