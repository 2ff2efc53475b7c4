"""What is due when, on the monotonic clock."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(order=True, slots=True)
class Timer:
    """One thing that is due at `at`. `cancel` makes it do nothing."""

    at: float
    order: int
    do: Callable[[], None] = field(compare=False)
    cancelled: bool = field(default=False, compare=False)

    def cancel(self) -> None:
        self.cancelled = True


class Timers:
    """A heap of timers; belongs to the loop's thread."""

    def __init__(self) -> None:
        self._heap: list[Timer] = []
        self._count = 0

    def at(self, when: float, do: Callable[[], None]) -> Timer:
        self._count += 1
        timer = Timer(when, self._count, do)
        heapq.heappush(self._heap, timer)
        return timer

    def next(self) -> float | None:
        """When the next one is due."""
        while self._heap and self._heap[0].cancelled:
            heapq.heappop(self._heap)
        return self._heap[0].at if self._heap else None

    def run(self, now: float) -> None:
        """Do all that is due."""
        while (due := self.next()) is not None and due <= now:
            heapq.heappop(self._heap).do()
