"""The real world: effects on hosts, clocks and people. The simulated one has the same single method."""

from __future__ import annotations

from typing import Protocol

from executor.drive.inbox import Clock, Inbox
from executor.drive.locking import Locking
from executor.drive.sampling import Sampling
from executor.drive.timers import Timer, Timers
from executor.drive.work import Work
from executor.engine.effects import (
    Ask,
    Cancel,
    Connect,
    Effect,
    End,
    Finish,
    Perform,
    Sample,
    Unlock,
    Wait,
    Watch,
)
from executor.events import Ended, HostLost, HostReached, Key, Question, WaitEnded
from executor.hosts.crew import Crew
from executor.hosts.errors import ConnectionFailed
from executor.hosts.pool import Hosts
from executor.model.outcomes import Result, Status

PROBERS = 32  # samples that are taken at once


class Questions(Protocol):
    """Who answers questions; see `executor.gates.desk.Desk`."""

    def ask(self, key: Key, question: Question) -> None: ...

    def withdraw(self, key: Key) -> None: ...


class RealWorld:
    """Performs effects; everything that comes of them arrives in the inbox."""

    def __init__(
        self,
        *,
        hosts: Hosts,
        work: Work,
        sampling: Sampling,
        questions: Questions,
        inbox: Inbox,
        timers: Timers,
        clock: Clock,
        locking: Locking | None = None,
    ) -> None:
        """`locking` is for a run that has a lock: it connects to hosts and locks them."""
        self._locking = locking
        self._hosts = hosts
        self._work = work
        self._sampling = sampling
        self._questions = questions
        self._inbox = inbox
        self._timers = timers
        self._clock = clock
        self._waits: dict[Key, Timer] = {}
        self._joining: set[Key] = set()  # work that waits for its host to be locked

    def perform(self, effect: Effect) -> None:
        """Begin an effect; returns at once."""
        match effect:
            case Connect(host):
                self._connect(host)
            case Unlock(hosts):
                if self._locking is not None:
                    self._locking.let_go(hosts)
            case Perform(key, on) if self._locking is not None and self._locking.is_new(on):
                self._joining.add(key)
                self._locking.join(on, lambda why: self._joined(effect, why))
            case Perform():
                self._begin(effect)
            case Sample() | Watch():
                self._sampling.start(effect)
            case Wait(key, seconds):
                self._waits[key] = self._timers.at(self._clock() + seconds, lambda: self._waited(key, cut_short=False))
            case Ask(key, question):
                self._questions.ask(key, question)
            case Cancel(key):
                self._cancel(key)
            case End(key):
                self._end(key)
            case Finish():
                raise AssertionError("the loop ends a run, not the world")

    def _connect(self, host: str) -> None:
        if self._locking is not None:
            self._locking.connect(host)
        else:
            self._hosts.connect([host], self._connected)

    def _end(self, key: Key) -> None:
        if key in self._joining:
            self._joining.discard(key)
            self._inbox.put(Ended(key, Result(Status.CANCELLED, detail="its host was not locked yet")))
        else:
            self._work.end(key)

    def _begin(self, effect: Perform) -> None:
        self._sampling.step_began(effect.key)
        self._work.start(effect)

    def _joined(self, effect: Perform, why: str) -> None:
        """A delegate that only the run could name has been locked, or cannot be."""
        if effect.key not in self._joining:
            return
        self._joining.discard(effect.key)
        if why:
            # What an earlier program may have sent there cannot be said to have never started.
            status = Status.UNREACHABLE if effect.again else Status.REFUSED
            self._inbox.put(Ended(effect.key, Result(status, detail=f"{effect.on}: {why}")))
        else:
            self._begin(effect)

    def _connected(self, name: str, seconds: float, failure: ConnectionFailed | None) -> None:
        self._inbox.put(HostReached(name, seconds) if failure is None else HostLost(name, _why(failure)))

    def _cancel(self, key: Key) -> None:
        """Whatever waits under this key: each of them knows its own keys alone."""
        if key in self._waits:
            self._waited(key, cut_short=True)
        self._sampling.cancel(key)
        self._questions.withdraw(key)

    def _waited(self, key: Key, *, cut_short: bool) -> None:
        timer = self._waits.pop(key)
        timer.cancel()
        self._inbox.put(WaitEnded(key, cut_short))


def _why(failure: ConnectionFailed) -> str:
    return f"{failure.reason} ({failure.hint})" if failure.hint else failure.reason


def probers() -> Crew:
    """The workers that take samples."""
    return Crew(PROBERS, "probe")
