"""What holds in every run, whatever the plan and whatever the world answers."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings

from executor.engine import State, decide, evolve, initial
from executor.model.plans import Plan
from tests.engine.fleets import Chance, chances, plans
from tests.engine.monitor import check
from tests.engine.world import World

thorough = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
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
def test_nothing_waits_that_could_go_on(plan: Plan, chance: Chance) -> None:
    """Where the engine has nothing to say, looking at every single host again finds nothing either."""

    def quiet(state: State) -> None:
        twin = state.fork()
        assert twin == state
        busy = sum(flight.kind in ("perform", "sample") for flight in state.flights.values())
        assert state.busy == busy
        if decide(plan, state).events:
            return
        twin.wake()
        assert not decide(plan, twin).events, "a host was forgotten"

    world = World(plan, chance, watching=quiet)
    world.go()


@thorough
@given(plans(), chances())
def test_a_fold_follows_the_run(plan: Plan, chance: Chance) -> None:
    """At every moment the events so far give the state as it is; a copy of it goes its own way."""
    shadow = initial(plan)
    seen = 0

    def follow(state: State) -> None:
        nonlocal seen
        for event in world.journal[seen:]:
            evolve(plan, shadow, event)
        seen = len(world.journal)
        assert shadow == state

    world = World(plan, chance, watching=follow)
    world.go()
