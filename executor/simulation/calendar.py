"""Simulated time: what is going to happen, and when. It moves on only from one thing that happens to the next."""

from __future__ import annotations

from copy import copy
from heapq import heappop, heappush

from executor.drive.inbox import Message
from executor.events import Event


class Stalled(Exception):
    """Nothing will ever happen any more, and somebody still waits for it."""


class Calendar:
    """The source of a loop's messages. Two things of the same moment happen in the order in which they were entered."""

    def __init__(self) -> None:
        self.now = 0.0  # seconds since the beginning
        self._heap: list[tuple[float, int, int]] = []  # when, order within that moment, ticket
        self._due: dict[int, Event] = {}
        self._tickets = 0

    def clock(self) -> float:
        """The simulated monotonic clock."""
        return self.now

    def enter(self, seconds: float, event: Event, *, first: bool = False) -> int:
        """The event will happen in so many seconds; `first`: before everything else of that moment.

        Returns the ticket with which it can be called off.
        """
        self._tickets += 1
        ticket = self._tickets
        heappush(self._heap, (self.now + seconds, -ticket if first else ticket, ticket))
        self._due[ticket] = event
        return ticket

    def call_off(self, ticket: int) -> bool:
        """The event will not happen. False where it has happened already."""
        return self._due.pop(ticket, None) is not None

    def next(self) -> Event:
        """Move on to the next event. Raises Stalled where none is left."""
        while self._heap:
            when, _, ticket = heappop(self._heap)
            event = self._due.pop(ticket, None)
            if event is not None:
                self.now = when
                return event
        raise Stalled("nothing is under way any more")

    def gather(self, timeout: float) -> list[Message]:  # noqa: ARG002 - nobody waits here, however long it takes
        """The next event, at once: see `executor.drive.inbox.Source`. Raises Stalled."""
        return [self.next()]

    def fork(self) -> Calendar:
        """An independent copy."""
        twin = copy(self)
        twin._heap, twin._due = list(self._heap), dict(self._due)
        return twin
