"""One look at what a probe asks about, and what is said of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from executor.model.leaves import Value
from executor.model.outcomes import Opinion, Verdict

Measured: TypeAlias = Mapping[str, float | int | str | None]


@dataclass(frozen=True, slots=True)
class Silence:
    """It was asked, and gave no usable answer: refused, timed out, a certificate that nobody vouches for."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unasked:
    """It could not be asked from there: that says nothing about it."""

    reason: str


@dataclass(frozen=True, slots=True)
class Answer:
    """One sample. `result` is what `expect` sees; `seconds` is how long the answer took, where that was measured."""

    verdict: Verdict
    result: Mapping[str, Value] = field(default_factory=dict)
    seconds: float | None = None


def passed(
    summary: str, measured: Measured, *, result: Mapping[str, Value] | None = None, seconds: float | None = None
) -> Answer:
    return Answer(Verdict(Opinion.PASSED, summary, measured), result or dict(measured), seconds)


def failed(
    summary: str,
    measured: Measured | None = None,
    *,
    result: Mapping[str, Value] | None = None,
    seconds: float | None = None,
) -> Answer:
    measured = measured or {}
    return Answer(Verdict(Opinion.FAILED, summary, measured), result or dict(measured), seconds)


def inconclusive(reason: str) -> Answer:
    return Answer(Verdict(Opinion.INCONCLUSIVE, reason))


def without_answer(what: Silence | Unasked) -> Answer:
    """The sample of something that gave no answer."""
    match what:
        case Silence(reason):
            return failed(reason)
        case Unasked(reason):
            return inconclusive(reason)
