"""A run that dies at any moment is carried on from its journal: nothing runs twice, nothing is forgotten."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from executor.engine.effects import Perform
from executor.events import Event, RunEnded, Undone
from executor.model.plans import Plan
from executor.planning import PlanOptions
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
from tests.engine.scenario import INVENTORY, Scenario, Scripted
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


STOPPING = """
name: R
stages:
  - name: S
    hosts: web[0:2]
    serial: 2
    max_failures: 0
    on_failure: stop
    traffic: {drain: drain, restore: restore}
    health: [{tcp: {port: 80}}]
    steps:
      - {name: A, shell: do a, rollback: undo a}
      - {name: Once, once: run, shell: do once, rollback: undo once}
      - {name: B, loop: [x, y, z], shell: "do b {{ item }}", rollback: "undo b {{ item }}"}
      - {name: C, shell: do c, rollback: undo c}
  - {name: T, hosts: "web[0:2]", steps: [{name: D, shell: do d, rollback: undo d}]}
"""


@pytest.mark.parametrize(
    "answers",
    [
        {"web2:B (y)": ["rc 1", "ok"]},
        {"web1:Once": ["rc 1", "ok"]},
        {"web2:health/health": ["failed", "passed"]},
        {"web3:C": ["unreachable", "ok"]},
        {"web1:A": ["refused", "ok"]},
        {"web1:connect": ["down", "ok"]},
        {"web3:connect": ["down", "ok"], "web1:C": ["ok after 20s"]},
        {"web1:drain": ["rc 1", "ok"], "web2:A": ["ok after 9s"]},
    ],
    ids=" ".join,
)
def test_a_run_that_stopped_at_a_failure_tries_that_again_and_goes_on(
    answers: dict[str, list[str]], tmp_path: Path
) -> None:
    """What was done stays done, the rounds of a loop among it; the failed host is in the run again, and so are all."""
    scenario = Scenario("", STOPPING, INVENTORY, {"file.txt": "x"}, PlanOptions(), 0, answers, [])
    lives = Lives(scenario.plan(tmp_path), Remembering(Scripted(scenario)))
    lives.live()
    assert int(end_of(lives.journal).exit) == 6
    lives.script.reached.clear()  # who was away is back
    lives.live(RESUMED)
    ended = end_of(lives.journal)
    assert (int(ended.exit), ended.status) == (0, "done")
    assert {host.state for host in ended.hosts.values()} == {"done"}
    no_completed_step_begins_again(lives.journal)
    check(lives.plan, lives.journal)
    lives.live(replace(RESUMED, undo=True))
    assert int(end_of(lives.journal).exit) == 0
    assert len({(u.host, u.task, u.item) for u in lives.journal if isinstance(u, Undone)}) == 3 * 6 + 1


def test_what_a_lost_host_was_doing_is_asked_for_again_under_its_own_key(tmp_path: Path) -> None:
    """It may have run to its end: another attempt would run it twice."""
    answers = {"web3:C": ["unreachable"]}
    scenario = Scenario("", STOPPING, INVENTORY, {"file.txt": "x"}, PlanOptions(), 0, answers, [])
    lives = Lives(scenario.plan(tmp_path), Remembering(Scripted(scenario)))
    lives.live()
    lives.script.reached.clear()
    world = lives.live(RESUMED)
    again = [effect for effect in world.effects if isinstance(effect, Perform) and effect.again]
    assert [(effect.key.host, effect.key.task, effect.key.attempt) for effect in again] == [("web3", "1.4", 1)]


def test_a_stop_asked_for_in_a_rollback_is_no_end_of_it(tmp_path: Path) -> None:
    scenario = Scenario.read(Path(__file__).parent / "scenarios" / "interrupt_in_rollback.yml")
    lives = Lives(scenario.plan(tmp_path), Remembering(Scripted(scenario)))
    lives.live()
    if end_of(lives.journal).resumable:
        lives.live(RESUMED)
    ended = end_of(lives.journal)
    assert int(ended.exit) == 2
    assert not ended.left


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
