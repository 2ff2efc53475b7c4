"""Failure, and the way back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from executor.events.keys import Key


@dataclass(frozen=True, slots=True)
class Interrupted:  # answer
    """The operator (or a signal) interrupts: `ask` once, `stop` the second time or on SIGTERM."""

    kind: Literal["ask", "stop"]


@dataclass(frozen=True, slots=True)
class Aborted:
    """The stage is given up. `then` says what comes: rollback, stop, or a question."""

    stage: str
    reason: str
    then: Literal["rollback", "stop", "ask"]


@dataclass(frozen=True, slots=True)
class Halted:
    """Work that we end ourselves: waits, questions, samples and watches at once, running steps after their grace."""

    keys: tuple[Key, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Lapsed:
    """The time in which a step could be undone was over when a rollback began: it is a point of no return now, and
    neither it nor anything armed before it is undone on its host (anywhere, for a step that ran once for all)."""

    host: str
    task: str
    item: int
    name: str
    valid_for: float  # seconds
    run_wide: bool = False


@dataclass(frozen=True, slots=True)
class RollbackStarted:
    scope: Literal["host", "stage", "run"]
    reason: str
    hosts: tuple[str, ...]  # those that have something armed, in the order of their undoing
    host: str = ""  # set when it is one failed host's own rollback, while the others go on


@dataclass(frozen=True, slots=True)
class RollbackEnded:
    complete: bool
    host: str = ""


@dataclass(frozen=True, slots=True)
class Undone:
    """One armed handler is dealt with. After `failed` its host stops; `skipped` was not needed."""

    host: str
    task: str
    item: int
    name: str
    outcome: Literal["passed", "failed", "owed", "skipped"]
    reason: str = ""
