"""The script of a simulation by hand: everything goes well, but for what the operator has named."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from executor.engine.effects import Perform, Sample, Watch
from executor.events import Answered, Key, Question, WatchTurned
from executor.model.actions import SELF_UNDOING, Fetch, Reboot, Undo
from executor.model.outcomes import Opinion, Result, Status, Verdict
from executor.model.probes import Probe
from executor.probes.times import times
from executor.simulation.flags import Fault

STEP = 1.0  # seconds that each piece of work takes, unless a seed says otherwise
REBOOT = 60.0  # seconds that a machine takes to come back
SHORTEST, LONGEST = 0.2, 5.0  # seconds, with a seed

_TELLING = (*SELF_UNDOING, Fetch, Undo)  # actions that say themselves whether they have changed something


@dataclass(slots=True)
class Rehearsal:
    """Answers as the operator has it. It keeps account of what it has made up, and of the faults that came to pass.

    `prints` has what steps print, by their ids; everything else prints nothing. With a `seed` each piece of work takes
    a time of its own, always the same for the same seed.
    """

    faults: Sequence[Fault] = ()
    absent: frozenset[str] = frozenset()  # hosts that are never there
    leaving: Sequence[Fault] = ()  # where a host goes away for good
    prints: Mapping[str, str] = field(default_factory=dict)
    seed: int | None = None
    happened: set[str] = field(default_factory=set)  # the flags of faults that came to pass
    made_up: dict[str, None] = field(default_factory=dict)  # ids of steps whose output was read, and taken for empty
    _gone: set[str] = field(default_factory=set)

    def connect(self, host: str, /) -> tuple[float, str]:
        """Reached, or not."""
        away = host in self.absent or host in self._gone
        return self._seconds(f"connect to {host}"), "away in this simulation" if away else ""

    def perform(self, effect: Perform, /) -> tuple[float, Result]:
        """Done; a guard says that the step is needed."""
        key = effect.key
        seconds = self._seconds(str(key))
        if effect.on in self._gone or self._leaves(effect):
            return seconds, Result(Status.UNREACHABLE, detail="away in this simulation", duration=seconds)
        if fault := self._fault(key):
            return seconds, Result(Status.FAILED, rc=1, detail=_reason(fault), duration=seconds)
        if isinstance(effect.action, Reboot):
            return REBOOT, Result(Status.OK, rc=0, changed=True, detail="restarted", duration=REBOOT)
        changed = True if isinstance(effect.action, _TELLING) else None
        said = self._printed(effect)
        return seconds, Result(Status.OK, rc=int(key.part == "unless"), stdout=said, changed=changed, duration=seconds)

    def sample(self, effect: Sample, /) -> tuple[float, Verdict]:
        """Passed at once, or after the time that it has to hold; failed when its time is up."""
        own, seconds = times(effect.probe), self._seconds(str(effect.key))
        if effect.on in self._gone:
            return seconds, Verdict(Opinion.FAILED, f"unreachable: {effect.on} is away in this simulation", samples=0)
        if fault := self._fault(effect.key):
            length = own.failing_for if own.hold is not None else own.within
            return length or seconds, Verdict(Opinion.FAILED, _reason(fault), duration=length or seconds)
        length = own.hold or seconds
        return length, Verdict(Opinion.PASSED, "simulated", duration=length)

    def ask(self, key: Key, question: Question, /) -> tuple[float, Answered]:
        """Yes to everything; to what to do about a failure, what silence would say."""
        if self._fault(key):
            choice = "no"
        elif question.kind == "step":
            choice = "yes"
        else:
            choice = question.default or "yes"
        evidence = "simulated" if question.evidence else ""
        return self._seconds(str(key)), Answered(key, choice, "the simulation", evidence)

    def watch(self, effect: Watch, /) -> Iterable[tuple[float, WatchTurned]]:
        """Good all the time, or bad from the start until that counts."""
        return self._watched(effect.key, effect.probe)

    def _watched(self, key: Key, probe: Probe) -> Iterator[tuple[float, WatchTurned]]:
        fault = self._fault(key)
        if fault is None:
            yield STEP, WatchTurned(key, "good", Verdict(Opinion.PASSED, "simulated"))
            return
        bad = Verdict(Opinion.FAILED, _reason(fault))
        lasting = times(probe, endless=True).failing_for
        if lasting:
            yield STEP, WatchTurned(key, "bad", bad)
        yield STEP + lasting, WatchTurned(key, "failed", bad)

    def _printed(self, effect: Perform) -> str:
        if not effect.register:
            return ""
        if effect.key.task not in self.prints:
            self.made_up[effect.key.task] = None
        return self.prints.get(effect.key.task, "")

    def _leaves(self, effect: Perform) -> bool:
        for fault in self.leaving:
            if fault.hits(effect.key):
                self.happened.add(fault.flag)
                self._gone.add(effect.on)
                return True
        return False

    def _fault(self, key: Key) -> Fault | None:
        for fault in self.faults:
            if fault.hits(key):
                self.happened.add(fault.flag)
                return fault
        return None

    def _seconds(self, what: str) -> float:
        if self.seed is None:
            return STEP
        dice = random.Random(f"{self.seed} {what}")  # noqa: S311 - a simulated duration, not a secret
        return round(dice.uniform(SHORTEST, LONGEST), 1)


def _reason(fault: Fault) -> str:
    return f"it fails in this simulation ({fault.flag})"
