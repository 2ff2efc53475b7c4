"""What there is to be told about a run: the state that events add up to, for the live view, the summary and `show`.

`RunView` is changed by `executor.report.fold` alone. It knows no clock but the stamps of events and the ticks; what it
holds grows with the hosts, never with the events, but for failures and what rollback did, which are its subject.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol, TypeAlias, runtime_checkable

from executor.events import Aborted, Direction, Irreversible, Key, Question, RunEnded, RunStarted, Undone
from executor.hosts.protocol import Stream
from executor.model.outcomes import Verdict
from executor.report.safe import Lines

TAIL = 10  # lines of a piece of work's output that are kept for its failure and for the live view

Phase: TypeAlias = Literal[
    "waiting",  # its turn in this stage has not come
    "working",
    "passed",  # the stage is behind it
    "failed",
    "to undo",  # its turn on the way back has not come
    "undoing",
    "undone",
    "stuck",  # its rollback is not complete, or it is not healthy after it
    "lost",
    "left out",
]


@dataclass(slots=True)
class Work:
    """A piece of work that is going on."""

    key: Key
    name: str
    what: str
    on: str  # another host that does it, or ""
    prints: bool  # a command, whose silence may mean something; not a probe
    since: float
    heard: float  # when it last printed something
    verdict: Verdict | None = None  # what a probe that goes on has measured last
    tail: deque[str] = field(default_factory=lambda: deque(maxlen=TAIL))  # raw lines
    streams: dict[Stream, Lines] = field(default_factory=dict)

    def hear(self, stream: Stream, data: bytes, now: float) -> list[str]:
        """Take output in; the raw lines that it completed."""
        lines = self.streams.setdefault(stream, Lines()).feed(data)
        self.tail.extend(lines)
        self.heard = now
        return lines

    def last_lines(self) -> list[str]:
        """The last lines, one that is not complete yet among them."""
        return [*self.tail, *self.unfinished()][-TAIL:]

    def unfinished(self) -> list[str]:
        """What each stream has begun to say and not ended with a newline."""
        return [lines.partial for lines in self.streams.values() if lines.partial]


@dataclass(slots=True)
class HostView:
    name: str
    phase: Phase = "waiting"
    since: float = 0.0  # when its phase began
    works: dict[Key, Work] = field(default_factory=dict)
    begun: dict[str, float] = field(default_factory=dict)  # task -> when its first attempt started
    named: dict[str, str] = field(default_factory=dict)  # task -> its name, while it is going on
    armed: set[str] = field(default_factory=set)  # tasks that are going on and can be undone
    steps: int = 0  # forward steps that ended, skipped ones not counted
    changed: int = 0
    failed_step: Failure | None = None  # until it is said what that means: the host has failed, or it is tried again
    cut_short: bool = False  # that step failed because of an abort
    said: tuple[str, tuple[str, ...]] = ("", ())  # the last task that printed something, and its last lines, raw
    undone: list[Undone] = field(default_factory=list)
    reason: str = ""  # why it failed or is lost

    def last_words(self, task: str) -> tuple[str, ...]:
        """The last lines of a task's output, if it is the one that printed last."""
        return self.said[1] if self.said[0] == task else ()

    @property
    def current(self) -> Work | None:
        """What it is doing: the piece of work that began last."""
        return next(reversed(self.works.values())) if self.works else None


@dataclass(frozen=True, slots=True)
class Failure:
    """One thing that went wrong. `step` is "" where it was no step: a gate, a connection."""

    at: datetime
    host: str
    stage: str  # its name
    task: str
    step: str
    reason: str
    output: tuple[str, ...] = ()
    direction: Direction = "forward"


@dataclass(slots=True)
class StageView:
    id: str
    name: str
    number: int  # from 1; 0 where the plan does not know it
    of: int
    hosts: tuple[str, ...]
    batches: int  # 0: a sliding window
    limit: int
    since: float
    once: frozenset[str]  # its steps that one host does for all
    batch: int = 0
    in_batch: tuple[str, ...] = ()
    passed: int = 0
    failed: int = 0


@dataclass(slots=True)
class RollbackView:
    """The way back of the run (the rollback of one failed host, while others go on, is only in its HostView)."""

    scope: str
    reason: str
    hosts: tuple[str, ...]
    since: float
    over: int = 0  # hosts whose way back has ended


@dataclass(frozen=True, slots=True)
class Waiting:
    key: Key
    why: str
    since: float
    seconds: float


@dataclass(slots=True)
class Watched:
    key: Key
    what: str
    since: float
    state: Literal["", "good", "bad", "inconclusive", "failed"] = ""
    verdict: Verdict | None = None


@dataclass(slots=True)
class RunView:
    now: float = 0.0  # the latest stamp or tick
    run: RunStarted | None = None
    began_at: datetime | None = None
    began: float = 0.0
    ended: RunEnded | None = None
    ended_at: datetime | None = None
    hosts: dict[str, HostView] = field(default_factory=dict)
    active: dict[str, HostView] = field(default_factory=dict)  # hosts with something going on, as it began
    connecting: int = 0  # hosts that are being connected to, those that were reached among them
    reached: int = 0
    stage: StageView | None = None
    rollback: RollbackView | None = None
    wished: bool = False  # somebody has asked for the rollback: nothing had to go wrong for it
    closing: str = ""  # what has become of the run, once its own last steps begin
    asking: dict[Key, Question] = field(default_factory=dict)
    waits: dict[Key, Waiting] = field(default_factory=dict)
    watches: dict[Key, Watched] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    watch_failure: Failure | None = None  # counts once the stage is given up for it
    aborts: list[Aborted] = field(default_factory=list)
    no_return: list[Irreversible] = field(default_factory=list)  # points of no return that were passed
    way_back: bool = False  # something was changed that can be undone
    skipped_stages: list[tuple[str, str]] = field(default_factory=list)  # (name, reason)

    def host(self, name: str) -> HostView:
        """The host's view; it is made where the name is new."""
        found = self.hosts.get(name)
        if found is None:
            found = self.hosts[name] = HostView(name)
        return found

    def peek(self, name: str) -> HostView:
        """The host's view; an empty one where nothing is known of it yet."""
        return self.hosts.get(name) or HostView(name)

    @property
    def elapsed(self) -> float:
        """Seconds since the run began."""
        return max(self.now - self.began, 0.0)


@runtime_checkable
class Viewing(Protocol):
    """A report that keeps a view: one that is told of a run's past goes on from there."""

    view: RunView
