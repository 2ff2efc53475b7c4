"""`valid_for`: a step that could be undone for some time, and is a point of no return after it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from executor.drive.recorder import Reporters
from executor.engine import State, decide, evolve, initial
from executor.engine.effects import Perform
from executor.engine.resume import undoable
from executor.errors import Exit
from executor.events import Ended, Event, Lapsed, Resumed, RunEnded, RunStarted, Stamp, Started, Stays, TakenUp, Undone
from executor.model.actions import Shell
from executor.model.outcomes import Result, Status
from executor.model.plans import Plan
from executor.planning import PlanOptions
from executor.simulation.rehearsal import Rehearsal
from executor.simulation.run import simulate
from tests.engine.scenario import INVENTORY, Scenario

BOOK = """
name: R
stages:
  - name: First
    hosts: web[0:1]
    serial: 2
    steps:
      - {name: A, shell: do a, rollback: undo a}
ONCE      - {name: B, shell: do b, rollback: {shell: undo b, valid_for: 30m}}
      - {name: C, shell: do c, rollback: undo c}
  - name: Second
    hosts: web[0]
    steps:
      - {name: Wait, pause: WAIT}
      - {name: D, shell: do d, rollback: undo d}
      - {name: E, shell: do e, rollback: none}
"""
BEGAN = datetime(2026, 3, 1, tzinfo=UTC)
MINUTES = 60.0


@dataclass
class Tape:
    """Keeps what is recorded."""

    told: list[tuple[Stamp, Event]] = field(default_factory=list)

    def event(self, stamp: Stamp, event: Event) -> None:
        self.told.append((stamp, event))

    def __getattr__(self, name: str) -> object:
        return lambda *_args: None

    @property
    def lapsed(self) -> list[str]:
        return [f"{one.host} {one.name}" for _, one in self.told if isinstance(one, Lapsed)]

    @property
    def undone(self) -> list[str]:
        return [f"{one.host} {one.name}" for _, one in self.told if isinstance(one, Undone) and one.outcome == "passed"]

    @property
    def ended(self) -> RunEnded:
        return next(one for _, one in reversed(self.told) if isinstance(one, RunEnded))


@dataclass
class Failing(Rehearsal):
    """All is well but for one command."""

    command: str = ""
    away: str = ""  # under this command the host is lost, once

    def perform(self, effect: Perform, /) -> tuple[float, Result]:
        if self.away and effect.action == Shell(self.away):
            self.away = ""
            return 1.0, Result(Status.UNREACHABLE, detail="no answer")
        if effect.action == Shell(self.command):
            return 1.0, Result(Status.OK, rc=1, duration=1.0)
        return super().perform(effect)


ONCE = "      - {name: Once, once: run, shell: do once, rollback: {shell: undo once, valid_for: 10m}}\n"


def plan_of(folder: Path, *, wait: str, once: str = "") -> Plan:
    book = BOOK.replace("WAIT", wait).replace("ONCE", once)
    return Scenario("", book, INVENTORY, {"file.txt": "x"}, PlanOptions(), 0, {}, []).plan(folder)


def play(plan: Plan, fails: str = "", away: str = "") -> Tape:
    tape = Tape()
    started = RunStarted("20260301-000000-abcd", plan.name, plan.file, "", "ann", "here")
    reporters = Reporters([tape], pytest.fail)  # type: ignore[list-item]  # what it has no method for it lets pass
    simulate(plan, started, Failing(command=fails, away=away), reporters, at=BEGAN)
    return tape


def state_of(plan: Plan, tape: Tape) -> State:
    state = initial(plan)
    for stamp, event in tape.told:
        evolve(plan, state, event, stamp)
    return state


def test_within_its_time_a_step_is_undone_like_any_other(tmp_path: Path) -> None:
    tape = play(plan_of(tmp_path, wait="20m"), fails="do e")
    assert tape.lapsed == []
    assert tape.undone == ["web1 D", "web2 C", "web1 C", "web2 B", "web1 B", "web2 A", "web1 A"]
    assert tape.ended.status == "failed, rolled back"


def test_after_its_time_it_is_a_point_of_no_return_that_is_named(tmp_path: Path) -> None:
    """Neither it nor anything before it is undone; the exit code is that of a rollback to a named point."""
    tape = play(plan_of(tmp_path, wait="31m"), fails="do e")
    assert tape.lapsed == ["web1 B", "web2 B"]
    assert tape.undone == ["web1 D", "web2 C", "web1 C"]
    ended = tape.ended
    assert (ended.exit, ended.status) == (Exit.ROLLED_BACK, "failed, rolled back to the point of no return 'B'")
    assert not ended.left
    reasons = (
        ("A", "it came before the point of no return 'B'"),
        ("B", "the time in which it could be undone is over"),
    )
    assert ended.stays == tuple(Stays(host, "First", *one) for host in ("web1", "web2") for one in reasons)


def test_what_ran_once_for_all_is_a_point_of_no_return_for_every_host(tmp_path: Path) -> None:
    tape = play(plan_of(tmp_path, wait="20m", once=ONCE), fails="do e")
    assert tape.lapsed == ["web1 Once"]
    assert tape.undone == ["web1 D", "web2 C", "web1 C", "web2 B", "web1 B"]


def test_a_host_that_fails_alone_goes_back_to_its_point(tmp_path: Path) -> None:
    plan = Scenario(
        "",
        """
name: R
stages:
  - name: First
    hosts: web[0:1]
    max_failures: 1
    steps:
      - {name: A, shell: do a, rollback: undo a}
      - {name: B, shell: do b, rollback: {shell: undo b, valid_for: 1m}}
      - {name: C, shell: do c, rollback: undo c}
      - {name: Wait, pause: 2m}
      - {name: D, shell: "do {{ host.name }}", rollback: none}
""",
        INVENTORY,
        {"file.txt": "x"},
        PlanOptions(),
        0,
        {},
        [],
    ).plan(tmp_path)
    tape = play(plan, fails="do web1")
    assert tape.undone == ["web1 C"]
    assert tape.ended.exit is Exit.PARTIAL


OWING = """
name: R
stages:
  - name: First
    hosts: web[0:1]
    max_failures: 1
    steps:
      - {name: A, shell: do a, rollback: undo a}
      - {name: B, shell: do b, rollback: {shell: undo b, valid_for: 1m}}
      - {name: C, shell: do c, rollback: undo c}
      - {name: D, shell: "do {{ host.name }}", rollback: none}
  - {name: Second, hosts: "web[1]", steps: [{name: Wait, pause: 2m}]}
"""


def test_a_host_that_was_away_and_returns_too_late_is_not_undone_beyond_its_point(tmp_path: Path) -> None:
    """Its rollback had begun in time; what it owes is told, with why it stays."""
    plan = Scenario("", OWING, INVENTORY, {"file.txt": "x"}, PlanOptions(), 0, {}, []).plan(tmp_path)
    tape = play(plan, fails="do web1", away="undo c")
    assert (tape.lapsed, tape.undone) == (["web1 B"], ["web1 C"])
    assert tape.ended.exit is Exit.INCOMPLETE
    over = "the time in which it could be undone is over"
    assert [(one.name, one.why) for one in tape.ended.left] == [("B", over), ("A", f"it came before 'B', and {over}")]
    owed = [one for _, one in tape.told if isinstance(one, Undone) and one.outcome == "owed"]
    assert {one.name for one in owed} == {"A", "B", "C"}


def test_a_handler_that_had_begun_in_time_goes_on_however_late_its_host_returns(tmp_path: Path) -> None:
    """It may be running there: nothing else may begin beside it."""
    plan = Scenario("", OWING, INVENTORY, {"file.txt": "x"}, PlanOptions(), 0, {}, []).plan(tmp_path)
    tape = play(plan, fails="do web1", away="undo b")
    assert (tape.lapsed, tape.undone) == ([], ["web1 C", "web1 B", "web1 A"])
    assert tape.ended.exit is Exit.PARTIAL


def test_later_only_what_came_after_it_can_be_undone(tmp_path: Path) -> None:
    """What lapses by when is told without a change to the state, for the list that is shown first."""
    plan = plan_of(tmp_path, wait="1s")
    state = state_of(plan, play(plan))
    end = BEGAN.timestamp()
    soon, late = undoable(plan, state, now=end + 5 * MINUTES), undoable(plan, state, now=end + 40 * MINUTES)
    assert [f"{one.host} {one.step}" for one in soon][-3:] == ["web1 B", "web2 A", "web1 A"]
    assert [f"{one.host} {one.step}" for one in late] == ["web1 D", "web2 C", "web1 C"]
    part = undoable(plan, state, stages=["1"], hosts=["web2"], now=end + 40 * MINUTES)
    assert [f"{one.host} {one.step}" for one in part] == ["web2 C"]
    assert len(undoable(plan, state, now=end + 5 * MINUTES)) == len(soon)


def resumed_after(plan: Plan, tape: Tape, wall: timedelta, mono: float) -> State:
    """The state of a rollback that is asked for later, in another process with a monotonic clock of its own."""
    state = state_of(plan, tape)
    last = tape.told[-1][0]
    stamp = Stamp(last.seq + 1, BEGAN + wall, mono)
    evolve(plan, state, Resumed("ann", "here", undo=True), stamp)
    state.connected = True
    evolve(plan, state, TakenUp(()), Stamp(last.seq + 2, BEGAN + wall + timedelta(days=3650), mono))
    return state


def told_next(plan: Plan, state: State) -> list[Event]:
    found: list[Event] = []
    while (decision := decide(plan, state)).events:
        for event in decision.events:
            evolve(plan, state, event)
            found.append(event)
    return found


def test_the_wall_clock_is_read_when_the_rollback_begins_and_its_jumps_after_that_change_nothing(
    tmp_path: Path,
) -> None:
    plan = plan_of(tmp_path, wait="1s")
    tape = play(plan)
    soon = resumed_after(plan, tape, timedelta(minutes=20), mono=5000.0)
    assert not [event for event in told_next(plan, soon) if isinstance(event, Lapsed)]
    late = resumed_after(plan, tape, timedelta(minutes=40), mono=1.0)
    assert {event.name for event in told_next(plan, late) if isinstance(event, Lapsed)} == {"B"}


def test_who_was_away_when_a_step_ended_counts_from_when_it_ended(tmp_path: Path) -> None:
    """Its host has measured how long it took; the journal hears of its end hours later."""
    plan = plan_of(tmp_path, wait="1s")
    tape = play(plan)
    begun = next(n for n, (_, e) in enumerate(tape.told) if isinstance(e, Started) and e.armed and e.key.task == "1.2")
    stamp, started = tape.told[begun]
    assert isinstance(started, Started)
    state = state_of(plan, Tape(tape.told[: begun + 1]))
    later = Stamp(begun + 2, BEGAN + timedelta(hours=2), 7.0)
    evolve(plan, state, Resumed("ann", "here"), later)
    evolve(plan, state, Ended(started.key, Result(Status.OK, rc=0, duration=60.0)), later)
    (entry,) = (entry for entry in state.hosts[started.key.host].armed.values() if entry.task == "1.2")
    assert entry.ended == stamp.at.timestamp() + 60.0
