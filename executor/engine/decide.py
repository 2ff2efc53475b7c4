"""What to do next. See `decide`."""

from __future__ import annotations

from executor.engine.effects import Decision, Effect, Perform, Sample
from executor.engine.evolve import evolve
from executor.engine.host import decide_host
from executor.engine.run import decide_run
from executor.engine.state import State
from executor.events import Event
from executor.model.plans import Plan


def decide(plan: Plan, state: State) -> Decision:
    """The next events, to be on disk and folded into the state, and the effects that they then allow.

    Called after each event from outside, and again after its own events, until it has nothing to say. What it says
    depends on the state alone, and asking twice gives the same answer. Only what has happened since is looked at: its
    cost does not grow with the number of hosts.
    """
    while state.agenda or _pass_on(plan, state):
        name = "" if "" in state.agenda else next(iter(state.agenda))
        decision = decide_host(plan, state, name) if name else decide_run(plan, state)
        if decision.events or decision.effects:
            if not _starved(plan, state, decision):
                return decision
            state.starved[name] = None  # looked at again as soon as one of the forks is free
        del state.agenda[name]
    return Decision()


def _pass_on(plan: Plan, state: State) -> bool:
    """A fork is free, though somebody waited for one: whoever was to have it needed none any more."""
    if not state.starved or state.busy >= plan.forks:
        return False
    first = next(iter(state.starved))
    del state.starved[first]
    state.touch(first)
    return True


def _starved(plan: Plan, state: State, decision: Decision) -> bool:
    """All forks are taken, and the decision needs one. What is taken up again has its own already."""
    if state.phase == "resuming":
        return False
    full = plan.forks > 0 and state.busy >= plan.forks
    return full and any(isinstance(effect, Perform | Sample) for effect in decision.effects)


def settle(plan: Plan, state: State) -> Decision:
    """Decide and evolve until there is nothing more to say: all events, already folded in, and all effects."""
    events: list[Event] = []
    effects: list[Effect] = []
    while True:
        decision = decide(plan, state)
        if not decision.events and not decision.effects:
            return Decision(tuple(events), tuple(effects))
        for event in decision.events:
            evolve(plan, state, event)
        events += decision.events
        effects += decision.effects
