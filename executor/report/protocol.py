"""What every report is: a function of what happened. None decides anything, an exit code least of all."""

from __future__ import annotations

from typing import Protocol

from executor.events import Event, Key, Stamp
from executor.hosts.protocol import Stream
from executor.model.outcomes import Verdict


class Reporter(Protocol):
    """Told what happens, in order, from one thread. May raise OSError when nobody can be told any more."""

    def event(self, stamp: Stamp, event: Event) -> None:
        """Something happened; it is on disk already."""

    def output(self, key: Key, stream: Stream, data: bytes) -> None:
        """A piece of work printed something: any bytes, cut anywhere."""

    def measured(self, key: Key, verdict: Verdict) -> None:
        """A probe that goes on has measured something; it is in no journal."""

    def tick(self, mono: float) -> None:
        """Time passes: called a few times a second with the monotonic clock (seconds)."""

    def close(self) -> None:
        """Nothing more comes; leave the terminal as it was found."""


__all__ = ["Reporter", "Stamp"]
