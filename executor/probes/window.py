"""The samples of a look-back: how many, how many of them bad, and the percentiles of their times.

A window never changes in place. Adding and forgetting a sample cost O(log n), and at most MOST samples are kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from executor.probes import ranking

MOST = 200_000  # samples: half an hour at a hundred a second, and some


@dataclass(frozen=True, slots=True)
class Kept:
    number: int
    at: float
    bad: bool
    seconds: float | None


Chain: TypeAlias = "tuple[Kept, Chain] | None"


@dataclass(frozen=True, slots=True)
class Window:
    """A queue out of two chains, the older samples first in `_old`, the newer last in first out in `_new`."""

    count: int = 0
    bad: int = 0
    added: int = 0
    _old: Chain = field(default=None, repr=False, compare=False)
    _new: Chain = field(default=None, repr=False, compare=False)
    _times: ranking.Tree = field(default=None, repr=False, compare=False)

    def add(self, at: float, *, bad: bool, seconds: float | None) -> Window:
        """With one sample more. Samples come in the order of their times."""
        kept = Kept(self.added, at, bad, seconds)
        times = self._times if seconds is None else ranking.insert(self._times, (seconds, kept.number))
        window = Window(self.count + 1, self.bad + bad, self.added + 1, self._old, (kept, self._new), times)
        return window if window.count <= MOST else window._without_oldest()

    def since(self, moment: float) -> Window:
        """Without the samples from before `moment`."""
        window = self._turned()
        while window._old is not None and window._old[0].at < moment:
            window = window._without_oldest()._turned()
        return window

    @property
    def error_rate(self) -> float:
        """The fraction of bad samples; 0 where there are none at all."""
        return self.bad / self.count if self.count else 0.0

    def percentile(self, percent: int) -> float | None:
        """By nearest rank: the smallest time that at least `percent` of the timed samples do not exceed.

        It is always a time that was really measured; None where none was.
        """
        timed = ranking.size(self._times)
        if not timed:
            return None
        rank = -(-percent * timed // 100)
        return ranking.at(self._times, max(rank, 1) - 1)

    def _turned(self) -> Window:
        """The same window, with its oldest sample at the head of `_old`."""
        if self._old is not None or self._new is None:
            return self
        old: Chain = None
        new: Chain = self._new
        while new is not None:
            old, new = (new[0], old), new[1]
        return Window(self.count, self.bad, self.added, old, None, self._times)

    def _without_oldest(self) -> Window:
        window = self._turned()
        if window._old is None:
            return window
        oldest, rest = window._old
        times = window._times
        if oldest.seconds is not None:
            times = ranking.remove(times, (oldest.seconds, oldest.number))
        return Window(window.count - 1, window.bad - oldest.bad, window.added, rest, window._new, times)
