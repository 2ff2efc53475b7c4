"""The times of a probe, with what holds where nothing was said."""

from __future__ import annotations

import math
from dataclasses import dataclass

from executor.model.probes import Http, Probe
from executor.probes.http import over_many
from executor.probes.leaves import number

EVERY = 2.0  # seconds between two samples
SHORTEST = 0.01  # never more than a hundred samples a second
LOOK_BACK = 300.0  # of a watch that says neither `over` nor `failing_for`


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds. `within` and `hold` are None where they were not said."""

    within: float | None
    hold: float | None
    every: float
    failing_for: float
    over: float


def times(probe: Probe, *, endless: bool = False) -> Times:
    """`over` is `failing_for` where it is not said; without that the whole of `hold` or `within`."""
    within, hold = number(probe.within), number(probe.hold)
    every = number(probe.every)
    failing_for = number(probe.failing_for)
    whole = LOOK_BACK if endless else math.inf
    over = next((said for said in (number(probe.over), failing_for, hold, within) if said), whole)
    return Times(within, hold, max(EVERY if every is None else every, SHORTEST), failing_for or 0.0, over)


def looks_back(probe: Probe) -> bool:
    """Is the probe judged over many samples?"""
    return isinstance(probe.verb, Http) and over_many(probe.verb)
