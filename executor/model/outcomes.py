"""What came of something. A failure is data, never an exception."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Status(StrEnum):
    """How one attempt of a piece of work ended."""

    OK = "ok"  # it ran to its end; `rc` says how (a command that exits 1 is OK here, the engine judges it)
    FAILED = "failed"  # it could not be done as asked: a file missing, a validate command that refused
    TIMED_OUT = "timed out"
    UNREACHABLE = "unreachable"  # the host cannot be reached
    UNKNOWN = "unknown"  # it was started, and nobody can tell what came of it
    CANCELLED = "cancelled"  # ended by us
    REFUSED = "refused"  # never started, with a reason (a home that cannot be written, sudo that wants a password)


NEVER_STARTED = "it has never started there, and never will"


def never_started(reason: str) -> bool:
    """Whether a step's reason says that its host was asked to keep it from starting, and has: nothing went wrong."""
    return reason.endswith(NEVER_STARTED)


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of one attempt. Output is here only as far as it was asked for; all of it is in the run's folder."""

    status: Status
    rc: int | None = None
    stdout: str = ""
    stderr: str = ""
    truncated: bool = False  # stdout or stderr here is not all there was
    changed: bool | None = None  # None: the action cannot tell
    detail: str = ""  # for people: why, in one line
    tail: tuple[str, ...] = ()  # the last lines of the output, for the failure's message
    captured: Mapping[str, str] = field(default_factory=dict)  # what a file action needs to undo itself
    duration: float = 0.0  # seconds
    hidden: bool = False  # no_log: its output is for the step's own conditions alone, and is never written down
    diff: str = ""  # what a file action changed, as a unified diff, where that was asked for


class Opinion(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"
    CANCELLED = "cancelled"  # an abort ended it; it says nothing


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a probe says, with what it measured."""

    opinion: Opinion
    summary: str  # "503 Service Unavailable, wanted 2xx"; "error rate 2.1% (limit 1%) over 240 samples"
    measured: Mapping[str, float | int | str | None] = field(default_factory=dict)
    samples: int = 1
    duration: float = 0.0
