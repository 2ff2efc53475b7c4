"""What is known of a lock: who holds it, what they are doing, and what came of asking for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

BY_HAND = "-"  # stands for the run where a person holds a lock


@dataclass(frozen=True, slots=True)
class Claim:
    """Who takes a lock, and for what, in words for others. Times are the holder's own, as ISO 8601 texts."""

    operator: str
    controller: str
    since: str
    what: str = ""  # the runbook's name
    due: str = ""  # when it should be done; "" where nobody can tell
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Beat:
    """A sign of life. `count` grows; `doing` is for people."""

    count: int
    doing: str
    stopped: bool = False  # the holder has stopped, and can be carried on


@dataclass(frozen=True, slots=True)
class Holder:
    """A lock that somebody holds. `age` is in seconds by the host's own clock, None where it was started anew since."""

    number: int
    age: int | None
    token: str
    run: str
    claim: Claim
    beat: Beat | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Last:
    """What a host knows of earlier runs: who had a lock last, and which runs it keeps records of, the newest first."""

    holder: Holder | None
    runs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Taken:
    """The lock is ours: `file` is where it lies on the host, `token` the word that stands in it."""

    number: int
    file: str
    token: str
    kept: bool = False  # the same run was at work under it before, stopped, and goes on now
    lent: bool = False  # it belongs to the run that this one works within, and is not let go by it
    broken: Holder | None = None  # from whom it was taken by force


@dataclass(frozen=True, slots=True)
class Busy:
    holder: Holder


@dataclass(frozen=True, slots=True)
class Failed:
    """No lock can be taken there, or the host cannot be asked."""

    why: str


Answer: TypeAlias = Taken | Busy | Failed
