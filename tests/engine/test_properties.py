"""What holds in every run, whatever the plan and whatever the world answers."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, given, settings

from executor.engine import State, decide, evolve, initial
from executor.model.plans import Plan
from tests.engine.fleets import Chance, chances, plans
from tests.engine.monitor import check
from tests.engine.world import World

EXAMPLES = int(os.environ.get("RUNBOOK_EXAMPLES", "250"))  # more of them: a deeper search

thorough = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@thorough
@given(plans(), chances())
def test_every_run_ends_and_keeps_the_rules(plan: Plan, chance: Chance) -> None:
    """Order, limits, aborts, gates, rollback and exit code hold; the world checks that a fold gives the same state."""
    world = World(plan, chance)
    world.go()
    check(plan, world.journal)


@thorough
@given(plans(), chances())
def test_a_fold_follows_the_run_and_nothing_is_forgotten(plan: Plan, chance: Chance) -> None:
    """At every moment the events so far give the state as it is; a copy of it is equal, and goes its own way.

    Where the engine has nothing to say, looking at every single host again finds nothing either.
    """
    shadow = initial(plan)
    seen = 0

    def follow(state: State) -> None:
        nonlocal seen
        for event in world.journal[seen:]:
            evolve(plan, shadow, event)
        seen = len(world.journal)
        assert shadow == state
        twin, reference = state.fork(), state.fork()
        assert twin == state
        following = decide(plan, state).events
        for event in following:
            evolve(plan, twin, event)
        assert state == reference, "what happened to a copy has touched the original"
        if not following:
            twin.wake()
            assert not decide(plan, twin).events, "a host was forgotten"

    world = World(plan, chance, watching=follow)
    world.go()
