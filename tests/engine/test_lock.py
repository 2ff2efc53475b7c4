"""What the lock means to a run: not without it, not on after it was broken, and not ended before it is let go."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from executor.engine import State, decide, evolve, initial
from executor.engine.effects import Connect, Effect, Finish, Unlock
from executor.errors import Exit
from executor.events import (
    Ended,
    Event,
    HostFailed,
    HostReached,
    Interrupted,
    LockAwaited,
    Locked,
    LockLost,
    LockRefused,
    Resumed,
    RunEnded,
    RunStarted,
    Started,
    TakenUp,
    Undone,
    Unlocked,
    Unlocking,
)
from executor.language import load_inventory, load_runbook
from executor.model.outcomes import Result, Status
from executor.model.plans import Plan
from executor.planning import build

RUNBOOK = """
name: Deploy
stages:
  - name: Roll out
    hosts: all
    serial: 100%
    steps:
      - {name: One, shell: one, rollback: undo one}
      - {name: Two, shell: two, rollback: undo two}
"""
STARTED = RunStarted("r1", "Deploy", "deploy.yml", "", "ada", "laptop")


class Run:
    """A run under the real engine: what it is told, what it says, what it wants."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.state: State = initial(plan)
        self.events: list[Event] = []
        self.effects: list[Effect] = []
        self.tell(STARTED)

    def tell(self, *events: Event) -> None:
        for event in events:
            self._fold(event)
        while (decision := decide(self.plan, self.state)).events or decision.effects:
            for event in decision.events:
                self._fold(event)
            self.effects += decision.effects

    def _fold(self, event: Event) -> None:
        self.events.append(event)
        self.state = evolve(self.plan, self.state, event)

    def lock_and_reach(self) -> None:
        self.tell(Locked("deploy", {"web1": 4, "web2": 9}), HostReached("web1"), HostReached("web2"))

    def end_steps(self) -> None:
        """Whatever is under way ends well."""
        ended = {event.key for event in self.events if isinstance(event, Ended)}
        begun = [event.key for event in self.events if isinstance(event, Started) and event.key not in ended]
        self.tell(*(Ended(key, Result(Status.OK, rc=0)) for key in begun))

    def finished(self) -> Finish | None:
        return next((effect for effect in self.effects if isinstance(effect, Finish)), None)

    def of(self, kind: type) -> list[Event]:
        return [event for event in self.events if isinstance(event, kind)]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    (tmp_path / "deploy.yml").write_text(RUNBOOK)
    runbook = load_runbook(tmp_path / "deploy.yml")
    return Run(build(runbook, load_inventory(["web1,web2,"], root=tmp_path)))


def kinds(effects: Iterable[Effect]) -> list[str]:
    return [type(effect).__name__ for effect in effects]


def test_the_lock_is_let_go_before_the_run_says_that_it_has_ended(run: Run) -> None:
    run.lock_and_reach()
    run.end_steps()
    run.end_steps()
    assert isinstance(run.effects[-1], Unlock)
    assert run.effects[-1].hosts == ("web1", "web2")
    assert not run.of(RunEnded)
    run.tell(Unlocked(("web1", "web2")))
    assert run.finished() == Finish(Exit.DONE)
    assert [type(event) for event in run.events[-3:]] == [Unlocking, Unlocked, RunEnded]


def test_a_run_without_a_lock_has_none_to_let_go(run: Run) -> None:
    run.tell(HostReached("web1"), HostReached("web2"))
    run.end_steps()
    run.end_steps()
    assert run.finished() == Finish(Exit.DONE)
    assert "Unlock" not in kinds(run.effects)


def test_a_refused_run_begins_nothing_and_ends_with_11(run: Run) -> None:
    run.tell(LockRefused("deploy", {"web2": "run r0 by eve", "web1": "run r0 by eve"}))
    assert run.finished() == Finish(Exit.REFUSED)
    ended = run.state.ended
    assert ended is not None
    assert (ended.resumable, ended.reason) == (False, "web2, web1: run r0 by eve")
    assert not run.of(Started)


def test_a_broken_lock_stops_the_run_and_undoes_nothing(run: Run) -> None:
    run.lock_and_reach()
    refused = next(event.key for event in run.events if isinstance(event, Started) and event.key.host == "web1")
    run.tell(LockLost("web1", "its lock was broken: eve"))
    run.tell(Ended(refused, Result(Status.REFUSED)))
    assert run.finished() == Finish(Exit.STOPPED, "stopped")
    ended = run.state.ended
    assert ended is not None
    assert (ended.resumable, ended.reason) == (True, "web1: its lock was broken: eve")
    assert not run.of(Undone)
    assert "Unlock" not in kinds(run.effects)


def test_what_was_refused_for_the_broken_lock_is_begun_under_the_next_one(run: Run) -> None:
    run.lock_and_reach()
    refused, begun = [event.key for event in run.events if isinstance(event, Started)]
    run.tell(LockLost(refused.host, "its lock was broken: eve"))
    run.tell(Ended(refused, Result(Status.REFUSED)))
    run.tell(Resumed("ada", "laptop"))
    run.lock_and_reach()
    run.tell(TakenUp((begun,)))
    again = [event for event in run.of(Started) if isinstance(event, Started) and event.key.host == refused.host]
    assert [(one.key.attempt, one.armed is None) for one in again] == [(1, False), (2, True)]
    run.end_steps()
    run.end_steps()
    run.tell(Unlocked(("web1", "web2")))
    assert run.state.ended is not None
    assert run.state.ended.exit is Exit.DONE
    assert not run.of(HostFailed)


def test_an_interrupt_while_it_waits_for_the_lock_stops_it_at_once(run: Run) -> None:
    run.tell(LockAwaited("deploy", {"web2": "run r0 by eve"}))
    run.tell(Interrupted("ask"))
    assert run.finished() == Finish(Exit.INTERRUPTED, "stopped")


def test_a_run_that_was_cut_off_while_it_let_go_takes_the_lock_again_and_ends(run: Run) -> None:
    run.lock_and_reach()
    run.end_steps()
    run.end_steps()
    run.effects.clear()
    run.tell(Resumed("ada", "laptop"))
    assert kinds(run.effects) == ["Connect", "Connect"]
    assert isinstance(run.effects[0], Connect)
    run.lock_and_reach()
    assert kinds(run.effects)[2:] == ["Unlock"]
    run.tell(Unlocked(("web1", "web2")))
    assert run.finished() == Finish(Exit.DONE)


def test_a_refused_run_that_had_begun_can_still_be_carried_on(run: Run) -> None:
    run.lock_and_reach()
    run.tell(Interrupted("stop"))
    run.effects.clear()
    run.tell(Resumed("ada", "laptop"))
    run.tell(LockRefused("deploy", {"web2": "run r0 by eve"}))
    assert run.finished() == Finish(Exit.REFUSED, "stopped")
    assert run.state.ended is not None
    assert run.state.ended.resumable


def test_a_finished_run_whose_undoing_is_refused_is_as_finished_as_before(run: Run) -> None:
    """It changed nothing, so there is nothing to carry on; whoever asks again has it undone then."""
    run.lock_and_reach()
    run.end_steps()
    run.end_steps()
    run.tell(Unlocked(("web1", "web2")))
    run.tell(Resumed("ada", "laptop", undo=True), LockRefused("deploy", {"web1": "bob"}))
    ended = run.events[-1]
    assert isinstance(ended, RunEnded)
    assert (ended.exit, ended.resumable) == (Exit.REFUSED, False)
    run.tell(Resumed("ada", "laptop", undo=True))
    run.lock_and_reach()
    assert any(isinstance(event, Started) and event.key.direction == "back" for event in run.events)


def test_a_host_that_works_for_the_end_of_the_run_is_locked_with_the_others(tmp_path: Path) -> None:
    """Nothing begins on a host that the run has not locked, the run's own `always` no more than a step."""
    book = "name: R\nstages: [{name: S, hosts: web1, steps: [{name: A, shell: a}]}]\n"
    (tmp_path / "r.yml").write_text(book + "always: [{name: Tell, shell: tell, delegate_to: db1}]\n")
    (tmp_path / "i.yml").write_text("hosts: {web1: {address: 192.0.2.1}, db1: {address: 192.0.2.2}}\n")
    inventory = load_inventory([str(tmp_path / "i.yml")], root=tmp_path)
    run = Run(build(load_runbook(tmp_path / "r.yml", root=tmp_path), inventory))
    assert [effect.host for effect in run.effects if isinstance(effect, Connect)] == ["web1", "db1"]
