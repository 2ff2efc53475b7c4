"""Another plan for the rest of a run: what is the same, what another one, and under which ids."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

from executor.language import load_inventory, load_runbook
from executor.model.plans import Plan, PlannedStage
from executor.planning import build
from executor.planning.merging import Reached, alike, left_of, merge

INVENTORY = "hosts: {a: {address: 203.0.113.1}, b: {address: 203.0.113.2}, c: {address: 203.0.113.3}}\n"
HEAD = "name: R\nstages:\n  - name: First\n    hosts: a:b:c\n    steps:\n"
ONE = "      - {name: One, shell: one, rollback: undo one}\n"
TWO = "      - {name: Two, shell: two, rollback: [{name: Back, shell: undo two}]}\n"
THREE = "      - {name: Three, shell: three}\n"


def plan(folder: Path, *steps: str, inventory: str = INVENTORY) -> Plan:
    (folder / "inventory.yml").write_text(inventory)
    (folder / "book.yml").write_text(dedent(HEAD + "".join(steps)))
    book = load_runbook(folder / "book.yml", root=folder)
    return build(book, load_inventory([str(folder / "inventory.yml")], root=folder))


def reached(**of: dict[str, str]) -> Reached:
    """How far the first stage has come, its steps by their numbers: started={"a": "12"}."""
    sets = {what: {h: frozenset(f"1.{n}" for n in steps) for h, steps in hosts.items()} for what, hosts in of.items()}
    hosts = frozenset(of["started"])
    return Reached(begun=True, entered=hosts, touched=hosts, **sets)  # type: ignore[arg-type]  # its own fields


def ids(stage: PlannedStage) -> list[tuple[str, str, str]]:
    """Each step's id, name and hosts."""
    return [(step.id, step.name, "".join(step.tasks)) for step in stage.steps]


def test_lines_that_move_change_nothing(tmp_path: Path) -> None:
    old, new = plan(tmp_path, ONE), plan(tmp_path, "      # a word\n", ONE)
    assert old != new
    assert alike(old.stages[0].steps, new.stages[0].steps)
    assert not alike(old.stages[0].steps, plan(tmp_path, ONE.replace("shell: one", "shell: eins")).stages[0].steps)


def test_what_has_been_started_keeps_its_id_and_a_new_step_never_gets_one_that_hosts_know(tmp_path: Path) -> None:
    old = plan(tmp_path, ONE, TWO, THREE)
    new = plan(tmp_path, ONE, "      - {name: New, shell: new}\n", TWO, THREE)
    found = merge(old, new, reached(started={"a": "1"}, behind={"a": "1"}))
    assert not found.problems
    (stage,) = found.plan.stages
    assert ids(stage) == [("1.1", "One", "abc"), ("1.5", "New", "abc"), ("1.2", "Two", "abc"), ("1.3", "Three", "abc")]
    assert {task.id for task in stage.steps[1].tasks.values()} == {"1.5"}


def test_a_step_that_failed_and_reads_otherwise_is_another_one_and_the_old_one_stays_to_be_undone(
    tmp_path: Path,
) -> None:
    """On a it is done, on b it failed, c has not come to it: a keeps what it did, b and c do the new one."""
    old = plan(tmp_path, ONE, TWO, THREE)
    new = plan(tmp_path, ONE, TWO.replace("shell: two", "shell: zwei"), THREE)
    found = merge(old, new, reached(started={"a": "12", "b": "12"}, behind={"a": "12", "b": "1"}))
    assert not found.problems
    (stage,) = found.plan.stages
    assert ids(stage)[1] == ("1.4", "Two", "bc")
    (handler,) = stage.steps[1].tasks["b"].items[0].rollback or ()
    assert handler.id == "1.4.u1"
    assert [(step.id, "".join(step.tasks)) for step in stage.earlier] == [("1.2", "abc")]
    assert found.remarks == ("'Two' has changed; on a it is done, and stays as it was run",)
    again = merge(found.plan, plan(tmp_path, ONE, TWO, THREE), reached(started={"b": "124"}, behind={"b": "1"}))
    assert ids(again.plan.stages[0])[1] == ("1.5", "Two", "abc")
    assert [step.id for step in again.plan.stages[0].earlier] == ["1.2", "1.4"]


def test_what_is_done_everywhere_it_was_started_stays_there_and_is_done_anew_elsewhere(tmp_path: Path) -> None:
    old = plan(tmp_path, ONE, TWO)
    new = plan(tmp_path, ONE.replace("shell: one", "shell: eins"), TWO)
    found = merge(old, new, reached(started={"a": "1"}, behind={"a": "1"}))
    step = found.plan.stages[0].steps[0]
    assert (step.id, step.tasks["a"]) == ("1.1", old.stages[0].steps[0].tasks["a"])
    assert alike(step.tasks["b"], new.stages[0].steps[0].tasks["b"])


def test_what_nobody_knows_the_outcome_of_cannot_read_otherwise(tmp_path: Path) -> None:
    old = plan(tmp_path, ONE, TWO)
    new = plan(tmp_path, ONE.replace("shell: one", "shell: eins"), TWO)
    found = merge(old, new, reached(started={"a": "1"}, behind={}, open={"a": "1"}))
    assert [problem.message for problem in found.problems] == [
        "'One' has been started on a, nobody knows what came of it, and it reads otherwise now"
    ]


def test_steps_of_one_name_are_told_apart_by_their_order(tmp_path: Path) -> None:
    twice = "      - {name: One, shell: again}\n"
    old, new = plan(tmp_path, ONE, twice), plan(tmp_path, ONE, twice.replace("again", "once more"))
    found = merge(old, new, reached(started={"a": "1"}, behind={"a": "1"}))
    assert [step.id for step in found.plan.stages[0].steps] == ["1.1", "1.2"]


def test_a_host_that_was_touched_must_be_the_same_machine(tmp_path: Path) -> None:
    old = plan(tmp_path, ONE)
    new = plan(tmp_path, ONE, inventory=INVENTORY.replace("203.0.113.1}", "203.0.113.9}"))
    (problem,) = merge(old, new, reached(started={"a": "1"}, behind={})).problems
    assert "a, on which the run has changed something, is another machine now" in problem.message
    assert not merge(old, new, reached(started={"b": "1"}, behind={})).problems


def test_the_rest_is_what_is_not_behind_each_host(tmp_path: Path) -> None:
    old = plan(tmp_path, ONE, TWO)
    so_far = reached(started={"a": "12", "b": "1"}, behind={"a": "12", "b": "1"})
    assert ids(left_of(old, so_far).stages[0]) == [("1.1", "One", "c"), ("1.2", "Two", "bc")]


def test_no_step_that_runs_once_is_taken_for_one_that_has_run_where_lines_have_moved(tmp_path: Path) -> None:
    """They are known by their lines: Two stands now where One stood, which is done; One is still the one that ran."""
    one, two = (f"      - {{name: {name}, once: run, shell: do, rollback: none}}\n" for name in ("One", "Two"))
    second = "  - name: Second\n    hosts: a\n    steps:\n"
    old = plan(tmp_path, "      - {name: Before, shell: x}\n", one, second, two)
    new = plan(tmp_path, one.replace("One", "Before").replace("once: run, ", ""), one, second, two)
    moved = plan(tmp_path, "      # a line\n", "      - {name: Before, shell: x}\n", one, second, two)
    ran = old.stages[0].steps[1].once_key
    for again in (old, new, moved):
        found = merge(old, again, reached(started={"a": "12"}, behind={"a": "12"})).plan
        assert found.stages[0].steps[1].once_key == ran
        assert found.stages[1].steps[0].once_key != ran
    gone = plan(
        tmp_path, one.replace("One", "Before").replace("once: run, ", ""), two, second, two.replace("Two", "Three")
    )
    found = merge(old, gone, reached(started={"a": "1"}, behind={"a": "1"})).plan
    assert found.stages[0].steps[1].once_key not in (ran, found.stages[1].steps[0].once_key)
    assert found.stages[1].steps[0].once_key not in (ran, old.stages[1].steps[0].once_key)
