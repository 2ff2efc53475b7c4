"""A run that dies at any moment, and goes on by an edited plan: nothing runs twice, and what was armed is undone."""

from __future__ import annotations

from pathlib import Path

import pytest

from executor.engine import State, evolve, initial
from executor.engine.replan import misfits, put_over, reached, settled
from executor.errors import Exit
from executor.events import Event, Replanned, Resumed, RunEnded, Started, StepEnded, Undone
from executor.model.plans import Plan
from executor.planning import PlanOptions
from executor.planning.merging import merge
from tests.engine.lives import Lives, Remembering, after, end_of, moments, no_completed_step_begins_again
from tests.engine.scenario import INVENTORY, Scenario, Scripted
from tests.engine.world import World

BOOK = """
name: R
stages:
  - name: First
    hosts: web[0:1]
    serial: 2
    steps:
      - {name: A, shell: do a, rollback: undo a}
  - name: Second
    hosts: web[0:2]
    serial: [1, 2]
    traffic: {drain: drain, restore: restore}
    health: [{shell: well}]
    watch: [{shell: look, from: control, failing_for: 1s}]
    steps:
      - {name: B, shell: do b, rollback: undo b}
      - {name: Once, once: run, shell: "do once {{ word }}", rollback: undo once}
      - {name: C, shell: do c, loop: [x, y], rollback: "undo c {{ item }}"}
      - {name: D, shell: do d, rollback: undo d}
      - {name: E, shell: do e, rollback: none, when: LAST}
"""
EDITED = (
    BOOK.replace("do d", "do d better").replace("undo d", "undo d better")
    + """
      - {name: F, shell: do f, rollback: undo f}
  - name: Third
    hosts: web[0:2]
    serial: 3
    steps:
      - {name: G, shell: do g, rollback: undo g}
"""
)
SETTLE = Resumed("ann", "here", settle=True)
GO_ON = Resumed("ann", "here")


def plan_of(book: str, folder: Path, word: str = "first") -> Plan:
    inventory = f"{INVENTORY}\nvars: {{word: {word}}}\n"
    scenario = Scenario("", book.replace("LAST", "false"), inventory, {"file.txt": "x"}, PlanOptions(), 0, {}, [])
    return scenario.plan(folder)


def script(book: str) -> Scripted:
    return Scripted(Scenario("", book.replace("LAST", "false"), INVENTORY, {"file.txt": "x"}, PlanOptions(), 0, {}, []))


def state_of(plan: Plan, journal: list[Event]) -> State:
    state = initial(plan)
    for event in journal:
        evolve(plan, state, event)
    return state


def cut_off(plan: Plan, moment: int) -> Lives:
    run = Lives(plan, Remembering(script(BOOK)))
    run.live(die=after(moment))
    return run


def replanned(run: Lives, new: Plan) -> tuple[Plan, State] | None:
    """The run by another plan, where it fits."""
    state = state_of(run.plan, run.journal)
    if not settled(state):
        run.live(SETTLE)
        state = state_of(run.plan, run.journal)
        assert settled(state)
    found = merge(run.plan, new, reached(state))
    if found.problems or misfits(found.plan, state):
        return None
    return found.plan, put_over(found.plan, state)


def go_on(run: Lives, plan: Plan, state: State, opening: Resumed = GO_ON) -> None:
    run.journal.append(Replanned("", "ann", "here"))
    run.script.again = set(run.script.reached)
    world = World(plan, run.script, now=run.now, journal=run.journal, before=state)
    run.script.clock = lambda: world.now
    world.go(opening)


def go_back(run: Lives, plan: Plan, state: State) -> None:
    """Have all of it undone."""
    run.script.again = set(run.script.reached)
    world = World(plan, run.script, now=run.now, journal=run.journal, before=state)
    run.script.clock = lambda: world.now
    world.go(Resumed("ann", "here", undo=True))


def every(count: int, step: int) -> range:
    return range(1, count, step)


def test_by_the_same_plan_nothing_changes(tmp_path: Path) -> None:
    """At each moment: the merged plan is the plan, and the state is the state."""
    plan = plan_of(BOOK, tmp_path)
    for moment in every(moments(lambda: Lives(plan, Remembering(script(BOOK)))), 3):
        run = cut_off(plan, moment)
        state = state_of(plan, run.journal)
        if isinstance(run.journal[-1], RunEnded) or not settled(state):
            continue
        merged = merge(plan, plan, reached(state))
        assert (merged.plan, merged.problems, merged.remarks) == (plan, (), ())
        assert not misfits(plan, state)
        then = put_over(plan, state)
        assert then == state or not (state.stage and state.stage.begun), f"moment {moment}"


def test_cut_off_at_any_moment_the_rest_goes_by_the_edited_plan_and_all_of_it_can_be_undone(tmp_path: Path) -> None:
    old, new = plan_of(BOOK, tmp_path), plan_of(EDITED, tmp_path)
    fitted = 0
    for moment in every(moments(lambda: Lives(old, Remembering(script(BOOK)))), 4):
        run = cut_off(old, moment)
        if isinstance(run.journal[-1], RunEnded):
            continue
        found = replanned(run, new)
        if found is None:
            continue  # D has begun somewhere and is not known to have failed: nothing was changed
        fitted += 1
        plan, state = found
        go_on(run, plan, state)
        ended = end_of(run.journal)
        assert ended.exit is Exit.DONE, f"moment {moment}: {ended}"
        no_completed_step_begins_again(run.journal)
        done = {(e.host, e.name) for e in run.journal if isinstance(e, StepEnded) and e.status == "changed"}
        assert {("web1", "G"), ("web2", "G"), ("web3", "G"), ("web3", "D")} <= done, f"moment {moment}"
        jobs = [e.key for e in run.journal if isinstance(e, Started) and e.kind == "perform"]
        assert len(jobs) == len(set(jobs)), f"moment {moment}: a key means two things"
        armed = {(e.armed.host, e.armed.task, e.armed.item) for e in run.journal if isinstance(e, Started) and e.armed}
        go_back(run, plan, state_again(old, plan, run.journal))
        undone = {(e.host, e.task, e.item) for e in run.journal if isinstance(e, Undone) and e.outcome == "passed"}
        assert undone == {slot for slot in armed if slot[1] != "2.5"}, f"moment {moment}"
        assert end_of(run.journal).exit is Exit.DONE
    assert fitted > 5


def state_again(old: Plan, new: Plan, journal: list[Event]) -> State:
    """A fold over a journal in which the plan changes."""
    state, plan = initial(old), old
    for event in journal:
        if isinstance(event, Replanned):
            state, plan = put_over(new, state), new
        evolve(plan, state, event)
    return state


@pytest.mark.parametrize(
    ("answer", "was", "now", "step"),
    [
        ("Once", "do once", "do once better", "2.2"),
        ("Once", "first", "second", "2.2"),
        ("C (y)", "do c", "do c better", "2.3"),
    ],
)
def test_a_step_that_failed_goes_on_as_the_edited_one_and_both_are_undone(
    tmp_path: Path, answer: str, was: str, now: str, step: str
) -> None:
    """Also one that runs once for all, where its values alone have changed, too; and one that loops: it begins anew."""
    old = plan_of(BOOK.replace("serial: [1, 2]", "on_failure: stop"), tmp_path)  # no line moves
    new = plan_of(EDITED.replace(was, now).replace("do d better", "do d"), tmp_path, "first".replace(was, now))
    failing = Scenario("", BOOK, INVENTORY, {"file.txt": "x"}, PlanOptions(), 0, {f"web1:{answer}": ["rc 1", "ok"]}, [])
    run = Lives(old, Remembering(Scripted(failing)))
    run.live()
    assert end_of(run.journal).exit is Exit.STOPPED, end_of(run.journal)
    found = replanned(run, new)
    assert found is not None
    go_on(run, *found)
    assert end_of(run.journal).exit is Exit.DONE, end_of(run.journal)
    state = state_again(old, found[0], run.journal)
    left = [entry.task for host in state.hosts.values() for entry in host.armed.values() if entry.pending]
    assert step in left
    (another,) = {entry.task for host in state.hosts.values() for entry in host.armed.values()} & {"2.6", "2.7"}
    assert left.count(another) == {"2.2": 1, "2.3": 6}[step]
    go_back(run, found[0], state)
    assert end_of(run.journal).exit is Exit.DONE, end_of(run.journal)
