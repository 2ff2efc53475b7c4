"""A run that dies at any moment is carried on from its journal: nothing runs twice, nothing is forgotten."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from executor.events import Event, RunEnded
from executor.model.plans import Plan
from tests.engine.fleets import Chance, chances, plans
from tests.engine.lives import (
    RESUMED,
    Lives,
    Remembering,
    after,
    end_of,
    moments,
    no_completed_step_begins_again,
    what_came_of,
)
from tests.engine.monitor import check
from tests.engine.scenario import Scenario, Scripted
from tests.engine.test_properties import thorough

FILES = sorted((Path(__file__).parent / "scenarios").glob("*.yml"))
EVERY = int(os.environ.get("RUNBOOK_KILL_EVERY", "3"))  # 1: at each single moment


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_killed_at_any_moment_a_scenario_comes_to_the_same_end(path: Path, tmp_path: Path) -> None:
    scenario = Scenario.read(path)
    plan = scenario.plan(tmp_path)

    def fresh() -> Lives:
        return Lives(plan, Remembering(Scripted(scenario)))

    whole = fresh()
    whole.live()
    for moment in range(1 + len(path.stem) % EVERY, moments(fresh), EVERY):
        lives = fresh()
        lives.live(die=after(moment))
        if isinstance(lives.journal[-1], RunEnded):
            continue
        lives.live(RESUMED)
        no_completed_step_begins_again(lives.journal)
        ended = end_of(lives.journal)
        if not _may_differ(scenario):
            assert what_came_of(ended) == what_came_of(end_of(whole.journal)), f"killed at moment {moment}"


def _may_differ(scenario: Scenario) -> bool:
    """What comes at a fixed time meets the run elsewhere, and hosts that were lost are there again after a resume."""
    said = [word for answers in scenario.answers.values() for word in answers]
    timed = any("watch" in key or "connect" in key for key in scenario.answers)
    return bool(scenario.outside) or timed or any(word.startswith("unreachable") for word in said)


@thorough
@given(plans(), chances(), st.lists(st.integers(0, 60), min_size=1, max_size=3))
def test_a_random_run_that_dies_again_and_again_keeps_every_rule(plan: Plan, chance: Chance, deaths: list[int]) -> None:
    """It ends, in order, within its limits, undoing exactly what it armed, as a run that nobody killed does."""
    lives = Lives(plan, Remembering(chance))
    opening: Event | None = None
    for death in deaths:
        lives.live(opening, die=after(death))
        opening = RESUMED
        if isinstance(lives.journal[-1], RunEnded):
            break
    else:
        lives.live(RESUMED)
    no_completed_step_begins_again(lives.journal)
    check(plan, lives.journal)
