"""A journal that lacks its end is completed by what the hosts know: as far as they were carried, and no further."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from executor.drive.inbox import MONOTONIC
from executor.drive.loop import Loop
from executor.drive.recalling import Recalled, Traces, recall_rest
from executor.drive.recorder import Recorder, Reporters
from executor.drive.timers import Timers
from executor.drive.work import job_id
from executor.engine import State, evolve, initial
from executor.engine.effects import Perform
from executor.events import Answered, Ended, Event, Key, Question, RunStarted, Stamp, Started
from executor.mirror.records import Standing
from executor.model.actions import Shell
from executor.model.outcomes import Result, Status
from executor.model.plans import Plan
from executor.planning import PlanOptions
from executor.simulation.calendar import Calendar
from executor.simulation.rehearsal import Rehearsal
from executor.simulation.world import SimulatedWorld
from tests.engine.scenario import INVENTORY, Scenario

BOOK = """
name: R
stages:
  - name: First
    hosts: web[0:2]
    serial: 2
    pause: 10s
    traffic: {drain: drain it, restore: restore it}
    health: [{shell: health}]
    steps:
      - {name: Once, once: run, shell: do once, rollback: undo once}
      - {name: A, shell: do a, register: a, rollback: "undo a {{ a.stdout }}"}
      - {name: Needed, only_if: look, shell: do needed, rollback: undo needed}
      - {name: Not needed, unless: look, shell: do nothing, rollback: undo nothing}
      - {name: B, shell: "do b {{ item }}", loop: [x, y], apply: reload, verify: {shell: proof}, rollback: undo b}
      - {name: C, shell: do c, retry: {attempts: 3, delay: 5s}, rollback: undo c}
      - {name: Go on, pause: {prompt: "Well?"}}
  - name: Second
    hosts: web[0]
    steps:
      - {name: Final, shell: "do last", irreversible: true}
      - {name: After, shell: "do after", rollback: undo after}
"""
PLAIN = ("only_if", "unless", "item")  # leave no record


@dataclass
class Life(Rehearsal):
    """All is well, but that a step fails at first, and one command as often as it is tried."""

    fails: str = ""
    ended: dict[Key, Ended] = field(default_factory=dict)

    def perform(self, effect: Perform, /) -> tuple[float, Result]:
        wrong = effect.action == Shell(self.fails) or (effect.action == Shell("do c") and effect.key.attempt == 1)
        seconds, result = (1.0, Result(Status.OK, rc=1)) if wrong else super().perform(effect)
        self.ended[effect.key] = Ended(effect.key, result)
        return seconds, result

    def ask(self, key: Key, _question: Question, /) -> tuple[float, Answered]:
        return 1.0, Answered(key, "yes", "ann")


@dataclass
class Disk:
    """Keeps what was written, a decision at a time."""

    decisions: list[list[Event]] = field(default_factory=list)

    def append(self, records: Sequence[tuple[Stamp, Event]], /) -> None:
        self.decisions.append([event for _, event in records])

    def sync(self) -> None:
        """It is there."""

    def so_far(self, count: int | None = None) -> list[Event]:
        return [event for decision in self.decisions[:count] for event in decision]


@dataclass(frozen=True)
class Told:
    """A whole run: what was written, and how its jobs ended."""

    plan: Plan
    disk: Disk
    ended: dict[Key, Ended]


def told(folder: Path, fails: str) -> Told:
    plan = Scenario("", BOOK, INVENTORY, {"file.txt": "x"}, PlanOptions(at_terminal=True, yes=True), 0, {}, []).plan(
        folder
    )
    life, calendar, disk = Life(fails=fails), Calendar(), Disk()
    reporters = Reporters([], pytest.fail)
    Loop(
        plan,
        initial(plan),
        RunStarted("20260301-000000-abcd", plan.name, plan.file, "", "ann", "here"),
        world=SimulatedWorld(life, calendar),
        inbox=calendar,
        timers=Timers(),
        recorder=Recorder(disk, reporters, calendar.clock),
        reporters=reporters,
        clock=calendar.clock,
    ).run()
    return Told(plan, disk, life.ended)


def jobs(events: Sequence[Event]) -> set[str]:
    """Those that leave a record on their host."""
    started = [event.key for event in events if isinstance(event, Started) and event.kind == "perform"]
    return {job_id(key) for key in started if key.part not in PLAIN}


def recalled(run: Told, written: int, carried: int) -> tuple[Recalled, list[Event], State]:
    """The run died after `carried` decisions; of its journal there are `written`."""
    happened = run.disk.so_far(carried)
    over = {job_id(event.key) for event in happened if isinstance(event, Ended)}
    known: dict[str, dict[str, Standing]] = {name: {} for name in run.plan.hosts}
    for job in jobs(happened):
        known[job.partition("-at-")[2]][job] = "ended" if job in over else "open"
    state, had = initial(run.plan), run.disk.so_far(written)
    for event in had:
        evolve(run.plan, state, event)
    news = Disk()
    recorder = Recorder(news, Reporters([], pytest.fail), MONOTONIC)

    def collect(perform: Perform) -> Event:
        assert known[perform.on][job_id(perform.key)] == "ended", "only what has ended is asked for"
        return run.ended[perform.key]

    found = recall_rest(run.plan, state, Traces(known, jobs(had)), collect, recorder)
    return found, had + news.so_far(), state


@pytest.mark.parametrize("fails", ["", "do last", "do b y"], ids=["done", "stopped late", "rolled back"])
def test_wherever_the_journal_ends_nothing_that_ran_is_forgotten(tmp_path: Path, fails: str) -> None:
    run = told(tmp_path, fails)
    count = len(run.disk.decisions)
    connected = next(n for n, decision in enumerate(run.disk.decisions) if jobs(decision))
    assert count - connected > 100
    for carried in range(connected + 1, count, 3):
        for behind in (1, 4, 12, 40):
            written = max(carried - behind, connected + 1)
            found, events, _ = recalled(run, written, carried)
            happened = run.disk.so_far(carried)
            assert found.strange == (), (written, carried)
            assert jobs(happened) <= jobs(events), (written, carried)
            armed = [event.armed for event in happened if isinstance(event, Started) and event.armed is not None]
            again = [event.armed for event in events if isinstance(event, Started) and event.armed is not None]
            assert all(one in again for one in armed), (written, carried)


def test_what_has_not_begun_is_not_taken_for_done(tmp_path: Path) -> None:
    """What stands in the journal on top of what the hosts know is under way: it is asked for before it is undone."""
    run = told(tmp_path, "")
    connected = next(n for n, decision in enumerate(run.disk.decisions) if jobs(decision))
    for carried in range(connected + 1, len(run.disk.decisions), 5):
        _, events, state = recalled(run, max(carried - 20, connected + 1), carried)
        more = jobs(events) - jobs(run.disk.so_far(carried))
        assert more <= {job_id(key) for key in state.flights}, carried


def test_a_run_that_has_told_its_end_stays_as_it_is(tmp_path: Path) -> None:
    run = told(tmp_path, "")
    count = len(run.disk.decisions)
    found, events, _ = recalled(run, count, count)
    assert (found, events) == (Recalled(0, ()), run.disk.so_far())


def test_a_job_that_nobody_can_place_is_named(tmp_path: Path) -> None:
    run = told(tmp_path, "")
    state, news = initial(run.plan), Disk()
    had = run.disk.so_far(40)
    for event in had:
        evolve(run.plan, state, event)
    known: dict[str, dict[str, Standing]] = {"web1": {"9.9.action.1-at-web1": "ended"}}
    recorder = Recorder(news, Reporters([], pytest.fail), MONOTONIC)
    found = recall_rest(run.plan, state, Traces(known, jobs(had)), lambda _: None, recorder)
    assert found.strange == ("9.9.action.1-at-web1",)
