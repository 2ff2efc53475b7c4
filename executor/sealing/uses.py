"""By which runs a sealed plan has been used: one line of JSON for each use, wherever it is noted."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from executor.errors import Problem, Refused


@dataclass(frozen=True, slots=True)
class Use:
    """Who has run it, in which run and when, for people; `at` is the time as ISO 8601."""

    run: str
    who: str
    at: str

    def line(self) -> str:
        """One line of ASCII, so that any shell writes it as it is."""
        return json.dumps(asdict(self), separators=(",", ":"))


def uses_in(text: str) -> tuple[Use, ...]:
    """The uses that lines tell. A line that makes no sense is a use, too: somebody has written it."""
    return tuple(_use(line) for line in text.splitlines() if line.strip())


def _use(line: str) -> Use:
    try:
        said = json.loads(line)
        return Use(str(said["run"]), str(said["who"]), str(said["at"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        return Use("unknown", "somebody", "an unknown time")


def already_used(where: str, uses: Iterable[Use]) -> Refused:
    """What is said to somebody who uses a plan for a second time; `where` that is known: here, or on which hosts."""
    told = "; ".join(f"run {use.run} by {use.who}, {use.at}" for use in uses)
    hint = "seal a new one; or --again runs it once more, and the record says so"
    return Refused(Problem(f"this plan has been used already ({where}): {told}", hint=hint, code="used"))
