"""Giving a stage up: what is asked before, what is ended at once, what is waited for, and who is undone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from executor.engine.effects import Ask, Cancel, Decision, Effect, End, Wait
from executor.engine.index import LOCAL
from executor.engine.rollback import scope_of
from executor.engine.state import StageState, State
from executor.engine.undo import asked_for, at_stake, pending_run_wide
from executor.events import Aborted, Asked, Event, Halted, HostFailed, Key, Question, WaitStarted
from executor.model.plans import Plan, PlannedStage

NO_STAGE = "0"  # stands in keys for the stage where there is none
SILENCE = 300.0  # seconds in which a question may stay unanswered


def begin(plan: Plan, state: State, reason: str) -> Decision:
    """Give the stage up. Waits, questions, samples and watches end at once; running steps have their grace."""
    stage = _stage(plan, state)
    then: Literal["rollback", "stop"] = "rollback"
    if state.chosen:
        then = state.chosen
    elif stage is not None and stage.on_failure == "stop":
        then = "stop"
    aborted = Aborted(stage.id if stage is not None else "", reason, then)
    ended = tuple(
        key
        for key, flight in state.flights.items()
        if flight.kind == "watch" or (flight.kind != "perform" and key.direction == "forward")
    )
    events: list[Event] = [aborted]
    effects: list[Effect] = []
    if ended:
        events.append(Halted(ended, reason))
        effects += [Cancel(key) for key in ended]
    running = any(flight.kind == "perform" and key.direction == "forward" for key, flight in state.flights.items())
    if running and stage is not None:
        key = Key(LOCAL, stage.id, "grace", attempt=state.asks + 1)
        events.append(WaitStarted(key, stage.abort_grace, "for the steps that are running"))
        effects.append(Wait(key, stage.abort_grace))
    return Decision(tuple(events), tuple(effects))


def _stage(plan: Plan, state: State) -> PlannedStage | None:
    """The stage in progress; between stages the next one, whose on_failure holds already."""
    if state.stage is not None:
        return plan.stages[state.stage.at]
    return plan.stages[state.done] if state.done < len(plan.stages) else None


def interrupt(plan: Plan, state: State) -> Decision | None:
    """The operator wants to interrupt the way forward: ask what they want where somebody can be asked.

    That does not hang on `on_failure`: with --yes a failure is rolled back without a question, an interrupt is not.
    """
    if state.interrupt != "ask":
        return begin(plan, state, "interrupted") if state.chosen and state.interrupted else None
    stage = _stage(plan, state)
    if not plan.attended and (stage is None or stage.on_failure != "ask"):
        return begin(plan, state, "interrupted")
    question = Question(
        "interrupt", "Interrupted. What now?", choices=("go on", "roll back", "stop"), default="roll back",
        timeout=SILENCE,
    )  # fmt: skip
    key = Key(LOCAL, NO_STAGE if stage is None else stage.id, "interrupt", attempt=state.asks + 1)
    return Decision((Asked(key, question),), (Ask(key, question),))


def watch_failed(plan: Plan, state: State, watch: str, reason: str) -> Decision:
    """A watch says that the stage has failed: ask where somebody can be asked, else give it up."""
    stage = _stage(plan, state)
    if stage is None or stage.on_failure != "ask" or state.chosen:
        return begin(plan, state, reason)
    return _ask(Key(LOCAL, watch, "ask", attempt=state.asks + 1), reason, ("retry", "rollback", "stop"))


def host_watch_failed(plan: Plan, state: State, stage: StageState, fault: Key, reason: str) -> Decision:
    """A watch says that a host has failed which had passed: as with any failure, a person may be asked about it."""
    planned = plan.stages[stage.at]
    tolerated = stage.failures + 1 <= stage.limit
    if tolerated or planned.on_failure != "ask" or state.chosen:
        return Decision((HostFailed(fault.host, planned.id, reason),))
    choices = ("retry", "skip", "rollback", "stop")
    key = Key(fault.host, fault.task, "ask", attempt=state.asks + 1)
    return _ask(key, f"{fault.host}: {reason}", choices)


def _ask(key: Key, text: str, choices: tuple[str, ...]) -> Decision:
    question = Question("failure", text, choices=choices, default="rollback", timeout=SILENCE)
    return Decision((Asked(key, question),), (Ask(key, question),))


def grace_over(state: State) -> Decision | None:
    """The grace is over: what still runs is ended. None where it is not, or where that has been done."""
    if state.grace != "over":
        return None
    running = tuple(_running(state))
    if not running:
        return None
    return Decision((Halted(running, "the grace after the abort is over"),), tuple(End(key) for key in running))


def _running(state: State) -> Iterable[Key]:
    for key in state.ahead:
        flight = state.flights[key]
        if flight.kind == "perform" and not flight.ending:
            yield key


def quiet(state: State) -> Decision | None:
    """Nothing runs any more: the grace need not be waited for."""
    if state.ahead or state.grace != "running":
        return None
    keys = tuple(key for key, flight in state.flights.items() if flight.kind == "wait" and key.part == "grace")
    return Decision((Halted(keys, "nothing is running any more"),), tuple(Cancel(key) for key in keys))


def to_undo(plan: Plan, state: State) -> tuple[str, ...]:
    """The hosts that the rollback of an abort concerns.

    With the scope `host` these are the failed ones and those that the abort caught half-way through the stage.
    """
    scope, at = scope_of(plan, state), state.stage.at if state.stage is not None else -1
    wide = [entry for entry in pending_run_wide(state) if asked_for(state, entry)]
    owners = {entry.host for entry in wide} if scope != "host" else set()
    found = []
    for name, host in state.hosts.items():
        if scope == "host" and not host.out and host.entered.get(at) is not False:
            continue
        if state.only_hosts and name not in state.only_hosts:
            continue
        at_hand = (e for e in at_stake(state, host) if asked_for(state, e))
        armed = [e for e in at_hand if scope != "stage" or e.stage == at]
        concerned = armed or host.drained or host.always_due is not None
        if (concerned and not host.stopped) or name in owners:
            found.append(name)
    return tuple(found)
