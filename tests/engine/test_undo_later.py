"""A run that is over is undone later: what is armed, last first, each handler once, within what was asked for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from executor.engine import State, evolve, initial
from executor.engine.effects import Perform
from executor.engine.remains import partly
from executor.engine.resume import undoable
from executor.events import Event, Resumed, RunEnded, Started, Stays, Undone
from executor.planning import PlanOptions
from tests.engine.lives import RESUMED, Lives, Remembering, after, end_of, moments, no_completed_step_begins_again
from tests.engine.monitor import handlers_pass_once
from tests.engine.scenario import INVENTORY, Scenario, Scripted

BOOK = """
name: R
stages:
  - name: First
    hosts: web[0:1]
    serial: 2
    traffic: {drain: drain, restore: restore}
    steps:
      - {name: A, shell: do a, rollback: undo a}
      - {name: Once, once: run, shell: do once, rollback: undo once}
      - {name: B, shell: do b, rollback: undo b, irreversible: POINT}
  - name: Second
    hosts: web[0]
    steps:
      - {name: C, shell: do c, rollback: undo c}
      - {name: D, shell: do d, rollback: none}
always:
  - {name: Tell, shell: "tell {{ run.status }}"}
"""
BACK = Resumed("ann", "here", undo=True)


def lives(folder: Path, answers: dict[str, list[str]] | None = None, *, point: bool = False) -> Lives:
    book = BOOK.replace("POINT", "true" if point else "false")
    scenario = Scenario("", book, INVENTORY, {"file.txt": "x"}, PlanOptions(), 0, answers or {}, [])
    return Lives(scenario.plan(folder), Remembering(Scripted(scenario)))


def undone(events: list[Event]) -> list[str]:
    return [f"{event.host} {event.name}" for event in events if isinstance(event, Undone) and event.outcome == "passed"]


def begun(events: list[Event]) -> set[tuple[str, str]]:
    keys = (event.key for event in events if isinstance(event, Started))
    return {(key.host, key.task) for key in keys if key.direction == "forward"}


def state_of(run: Lives) -> State:
    state = initial(run.plan)
    for event in run.journal:
        evolve(run.plan, state, event)
    return state


def test_all_of_a_finished_run_is_undone_last_first(tmp_path: Path) -> None:
    run = lives(tmp_path)
    run.live()
    assert [f"{one.host} {one.step}" for one in undoable(run.plan, state_of(run))] == [
        "web1 C", "web2 B", "web1 B", "web1 Once", "web2 A", "web1 A",
    ]  # fmt: skip
    count = len(run.journal)
    world = run.live(BACK)
    assert undone(run.journal[count:]) == ["web1 C", "web2 B", "web1 B", "web1 Once", "web2 A", "web1 A"]
    ended = end_of(run.journal)
    assert (int(ended.exit), ended.status) == (0, "rolled back, as asked")
    assert {name: host.state for name, host in ended.hosts.items()} == {"web1": "rolled back", "web2": "rolled back"}
    scripts = [effect.action for effect in world.effects if isinstance(effect, Perform)]
    assert [getattr(action, "script", "") for action in scripts][-1] == "tell rolled-back"
    assert not undoable(run.plan, state_of(run))


def test_asked_for_twice_nothing_is_undone_twice(tmp_path: Path) -> None:
    run = lives(tmp_path)
    run.live()
    run.live(BACK)
    count = len(run.journal)
    run.live(BACK)
    assert not undone(run.journal[count:])
    assert int(end_of(run.journal).exit) == 0


def test_one_host_alone_and_the_rest_afterwards(tmp_path: Path) -> None:
    """What belongs to the run is no host's, and stays until the whole is undone."""
    run = lives(tmp_path)
    run.live()
    run.live(replace(BACK, hosts=("web1",)))
    assert undone(run.journal) == ["web1 C", "web1 B", "web1 A"]
    ended = end_of(run.journal)
    assert (int(ended.exit), ended.status) == (0, "rolled back in part, as asked")
    assert ended.hosts["web2"].state == "done"
    assert ended.stays == (Stays("", "First", "Once"),)
    run.live(BACK)
    assert undone(run.journal)[3:] == ["web2 B", "web1 Once", "web2 A"]


def test_one_stage_alone(tmp_path: Path) -> None:
    run = lives(tmp_path)
    run.live()
    run.live(replace(BACK, stages=("2",)))
    assert undone(run.journal) == ["web1 C"]
    there = [Stays("web1", "First", "A"), Stays("", "First", "Once"), Stays("web1", "First", "B")]
    assert list(end_of(run.journal).stays) == there
    state = state_of(run)
    assert [name for name, host in state.hosts.items() if partly(state, host)] == ["web1"]
    run.live(BACK)
    assert end_of(run.journal).stays == ()
    state = state_of(run)
    assert not any(partly(state, host) for host in state.hosts.values())


def test_never_beyond_a_point_of_no_return(tmp_path: Path) -> None:
    """A host's own point holds what it armed before, and what belongs to the run and came before."""
    run = lives(tmp_path, point=True)
    run.live()
    due = ["web1 C", "web2 B", "web1 B"]
    assert [f"{one.host} {one.step}" for one in undoable(run.plan, state_of(run))] == due
    run.live(BACK)
    assert undone(run.journal) == due
    assert "to the point of no return 'B'" in end_of(run.journal).status
    why = "it came before the point of no return 'B'"
    assert end_of(run.journal).stays == tuple(
        Stays(host, "First", step, why) for host, step in (("web1", "A"), ("", "Once"), ("web2", "A"))
    )


def test_a_handler_that_failed_is_tried_again_and_what_passed_is_not(tmp_path: Path) -> None:
    run = lives(tmp_path, {"web1:undo b": ["rc 1", "ok"]})
    run.live()
    run.live(BACK)
    assert int(end_of(run.journal).exit) == 10
    run.live(BACK)
    assert int(end_of(run.journal).exit) == 0
    handlers_pass_once(run.journal)
    assert sorted(undone(run.journal)) == ["web1 A", "web1 B", "web1 C", "web1 Once", "web2 A", "web2 B"]


def test_an_incomplete_rollback_of_a_failed_run_is_carried_on_and_is_still_a_failed_run(tmp_path: Path) -> None:
    run = lives(tmp_path, {"web1:C": ["rc 1"], "web1:undo b": ["rc 1", "ok"]})
    run.live()
    assert int(end_of(run.journal).exit) == 10
    run.live(RESUMED)
    assert int(end_of(run.journal).exit) == 2
    handlers_pass_once(run.journal)
    assert not end_of(run.journal).left


@pytest.mark.parametrize("death", range(4, 60, 5))
def test_a_run_that_died_is_undone_instead_of_carried_on(tmp_path: Path, death: int) -> None:
    """What was under way is waited for and undone with the rest; nothing new begins."""
    run = lives(tmp_path)
    run.live(die=after(death))
    before = begun(run.journal)
    run.live(BACK)
    assert not {(host, task) for host, task in begun(run.journal) - before if not task.startswith("a.")}
    ended = end_of(run.journal)
    assert int(ended.exit) == 0
    assert not undoable(run.plan, state_of(run))
    assert not any(host.drained for host in ended.hosts.values())


def test_killed_at_any_moment_of_the_way_back_it_is_carried_on_to_the_same_end(tmp_path: Path) -> None:
    def done() -> Lives:
        run = lives(tmp_path)
        run.live()
        return run

    whole = done()
    whole.live(BACK)
    for moment in range(moments(done, BACK)):
        run = done()
        count = len(run.journal)
        run.live(BACK, die=after(moment))
        if len(run.journal) == count or isinstance(run.journal[-1], RunEnded):
            continue
        run.live(RESUMED)
        no_completed_step_begins_again(run.journal)
        handlers_pass_once(run.journal)
        for host in ("web1", "web2"):  # side by side they may take turns
            mine = [one for one in undone(run.journal) if one.startswith(host)]
            assert mine == [one for one in undone(whole.journal) if one.startswith(host)], f"killed at moment {moment}"
        assert end_of(run.journal).hosts == end_of(whole.journal).hosts
        assert end_of(run.journal).status == end_of(whole.journal).status
