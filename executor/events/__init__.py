"""Everything that happens in a run, as a closed union of facts.

The journal holds events, one a line, in an envelope with the time; the engine's state, every report, `show` and
`resume` are folds over them. An event holds no clock. Two kinds share the union: *decisions* of the engine (they are
on disk before the effect that they allow starts) and *answers* from the world, marked so below.
"""

from __future__ import annotations

from typing import TypeAlias

from executor.events.back import Aborted, Halted, Interrupted, Lapsed, RollbackEnded, RollbackStarted, Undone
from executor.events.hosts import Connecting, HostFailed, HostLost, HostPassed, HostReached, HostRolledBack
from executor.events.keys import Armed, Direction, Key, Stamp
from executor.events.lock import LockAwaited, Locked, LockLost, LockRefused, Unlocked, Unlocking
from executor.events.run import Closing, HostSummary, Owed, Replanned, Resumed, RunEnded, RunStarted, Stays, TakenUp
from executor.events.stages import BatchEnded, BatchStarted, StageEnded, StageSkipped, StageStarted
from executor.events.waits import (
    Answered,
    Asked,
    Question,
    WaitEnded,
    WaitStarted,
    WatchEnded,
    WatchStarted,
    WatchTurned,
)
from executor.events.work import Ended, Irreversible, ItemEnded, Judged, Looped, Retrying, Started, StepEnded

Event: TypeAlias = (
    RunStarted
    | RunEnded
    | Resumed
    | Replanned
    | TakenUp
    | Closing
    | Connecting
    | HostReached
    | HostLost
    | HostFailed
    | HostPassed
    | HostRolledBack
    | Locked
    | LockAwaited
    | LockRefused
    | LockLost
    | Unlocking
    | Unlocked
    | StageStarted
    | StageSkipped
    | StageEnded
    | BatchStarted
    | BatchEnded
    | Started
    | Ended
    | Judged
    | Retrying
    | Looped
    | ItemEnded
    | StepEnded
    | Irreversible
    | WaitStarted
    | WaitEnded
    | Asked
    | Answered
    | WatchStarted
    | WatchTurned
    | WatchEnded
    | Interrupted
    | Aborted
    | Halted
    | Lapsed
    | RollbackStarted
    | RollbackEnded
    | Undone
)

__all__ = [
    "Aborted",
    "Answered",
    "Armed",
    "Asked",
    "BatchEnded",
    "BatchStarted",
    "Closing",
    "Connecting",
    "Direction",
    "Ended",
    "Event",
    "Halted",
    "HostFailed",
    "HostLost",
    "HostPassed",
    "HostReached",
    "HostRolledBack",
    "HostSummary",
    "Interrupted",
    "Irreversible",
    "ItemEnded",
    "Judged",
    "Key",
    "Lapsed",
    "LockAwaited",
    "LockLost",
    "LockRefused",
    "Locked",
    "Looped",
    "Owed",
    "Question",
    "Replanned",
    "Resumed",
    "Retrying",
    "RollbackEnded",
    "RollbackStarted",
    "RunEnded",
    "RunStarted",
    "StageEnded",
    "StageSkipped",
    "StageStarted",
    "Stamp",
    "Started",
    "Stays",
    "StepEnded",
    "TakenUp",
    "Undone",
    "Unlocked",
    "Unlocking",
    "WaitEnded",
    "WaitStarted",
    "WatchEnded",
    "WatchStarted",
    "WatchTurned",
]
