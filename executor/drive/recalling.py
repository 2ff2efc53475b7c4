"""Completing a journal that was taken from its run's hosts: it lacks the last second before its machine was lost.

The engine decides on from where the journal ends, as it did there. What it begins is not done: of a job that its host
knows of it is asked how it ended, and that is noted; of everything else, what followed on the hosts shows what came of
it. Where nothing more has followed the engine waits in vain, and that is how far the run had come: as if its program
had just died, with all that it had written down.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain
from typing import TypeAlias

from executor.drive.inbox import Inbox
from executor.drive.recorder import Recorder
from executor.drive.work import Work, job_id
from executor.engine import State, decide, evolve
from executor.engine.effects import Ask, Cancel, Decision, Effect, Finish, Perform, Sample, Wait
from executor.engine.start import Lost
from executor.engine.state import Flight
from executor.engine.step import again
from executor.engine.work import Here
from executor.errors import RunbookError
from executor.events import Answered, Ended, Event, Judged, Key, Question, WaitEnded
from executor.mirror.records import Standing
from executor.model.actions import Fetch
from executor.model.outcomes import Opinion, Result, Status, Verdict
from executor.model.plans import Plan
from executor.secrets import Redactor, without_secrets

Collect: TypeAlias = Callable[[Perform], Event | None]  # how a job ended, as its host tells; None where it does not

_PATIENCE = 60.0  # seconds for a job's output to come; a large one on a slow line takes its time
_NOTHING = Decision()
_SEEN = "as what followed shows"
_ALIVE = ("forward", "halting", "back", "returning", "closing")  # phases in which a program was at work


@dataclass(frozen=True, slots=True)
class Traces:
    """The jobs of a run: those that each host knows of, where it was asked, and those that the journal tells."""

    known: Mapping[str, Mapping[str, Standing]]
    told: Collection[str]


@dataclass(frozen=True, slots=True)
class Recalled:
    """What the hosts have added: how many events, and the jobs that they know of and nobody can place."""

    events: int
    strange: tuple[str, ...]


def recall_rest(plan: Plan, state: State, traces: Traces, collect: Collect, recorder: Recorder) -> Recalled:
    """Take the run as far as its hosts have carried it. The state is changed; the events are recorded.

    Raises JournalFailed.
    """
    memory = _Memory(plan, state, traces, collect)
    if state.phase not in _ALIVE:
        return Recalled(0, memory.strange())
    count = 0
    answers = memory.under_way()
    while True:
        events, effects = _settle(plan, state, answers, recorder)
        count += events
        for key in state.flights:
            memory.place(key)
        if any(isinstance(effect, Finish) for effect in effects):
            break
        answers = [answer for effect in effects if (answer := memory.answer(effect)) is not None]
        if not answers:
            break
    return Recalled(count, memory.strange())


def collecting(work: Work, inbox: Inbox, redactor: Redactor) -> Collect:
    """Asks hosts through `work`, which must be one that collects (blocking)."""

    def collect(perform: Perform) -> Event | None:
        work.start(perform)
        give_up = time.monotonic() + _PATIENCE
        while (left := give_up - time.monotonic()) > 0:
            for message in inbox.gather(left):
                if isinstance(message, Ended) and message.key == perform.key:
                    doubtful = message.result.status in (Status.UNREACHABLE, Status.UNKNOWN)
                    return None if doubtful else without_secrets(message, redactor)
        return None

    return collect


def _settle(plan: Plan, state: State, answers: Sequence[Event], recorder: Recorder) -> tuple[int, list[Effect]]:
    """Fold the answers in, and let the engine decide until it has nothing more to say."""
    count, effects = 0, list[Effect]()
    events: Sequence[Event] = answers
    while True:
        recorder.record(events)
        for event in events:
            evolve(plan, state, event)
        count += len(events)
        decision = decide(plan, state)
        if decision == _NOTHING:
            break
        events, effects = decision.events, [*effects, *decision.effects]
    recorder.sync()
    return count, effects


class _Memory:
    """What the hosts know, and what of it the journal has a place for by now."""

    def __init__(self, plan: Plan, state: State, traces: Traces, collect: Collect) -> None:
        self._plan = plan
        self._state = state
        self._known = traces.known
        self._collect = collect
        self._rest: dict[str, set[str]] = {name: set() for name in state.hosts}  # by whose name a job bears
        for job in chain.from_iterable(traces.known.values()):
            name = job.partition("-at-")[2]
            if name in self._rest and job not in traces.told:
                self._rest[name].add(job)

    def place(self, key: Key) -> None:
        """The journal has that piece of work now."""
        self._rest[key.host].discard(job_id(key))

    def strange(self) -> tuple[str, ...]:
        """What no piece of work in the journal stands for."""
        return tuple(sorted(chain.from_iterable(self._rest.values())))

    def under_way(self) -> list[Event]:
        """What came of that which was under way where the journal ends."""
        found = (self._of_flight(key, flight) for key, flight in tuple(self._state.flights.items()))
        return [answer for answer in found if answer is not None]

    def answer(self, effect: Effect) -> Event | None:
        """What came of an effect; None where nobody knows (yet)."""
        match effect:
            case Perform():
                return self._performed(effect)
            case Sample(key):
                return self._passed(key)
            case Wait(key):
                return WaitEnded(key) if self._followed(key) else None
            case Ask(key, question):
                return self._said(key, question)
            case Cancel(key):
                return self._cancelled(key)
            case _:
                return None

    def _of_flight(self, key: Key, flight: Flight) -> Event | None:
        match flight.kind:
            case "perform":
                work = self._state.hosts[key.host].work
                if work is None or key.part == "settle":
                    return None
                with suppress(Lost, RunbookError):  # then nobody can tell here; the run does when it is carried on
                    (effect,) = again(Here(self._plan, self._state, self._state.hosts[key.host], work)).effects
                    return self.answer(replace(effect, key=key) if isinstance(effect, Perform) else effect)
                return None
            case "sample":
                return self._passed(key)
            case "wait":
                return WaitEnded(key) if self._followed(key) else None
            case "ask":
                return self._said(key, flight.question) if flight.question is not None else None
            case "watch":
                return None

    def _performed(self, effect: Perform) -> Event | None:
        key = effect.key
        match self._known.get(effect.on, {}).get(job_id(key)):
            case "ended":
                return self._collect(effect)
            case "open":
                return None
        if key.part in ("only_if", "unless"):
            return self._guarded(effect)
        if (key.part == "item" or isinstance(effect.action, Fetch)) and self._followed(key):
            return Ended(key, Result(Status.OK, rc=0, changed=False, detail=_SEEN))
        return None

    def _guarded(self, effect: Perform) -> Ended | None:
        """A guard leaves no record; whether its action does says what it has said."""
        key = effect.key
        needed = job_id(replace(key, part="action")) in self._known.get(effect.on, {})
        if not needed and not self._followed(key):
            return None
        rc = 0 if needed == (key.part == "only_if") else 1
        return Ended(key, Result(Status.OK, rc=rc, changed=False, detail=_SEEN))

    def _passed(self, key: Key) -> Judged | None:
        return Judged(key, Verdict(Opinion.PASSED, f"passed, {_SEEN}", samples=0)) if self._followed(key) else None

    def _said(self, key: Key, question: Question) -> Answered | None:
        if question.kind in ("pause", "checklist", "step") and self._followed(key):
            return Answered(key, "yes", how="inferred")
        return None

    def _cancelled(self, key: Key) -> Event | None:
        flight = self._state.flights.get(key)
        match flight.kind if flight is not None else "":
            case "wait":
                return WaitEnded(key, cut_short=True)
            case "ask":
                return Answered(key, "", how="withdrawn")
            case "sample":
                return Judged(key, Verdict(Opinion.CANCELLED, "cancelled", samples=0))
            case _:
                return None

    def _followed(self, key: Key) -> bool:
        """More has come after it: on its host, or of the run's own work anywhere."""
        own = self._plan.hosts[key.host].local or key.part == "pause"
        return any(self._rest.values()) if own else bool(self._rest[key.host])
