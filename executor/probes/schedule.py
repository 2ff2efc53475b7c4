"""When a probe is asked again, and when its answers add up to a verdict.

A schedule is a value: `begin` (or `watching`) makes it, `observe` gives the next one for each sample, and time is
passed in, in monotonic seconds. There are these kinds:

- neither `within` nor `hold`: the first sample decides; with rates or percentiles, as soon as there are enough.
- `within`: until it passes, or its time is up. The last look is at the very end of it.
- `hold`: it must pass until the time is over. It may be other than passing for less than `failing_for`; only before the
  first sample that says anything may it be inconclusive for longer. A bad spell at the end is waited out.
- `within` and `hold`: until it passes, and from then on as `hold`.
- a watch: as `hold`, without an end and without ever failing for being inconclusive.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from executor.model.outcomes import Opinion, Verdict
from executor.model.probes import Http, Probe
from executor.probes import many
from executor.probes.answers import Answer
from executor.probes.expect import expected
from executor.probes.times import Times, looks_back, times
from executor.probes.window import Window
from executor.probes.words import count, duration

State: TypeAlias = Literal["good", "bad", "inconclusive"]
Turn: TypeAlias = Literal["good", "bad", "inconclusive", "failed"]

_STATE: dict[Opinion, State] = {Opinion.PASSED: "good", Opinion.FAILED: "bad"}


@dataclass(frozen=True, slots=True)
class Schedule:
    """Where a probe stands. `now` is what it says at this moment, `verdict` what it says for good."""

    probe: Probe
    times: Times
    endless: bool
    started: float
    next_at: float  # when to take the next sample
    samples: int = 0
    window: Window = Window()
    now: Verdict | None = None
    verdict: Verdict | None = None
    turned: Turn | None = None  # what the last sample has changed; None: nothing
    judged: bool = False  # there has been a sample that said something
    held_from: float | None = None  # since when it has to keep passing
    not_good_since: float | None = None  # the first sample that did not pass since the last that did
    bad_since: float | None = None  # the first bad sample since the last good one

    def cancelled(self, now: float) -> Verdict:
        """What there is to say of a probe that was ended by us: nothing, but what was measured until then."""
        so_far = f": {self.now.summary} so far" if self.now else ""
        measured = self.now.measured if self.now else {}
        return Verdict(Opinion.CANCELLED, f"ended early{so_far}", measured, self.samples, now - self.started)


def begin(probe: Probe, now: float) -> Schedule:
    """A probe that comes to a verdict. Its first sample is due at once."""
    own = times(probe)
    held_from = now if own.within is None else None
    return Schedule(probe, own, endless=False, started=now, next_at=now, held_from=held_from)


def watching(probe: Probe, now: float) -> Schedule:
    """A probe that is asked until it fails, or until nobody wants to know any more."""
    return Schedule(probe, times(probe, endless=True), endless=True, started=now, next_at=now, held_from=now)


def observe(schedule: Schedule, answer: Answer, now: float) -> Schedule:
    """With one sample more, taken at `now`. A schedule that has its verdict stays as it is."""
    if schedule.verdict is not None:
        return schedule
    answer = expected(schedule.probe, answer)
    window = _window(schedule, answer, now)
    current = _current(schedule.probe, window, answer)
    state = _STATE.get(current.opinion, "inconclusive")
    judged = schedule.judged or state != "inconclusive"
    after = replace(
        schedule,
        samples=schedule.samples + 1,
        window=window,
        now=current,
        judged=judged,
        held_from=_first(schedule.held_from, now) if state == "good" else schedule.held_from,
        not_good_since=_first(schedule.not_good_since, now) if judged and state != "good" else None,
        bad_since=_bad_since(schedule, state, now),
    )
    verdict = _concluded(after, state, now)
    return replace(after, verdict=verdict, turned=_turned(schedule, state, verdict), next_at=_next(after, now))


def _window(schedule: Schedule, answer: Answer, now: float) -> Window:
    if not looks_back(schedule.probe):
        return schedule.window
    window = schedule.window.since(now - schedule.times.over)
    if answer.verdict.opinion is Opinion.INCONCLUSIVE:
        return window
    return window.add(now, bad=answer.verdict.opinion is Opinion.FAILED, seconds=answer.seconds)


def _current(probe: Probe, window: Window, answer: Answer) -> Verdict:
    """What the probe says at this moment."""
    if not isinstance(probe.verb, Http) or not looks_back(probe) or answer.verdict.opinion is Opinion.INCONCLUSIVE:
        return answer.verdict
    return many.judge(probe.verb, window, answer.verdict)


def _first(since: float | None, now: float) -> float:
    return now if since is None else since


def _bad_since(schedule: Schedule, state: State, now: float) -> float | None:
    match state:
        case "good":
            return None
        case "bad":
            return _first(schedule.bad_since, now)
        case "inconclusive":  # neither begins a bad spell nor ends one
            return schedule.bad_since


def _turned(before: Schedule, state: State, verdict: Verdict | None) -> Turn | None:
    if verdict is not None and verdict.opinion is Opinion.FAILED:
        return "failed"
    was = None if before.now is None else _STATE.get(before.now.opinion, "inconclusive")
    return state if state != was else None


def _end(schedule: Schedule) -> float | None:
    """When the time is up that runs now; None: there is none."""
    if schedule.endless:
        return None
    if schedule.times.hold is not None and schedule.held_from is not None:
        return schedule.held_from + schedule.times.hold
    return None if schedule.times.within is None else schedule.started + schedule.times.within


def _next(schedule: Schedule, now: float) -> float:
    """In step with the first sample where that can be; the last look is at the end of the probe's time."""
    due = max(schedule.next_at + schedule.times.every, now)
    end = _end(schedule)
    return end if end is not None and now < end < due else due


# --- verdicts ----------------------------------------------------------------------------------------------------


def _concluded(schedule: Schedule, state: State, now: float) -> Verdict | None:
    holds = schedule.endless or schedule.times.hold is not None
    if holds and schedule.held_from is not None:
        return _held(schedule, state, now, schedule.held_from)
    if schedule.times.within is not None:
        return _in_time(schedule, state, now)
    return _at_once(schedule, state, now)


def _at_once(schedule: Schedule, state: State, now: float) -> Verdict | None:
    verb = schedule.probe.verb
    waiting = state == "inconclusive" and isinstance(verb, Http) and schedule.samples < many.needed(verb)
    return None if waiting else _final(schedule, now)


def _in_time(schedule: Schedule, state: State, now: float) -> Verdict | None:
    taken = f"after {duration(now - schedule.started)} and {count(schedule.samples, 'sample')}"
    if state == "good":
        return _final(schedule, now, "" if schedule.samples == 1 else f", {taken}")
    if now >= schedule.started + (schedule.times.within or 0.0):
        return _final(schedule, now, f", {taken}")
    return None


def _held(schedule: Schedule, state: State, now: float, since: float) -> Verdict | None:
    end = _end(schedule)
    over = end is not None and now >= end
    tolerated = schedule.times.failing_for
    if state == "good":
        return _final(schedule, now, f", held for {duration(now - since)}") if over else None
    if state == "bad":
        bad_for = now - _first(schedule.bad_since, now)
        return _final(schedule, now, _for(bad_for)) if bad_for >= tolerated else None
    if schedule.endless:
        return None
    unclear_for = now - _first(schedule.not_good_since, now)
    done = unclear_for >= tolerated if schedule.judged else over
    return _final(schedule, now, _for(unclear_for)) if done else None


def _for(seconds: float) -> str:
    return f", for {duration(seconds)}" if seconds else ""


def _final(schedule: Schedule, now: float, more: str = "") -> Verdict:
    current = schedule.now or Verdict(Opinion.INCONCLUSIVE, "it was never asked")
    return replace(current, summary=current.summary + more, samples=schedule.samples, duration=now - schedule.started)
