"""Runs that are killed and carried on: a world that remembers what was begun in it, and a program that does not."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from executor.engine.effects import Perform, Sample, Watch
from executor.events import (
    Answered,
    Ended,
    Event,
    ItemEnded,
    Key,
    Question,
    Resumed,
    RunEnded,
    Started,
    StepEnded,
    WatchTurned,
)
from executor.model.outcomes import Result, Status, Verdict
from executor.model.plans import Plan
from tests.engine.world import Script, World

RESUMED = Resumed("ann", "here")


class Killed(BaseException):
    """The program dies here."""


@dataclass(slots=True)
class Remembering:
    """The world's memory: what was begun under a key is found again under it, whoever asks, and is never done twice."""

    script: Script
    clock: Callable[[], float] = lambda: 0.0
    done: dict[Key, tuple[float, Result]] = field(default_factory=dict)  # when it ends, whoever looks, and how
    seen: dict[Key, tuple[float, Verdict]] = field(default_factory=dict)
    said: dict[Key, tuple[float, Answered]] = field(default_factory=dict)
    watched: dict[Key, tuple[tuple[float, WatchTurned], ...]] = field(default_factory=dict)
    reached: dict[str, tuple[float, str]] = field(default_factory=dict)
    happened: tuple[tuple[float, Event], ...] | None = None
    again: set[str] = field(default_factory=set)  # hosts that are found as they were left when a run is resumed

    def connect(self, host: str) -> tuple[float, str]:
        if host in self.again:
            self.again.discard(host)
            return self.reached[host]
        self.reached[host] = self.script.connect(host)
        return self.reached[host]

    def perform(self, effect: Perform, name: str) -> tuple[float, Result]:
        unheard = effect.again and effect.key in self.done and self.done[effect.key][1].status is Status.UNREACHABLE
        if effect.key not in self.done or unheard:
            seconds, result = self.script.perform(effect, name)
            self.done[effect.key] = self.clock() + seconds, result
        due, result = self.done[effect.key]
        return max(due - self.clock(), 0.0), result

    def sample(self, effect: Sample, name: str) -> tuple[float, Verdict]:
        if effect.key not in self.seen:
            self.seen[effect.key] = self.script.sample(effect, name)
        return self.seen[effect.key]

    def ask(self, key: Key, question: Question) -> tuple[float, Answered]:
        if key not in self.said:
            self.said[key] = self.script.ask(key, question)
        return self.said[key]

    def watch(self, effect: Watch) -> Iterable[tuple[float, WatchTurned]]:
        if effect.key not in self.watched:
            self.watched[effect.key] = tuple(self.script.watch(effect))
        return self.watched[effect.key]

    def outside(self) -> Iterable[tuple[float, Event]]:
        if self.happened is None:
            self.happened = tuple(self.script.outside())
        return self.happened


@dataclass(slots=True)
class Lives:
    """One run through several programs. `journal` is all that one leaves to the next."""

    plan: Plan
    script: Remembering
    now: float = 0.0
    journal: list[Event] = field(default_factory=list)

    def live(self, opening: Event | None = None, *, die: Callable[[], bool] = lambda: False) -> World:
        """Until the run ends, or `die` says so: it is asked each time before effects begin, and after they have."""

        def maybe(*_: object) -> None:
            if die():
                raise Killed

        self.script.again = set(self.script.reached) if opening is not None else set()
        world = World(self.plan, self.script, now=self.now, journal=self.journal, written=maybe, watching=maybe)
        self.script.clock = lambda: world.now
        try:
            world.go(opening)
        except Killed:
            pass
        finally:
            self.now = world.now
        return world


def after(count: int) -> Callable[[], bool]:
    """Says yes when it is asked the `count`th time (from 0), and from then on."""
    asked = iter(range(count))
    return lambda: next(asked, None) is None


def moments(lives: Callable[[], Lives], opening: Event | None = None) -> int:
    """At how many moments the program could die in that life."""
    count = 0

    def ask() -> bool:
        nonlocal count
        count += 1
        return False

    lives().live(opening, die=ask)
    return count


def end_of(journal: list[Event]) -> RunEnded:
    last = journal[-1]
    assert isinstance(last, RunEnded)
    return last


def no_completed_step_begins_again(journal: list[Event]) -> None:
    """A step (or round) that ended well on a host is not begun there again; nor is a command that has ended."""
    over: set[tuple[str, str, int]] = set()
    ended: set[Key] = set()
    for event in journal:
        match event:
            case Resumed(undo=True):
                over = {entry for entry in over if not entry[1].startswith("a.")}  # the run's own end comes once more
            case Started(key) if key.direction == "forward" and key.part == "action":
                assert (key.host, key.task, key.item) not in over, f"{key} although it was completed"
                assert key not in ended, f"{key} had ended"
            case ItemEnded(host, task, item, status=status, direction="forward") if status in ("ok", "changed"):
                over.add((host, task, item))
            case StepEnded(host, task, status=status, direction="forward") if status in ("ok", "changed"):
                over.add((host, task, 0))
            case Ended(key, result) if result.status not in (Status.UNREACHABLE, Status.UNKNOWN):
                ended.add(key)
            case _:
                pass


def what_came_of(ended: RunEnded) -> dict[str, object]:
    """The end of a run, without its reason: a rollback that is carried on has another."""
    return {
        "exit": int(ended.exit),
        "status": ended.status,
        **dict(ended.hosts),
        "left": ended.left,
        "stays": ended.not_undone,
    }
