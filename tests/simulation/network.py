"""Simulated hosts and the lines to them: starts that come late, twice or never, hosts that go away and return.

A host keeps one record of a job, whoever asks for it and however often its start arrives. When a job begins is worked
out from the times at which its starts arrive and from when on it is barred, so nothing has to happen in between.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import copy
from dataclasses import dataclass, field, replace
from math import inf
from random import Random

from executor.engine.doubt import DID_NOT_RUN, FAILED, RAN
from executor.engine.effects import Perform, Sample, Watch
from executor.events import Answered, Key, Question, WatchTurned
from executor.model.outcomes import Opinion, Result, Status, Verdict

NEVER = inf
HERE = "localhost"  # the control node itself, which is always there
_BAD = (
    Result(Status.OK, rc=1),
    Result(Status.OK, rc=1),
    Result(Status.FAILED),
    Result(Status.TIMED_OUT),
    Result(Status.REFUSED),
)
_GOOD = (Result(Status.OK, rc=0), Result(Status.OK, rc=0, changed=True), Result(Status.OK, rc=0, changed=False))


@dataclass(slots=True)
class Job:
    """What a host knows of a job, or will."""

    key: Key
    on: str
    result: Result  # how it ends when it is left alone
    length: float
    arrives: float = NEVER  # when the first of its starts arrives
    barred: float = NEVER  # from when on no start of it counts any more
    killed: float = NEVER
    forgotten: bool = False  # the host has lost what it knew of it
    abandoned: bool = False  # whoever started it has been told that the host cannot be reached

    @property
    def begins(self) -> float:
        """NEVER: it does not run."""
        refused = self.result.status is Status.REFUSED
        return NEVER if refused or self.arrives > self.barred else self.arrives

    @property
    def ends(self) -> float:
        return min(self.begins + self.length, max(self.killed, self.begins))

    @property
    def told(self) -> Result:
        """How it ended, as its host tells it."""
        if self.forgotten:
            return Result(Status.UNKNOWN)
        if self.begins == NEVER:
            return Result(Status.REFUSED, detail="it never started, and never will")
        ended = Result(Status.CANCELLED) if self.killed < self.begins + self.length else self.result
        return replace(ended, duration=self.ends - self.begins)


@dataclass(slots=True)
class Network:
    """A script for a simulated world (see `executor.simulation.world.Script`) that outlives the programs in it."""

    dice: Random
    bad: float  # how often something goes wrong
    now: float = 0.0
    jobs: dict[Key, Job] = field(default_factory=dict)
    away: dict[str, float] = field(default_factory=dict)  # hosts that cannot be reached -> until when
    asked: dict[Key, Key] = field(default_factory=dict)  # questions what became of a job -> that job

    def fork(self, dice: Random) -> Network:
        """An independent copy with dice of its own."""
        twin = copy(self)
        twin.dice, twin.away, twin.asked = dice, dict(self.away), dict(self.asked)
        twin.jobs = {key: copy(job) for key, job in self.jobs.items()}
        return twin

    # --- what programs ask of it --------------------------------------------------------------------------------------

    def connect(self, host: str, /) -> tuple[float, str]:
        """Reached, unless the host is away or does not answer."""
        seconds = self._seconds()
        if self.away.get(host, 0.0) > self.now + seconds or (self._fails() and self._fails()):
            return seconds, "no answer"
        self.away.pop(host, None)
        return seconds, ""

    def perform(self, effect: Perform, /) -> tuple[float, Result]:
        """Start a job, or ask again for one that may have been started."""
        job = self.jobs.get(effect.key)
        guard = effect.key.part in ("only_if", "unless")  # it changes nothing: a second one does no harm
        assert job is None or effect.again or guard, f"{effect.key} is sent as if it had never been sent before"
        if self._is_away(effect.on):
            return self._gone(job)
        if effect.settles is not None:
            return self._settle(effect.key, effect.settles, effect.on)
        if job is None:
            job = self.jobs[effect.key] = Job(effect.key, effect.on, self._result(effect.key), self._seconds())
        else:
            job.abandoned = False
        fate = self.dice.random()
        if fate < self.bad / 4 and effect.on != HERE:
            return self._lose(job)
        if fate < self.bad / 3:
            job.forgotten = True  # its folder is gone, before it ran or after
        elif fate < self.bad / 2.5 and effect.on != HERE:
            return self._reboot(job)
        job.arrives = min(job.arrives, self.now + self.dice.choice([0.0, 0.1, 3.0]))
        over = job.ends if job.begins < NEVER else job.arrives
        return max(over - self.now, 0.0) + self.dice.choice([0.0, 0.1, 2.0]), job.told

    def _settle(self, key: Key, asked: Key, on: str) -> tuple[float, Result]:
        """What became of a job: one that has not begun never will, one that runs is followed to its end."""
        if self.dice.random() < self.bad / 4 and on != HERE:
            self.away[on] = self.now + self.dice.choice([1.0, 100.0, NEVER])
            return self._gone(None)
        job = self.jobs.setdefault(asked, Job(asked, on, Result(Status.OK), 0.0))
        self.asked[key] = asked
        if job.begins > self.now:
            job.barred = min(job.barred, self.now)
        over = job.ends if job.begins < NEVER else self.now
        return max(over - self.now, 0.0) + self._seconds(), job.told

    def _is_away(self, host: str) -> bool:
        return self.away.get(host, 0.0) > self.now

    def _lose(self, job: Job) -> tuple[float, Result]:
        """The host goes away with the start on its way: it may arrive, never arrive, or arrive much later."""
        arrives = self.now + self.dice.choice([0.0, 2.0, 20.0, 200.0, NEVER])
        job.arrives = min(job.arrives, arrives)
        self.away[job.on] = self.now + self.dice.choice([1.0, 10.0, 100.0, NEVER])
        return self._gone(job)

    def _reboot(self, job: Job) -> tuple[float, Result]:
        """The machine is started anew. Of what ran on it nobody can tell how far it came; what had ended is known."""
        job.arrives = min(job.arrives, self.now)
        for other in self.jobs.values():
            if other.on == job.on and other.begins <= self.now < other.ends:
                other.killed, other.forgotten = self.now, True
        self.away[job.on] = self.now + self.dice.choice([20.0, 60.0])
        return self._gone(job)

    def _gone(self, job: Job | None) -> tuple[float, Result]:
        if job is not None:
            job.abandoned = True
        return self._seconds(), Result(Status.UNREACHABLE, detail="no answer")

    def kill(self, key: Key) -> bool:
        """End a job: False where that comes too late, or cannot be said to its host."""
        settling = key in self.asked
        job = self.jobs.get(self.asked.get(key, key))
        if job is None or (job.abandoned and not settling) or job.ends <= self.now:
            return False
        if job.begins > self.now:
            job.barred = min(job.barred, self.now)
        job.killed = min(job.killed, self.now)
        return True

    def sample(self, effect: Sample, /) -> tuple[float, Verdict]:
        opinion = self.dice.choice([Opinion.FAILED, Opinion.INCONCLUSIVE]) if self._fails() else Opinion.PASSED
        if self._is_away(effect.on):
            opinion = Opinion.FAILED
        return self._seconds(), Verdict(opinion, opinion.value)

    def ask(self, key: Key, question: Question, /) -> tuple[float, Answered]:
        choice = self.dice.choice(question.choices) if question.choices else ""
        if question.kind == "checklist":
            choice = "no" if self._fails() else "yes"
        if question.kind == "outcome":
            choice = self._truth(key)
        if question.kind == "failure" and choice == "retry" and self.dice.random() < 0.3:
            choice = "rollback"  # nobody tries for ever
        return self._seconds(), Answered(key, choice)

    def _truth(self, key: Key) -> str:
        """What a person finds out of a step of which its host cannot tell."""
        job = self.jobs.get(replace(key, part="action", sub=0))
        if job is None or job.begins == NEVER:
            return DID_NOT_RUN
        return RAN if job.result.status is Status.OK and job.result.rc == 0 else FAILED

    def watch(self, effect: Watch, /) -> Iterable[tuple[float, WatchTurned]]:
        return tuple(self._watched(effect.key))

    def _watched(self, key: Key) -> Iterator[tuple[float, WatchTurned]]:
        now = 0.0
        for _ in range(self.dice.randrange(3)):
            now += 1.0 + self._seconds()
            yield now, WatchTurned(key, "bad", Verdict(Opinion.FAILED, "bad"))
            now += 1.0 + self._seconds()
            if self._fails():
                yield now, WatchTurned(key, "failed", Verdict(Opinion.FAILED, "bad for too long"))
                return
            yield now, WatchTurned(key, "good", Verdict(Opinion.PASSED, "good"))

    # --- dice ---------------------------------------------------------------------------------------------------------

    def _result(self, key: Key) -> Result:
        if key.part == "unless":
            return Result(Status.OK, rc=self.dice.choice([0, 1, 1]))
        return self.dice.choice(_BAD if self._fails() else _GOOD)

    def _seconds(self) -> float:
        return self.dice.choice([0.0, 1.0, 1.0, 2.0, 7.0])

    def _fails(self) -> bool:
        return self.dice.random() < self.bad
