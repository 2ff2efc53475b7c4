"""What every event uses: the name of a piece of work, the stamp of a record, an armed handler."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from executor.model.leaves import Value

Direction: TypeAlias = Literal["forward", "back"]


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """Names one piece of work: (host, task, item, part, attempt). Its text is unique in a run.

    `host` is the one in whose name it runs ("localhost" for the run's own). `part` says what of the task it is:
    step (the question of --step), only_if, unless, action, item (of a checklist; `sub` counts), retry (the wait between
    two attempts), apply, verify, undo, reapply, before (health ahead of a sliding window), health, watch, pause, ask,
    interrupt (its question), grace, outcome (the question what came of something), settle (what of it ran, asked before
    it is undone on a host that was lost).
    """

    host: str
    task: str  # a planned step's or task's id: "2.3", "2.3.u1"; a stage's "2" for its own probes and pauses
    part: str = "action"
    item: int = 0
    attempt: int = 1
    sub: int = 0
    direction: Direction = "forward"
    of: int = 0  # of a handler: the loop item of the step that it undoes

    def __str__(self) -> str:
        text = f"{self.task}.{self.part}"
        if self.of:
            text += f".o{self.of}"
        if self.sub:
            text += f"{self.sub}"
        if self.item:
            text += f".i{self.item}"
        if self.direction == "back":
            text += ".back"
        return f"{text}.{self.attempt}@{self.host}"


@dataclass(frozen=True, slots=True)
class Armed:
    """A handler, armed when its step started: the values it will be rendered with."""

    host: str  # whose it is; for a `once` step still the host it ran on
    task: str  # the step's id
    item: int
    run_wide: bool  # a `once` handler belongs to the run
    values: Mapping[str, Value] = field(default_factory=dict)  # what its late leaves need, by name
    kind: Literal["handler", "builtin", "none", "unsaid"] = "handler"  # "unsaid": changed something, no word on undoing
    valid_for: float | None = None  # seconds from the step's end; after them it is a point of no return


@dataclass(frozen=True, slots=True)
class Stamp:
    """When an event was recorded: its number in the run, the wall clock (aware), the monotonic clock."""

    seq: int
    at: datetime
    mono: float  # seconds; comparable within one process alone
