"""The state's clock: what the stamps of the events say of the time that has passed.

The wall clock is read where a process takes the run on, and never again: from there on the monotonic clock counts, so
that a jump of the wall clock changes no decision.
"""

from __future__ import annotations

from executor.engine.state import State
from executor.events import Event, Resumed, RunStarted, Stamp


def told(state: State, event: Event, stamp: Stamp) -> None:
    """An event was recorded then."""
    if isinstance(event, RunStarted | Resumed):
        state.anchor = (stamp.at.timestamp(), stamp.mono)
    wall, mono = state.anchor
    state.clock = wall + stamp.mono - mono
