"""A world that exists only in the program: it performs effects by asking a script what comes of them, and when."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from executor.engine.effects import Ask, Cancel, Connect, Effect, End, Finish, Perform, Sample, Unlock, Wait, Watch
from executor.events import (
    Answered,
    Ended,
    Event,
    HostLost,
    HostReached,
    Judged,
    Key,
    Locked,
    Question,
    Unlocked,
    WaitEnded,
    WatchTurned,
)
from executor.model.outcomes import Opinion, Result, Status, Verdict
from executor.simulation.calendar import Calendar


class Script(Protocol):
    """How the world answers. Every answer comes with the seconds after which it is there."""

    def connect(self, host: str, /) -> tuple[float, str]:
        """Why the host cannot be reached; empty: it can."""

    def perform(self, effect: Perform, /) -> tuple[float, Result]: ...

    def sample(self, effect: Sample, /) -> tuple[float, Verdict]: ...

    def ask(self, key: Key, question: Question, /) -> tuple[float, Answered]: ...

    def watch(self, effect: Watch, /) -> Iterable[tuple[float, WatchTurned]]: ...


class SimulatedWorld:
    """Enters into the calendar what comes of each effect. What is cut short is answered at once, and once."""

    def __init__(self, script: Script, calendar: Calendar, *, lock: str | None = None) -> None:
        """`lock` is the name of the lock that the run takes on its hosts, if it takes one: it always gets it."""
        self._script = script
        self._calendar = calendar
        self._lock = lock
        self._open: dict[Key, tuple[list[int], Event | None]] = {}  # tickets, and how it is answered when cut short

    def perform(self, effect: Effect) -> None:
        """Begin an effect; what comes of it stands in the calendar."""
        match effect:
            case Connect(host):
                self._connect(host)
            case Unlock(hosts):
                self._calendar.enter(0.0, Unlocked(hosts))
            case Cancel(key) | End(key):
                self._cut(key)
            case Finish():
                raise AssertionError("the loop ends a run, not the world")
            case _:
                self._begin(effect)

    def _connect(self, host: str) -> None:
        seconds, why = self._script.connect(host)
        if why:
            self._calendar.enter(seconds, HostLost(host, why))
            return
        if self._lock:
            self._calendar.enter(seconds, Locked(self._lock, {host: 1}))
        self._calendar.enter(seconds, HostReached(host, seconds))

    def _begin(self, effect: Perform | Sample | Watch | Wait | Ask) -> None:
        key = effect.key
        match effect:
            case Perform():
                seconds, result = self._script.perform(effect)
                self._answer(
                    seconds, key, Ended(key, result), Ended(key, Result(Status.CANCELLED, detail="ended by us"))
                )
            case Sample():
                seconds, verdict = self._script.sample(effect)
                cut = Judged(key, Verdict(Opinion.CANCELLED, "cancelled"))
                self._answer(seconds, key, Judged(key, verdict), cut)
            case Wait(key, seconds):
                self._answer(seconds, key, WaitEnded(key), WaitEnded(key, cut_short=True))
            case Ask(key, question):
                seconds, answered = self._script.ask(key, question)
                self._answer(seconds, key, answered, Answered(key, "", how="withdrawn"))
            case Watch():
                turns = [self._calendar.enter(seconds, turned) for seconds, turned in self._script.watch(effect)]
                self._open[key] = turns, None

    def _answer(self, seconds: float, key: Key, answer: Event, cut: Event) -> None:
        self._open[key] = [self._calendar.enter(seconds, answer)], cut

    def _cut(self, key: Key) -> None:
        """End what goes on under this key. A watch says nothing more; what has been answered already is over."""
        tickets, cut = self._open.pop(key, ([], None))
        pending = [self._calendar.call_off(ticket) for ticket in tickets]
        if cut is not None and any(pending):
            self._calendar.enter(0.0, cut, first=True)
