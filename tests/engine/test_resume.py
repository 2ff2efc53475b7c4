"""A run that dies at any moment is carried on from its journal: nothing runs twice, nothing is forgotten."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from executor.engine import decide, evolve, initial
from executor.engine.effects import Perform
from executor.events import (
    Closing,
    Ended,
    Event,
    HostFailed,
    Judged,
    LockRefused,
    RollbackStarted,
    RunEnded,
    Started,
    StepEnded,
    Undone,
    WaitStarted,
)
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


ONE_BY_ONE = """
name: R
stages:
  - name: S
    hosts: web[0:1]
    serial: 1
    max_failures: 100%
    steps:
      - {name: A, shell: do a, rollback: none}
      - {name: Once, once: stage, shell: do once, rollback: none}
"""


def _live(folder: Path, book: str, answers: dict[str, list[str]], outside: Sequence[tuple[float, str]] = ()) -> Lives:
    scenario = Scenario("", book, INVENTORY, {"file.txt": "x"}, PlanOptions(), 0, answers, list(outside))
    return Lives(scenario.plan(folder), Remembering(Scripted(scenario)))


def test_a_host_that_is_gone_when_the_run_is_carried_on_is_not_chosen_for_what_runs_once(tmp_path: Path) -> None:
    """It fails first; otherwise the others would wait for ever for what it was to do for all."""
    lives = _live(tmp_path, ONE_BY_ONE, {"web1:connect": ["ok", "down"]})
    lives.live(die=lambda: any(isinstance(event, StepEnded) for event in lives.journal))
    lives.script.reached.clear()
    lives.live(RESUMED)
    ended = end_of(lives.journal)
    assert {name: host.state for name, host in ended.hosts.items()} == {"web1": "failed", "web2": "done"}


CLOSING = """
name: R
stages:
  - {name: S, hosts: "web[0]", steps: [{name: A, only_if: "true", shell: do a, rollback: undo a}]}
always: [{name: Tell, shell: tell}]
"""


def test_a_host_that_is_gone_while_the_run_closes_does_not_fail_any_more(tmp_path: Path) -> None:
    """Its way forward was over with the abort."""
    lives = _live(
        tmp_path, CLOSING, {"web1:A/only_if": ["ok after 9s"], "web1:connect": ["ok", "down"]}, [(3.0, "interrupt")]
    )
    lives.live(die=lambda: any(isinstance(event, Closing) for event in lives.journal))
    lives.script.reached.clear()
    lives.live(RESUMED)
    assert int(end_of(lives.journal).exit) == 2
    assert not any(isinstance(event, HostFailed) for event in lives.journal)


STUCK = """
name: R
stages:
  - name: S
    hosts: web[0:1]
    serial: 100%
    max_failures: 1
    steps:
      - {name: A, shell: do a, rollback: undo a}
      - {name: Once, once: stage, shell: do once, rollback: undo once}
      - {name: B, shell: do b, rollback: none}
    always: [{name: Tell, shell: tell}]
  - {name: T, hosts: "web[1]", steps: [{name: C, shell: do c, rollback: undo c}]}
"""


def test_what_belongs_to_the_run_is_owed_although_its_owner_could_undo_nothing_itself(tmp_path: Path) -> None:
    """A host whose own handler has failed is left alone, but not what it did for all: that is tried when it returns."""
    answers = {
        "web1:B": ["rc 1"], "back:web1:undo a": ["rc 1"], "back:web1:Tell": ["unreachable"], "web2:C": ["rc 1"],
    }  # fmt: skip
    away = _live(tmp_path, STUCK, {**answers, "web1:connect": ["ok", "down"]})
    away.live()
    told = [(one.host, one.name, one.outcome) for one in away.journal if isinstance(one, Undone)]
    assert ("web1", "Once", "owed") in told
    back = _live(tmp_path, STUCK, answers)
    back.live()
    told = [(one.host, one.name, one.outcome) for one in back.journal if isinstance(one, Undone)]
    assert told[-1] == ("web1", "Once", "passed")


GATED = """
name: R
stages:
  - name: S
    hosts: "web[0]"
    traffic: {restore: restore}
    health: [{tcp: {port: 80}}, {tcp: {port: 81}}]
    steps: [{name: A, shell: do a, rollback: {shell: undo a, verify: {tcp: {port: 82}}}}]
    on_failure: stop
  - {name: T, hosts: "web[0]", max_failures: 1, steps: [{name: B, shell: do b, rollback: none}]}
"""


@pytest.mark.parametrize("said", ["passed", "failed"])
def test_a_gate_that_had_passed_in_part_is_asked_as_a_whole_when_the_run_is_carried_on(
    said: str, tmp_path: Path
) -> None:
    """That a probe was content before may be days ago. It is all the same whether the run was killed or had stopped."""
    lives = _live(tmp_path, GATED, {"web1:health/health": ["passed", said, "passed"]})
    lives.live()
    if said == "passed":
        second = next(n for n, e in enumerate(lives.journal) if isinstance(e, Started) and e.key.sub == 2)
        del lives.journal[second + 1 :]
    lives.live(RESUMED)
    carried_on = lives.journal.index(RESUMED)
    told = [(e.key.sub, e.verdict.opinion.value) for e in lives.journal[carried_on:] if isinstance(e, Judged)]
    assert [sub for sub, opinion in told if opinion == "passed"] == [1, 2]
    assert int(end_of(lives.journal).exit) == 0


@pytest.mark.parametrize("last", [Ended, Started], ids=["its command has ended", "it is being verified"])
def test_a_handler_whose_command_has_passed_is_not_run_again_by_whoever_asks_for_a_rollback(
    last: type[Ended | Started], tmp_path: Path
) -> None:
    """The program has died before it could say so."""
    lives = _live(tmp_path, GATED, {"web1:B": ["unreachable"]})
    lives.live()  # the host fails alone, and undoes what it owes when it is there again
    back = [n for n, e in enumerate(lives.journal) if isinstance(e, last) and e.key.task == "1.1.u1"]
    del lives.journal[back[-1] + 1 :]
    lives.live(replace(RESUMED, undo=True))
    commands = [e.key for e in lives.journal if isinstance(e, Started) and e.key.task == "1.1.u1"]
    assert [key.part for key in commands if key.part == "action"] == ["action"]
    assert [one.outcome for one in lives.journal if isinstance(one, Undone)] == ["owed", "passed"]


ALL_BACK = """
name: R
stages:
  - name: S
    hosts: web[0:1]
    serial: 2
    steps:
      - {name: A, shell: do a, rollback: undo a}
      - {name: B, shell: do b, rollback: none}
"""


def test_what_is_left_is_told_of_a_host_too_that_was_there_for_a_moment_between_two_lives(tmp_path: Path) -> None:
    """It was away when the rollback began and again when it was its turn at last."""
    lives = _live(tmp_path, ALL_BACK, {"web1:B": ["unreachable"], "web1:connect": ["ok", "ok", "down"]})
    lives.live(die=lambda: any(isinstance(event, RollbackStarted) for event in lives.journal))
    lives.script.reached.clear()
    lives.live(RESUMED)
    told = [(one.host, one.outcome) for one in lives.journal if isinstance(one, Undone)]
    assert sorted(told) == [("web1", "owed"), ("web2", "passed")]
    assert [(one.host, one.name) for one in end_of(lives.journal).left] == [("web1", "A")]


TWO_STAGES = """
name: R
stages:
  - {name: S, hosts: "web[0:1]", serial: 2, steps: [{name: A, shell: do a, rollback: undo a}]}
  - {name: T, hosts: "web[0:1]", serial: 1, steps: [{name: B, shell: do b, rollback: undo b}]}
  - name: U
    hosts: web[0:1]
    serial: 2
    traffic: {drain: drain, restore: restore}
    steps: [{name: C, shell: do c, rollback: none}]
"""


def test_a_host_that_was_away_when_it_was_to_undo_what_came_later_undoes_that_first_when_it_is_back(
    tmp_path: Path,
) -> None:
    """The rollback was killed and carried on meanwhile: its next turn is for what came earlier."""
    lives = _live(tmp_path, TWO_STAGES, {"web1:C": ["rc 1"], "back:web2:restore": ["unreachable", "ok"]})
    lives.live(die=lambda: any(isinstance(e, Undone) and e.outcome == "passed" for e in lives.journal))
    lives.live(RESUMED)
    told = [
        one.name for one in lives.journal if isinstance(one, Undone) and (one.host, one.outcome) == ("web2", "passed")
    ]
    assert told == ["B", "A"]
    assert int(end_of(lives.journal).exit) == 2, "its traffic is back: nothing is left"


def test_a_resume_that_is_refused_says_what_is_left_from_before(tmp_path: Path) -> None:
    """Nobody shall take the hosts for clean because somebody else has their lock just now."""
    lives = _live(tmp_path, ALL_BACK, {"web1:B": ["rc 1"], "back:web1:undo a": ["rc 1"]})
    lives.live()
    left = end_of(lives.journal).left
    del lives.journal[-1]
    state = initial(lives.plan)
    for event in (*lives.journal, RESUMED, LockRefused("deploy", {"web1": "eve"})):
        evolve(lives.plan, state, event)
    (ended,) = decide(lives.plan, state).events
    assert isinstance(ended, RunEnded)
    assert (int(ended.exit), ended.left) == (11, left)
    assert left


IN_TRAFFIC = """
name: R
stages:
  - name: S
    hosts: web[0:1]
    max_failures: 1
    traffic: {drain: [{name: drain, shell: drain}, {name: Connections end, pause: 10s}], restore: restore}
    steps: [{name: A, shell: do a, rollback: undo a}]
"""


def test_a_host_that_goes_back_by_itself_is_not_disturbed_by_whoever_asks_for_a_rollback(tmp_path: Path) -> None:
    """What it waits for on its way back is waited for: cut short, it would count as failed, and stop that host."""

    def waits() -> int:
        return len([e for e in lives.journal if isinstance(e, WaitStarted) and e.key.direction == "back"])

    lives = _live(tmp_path, IN_TRAFFIC, {"web1:restore": ["rc 1"], "back:web1:restore": ["ok"]})
    lives.live(die=lambda: waits() == 1)
    lives.live(replace(RESUMED, undo=True))
    back = [(e.name, e.status) for e in lives.journal if isinstance(e, StepEnded) and e.direction == "back"]
    assert back == [("drain", "changed"), ("Connections end", "ok"), ("undo a", "changed"), ("restore", "changed")]


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
