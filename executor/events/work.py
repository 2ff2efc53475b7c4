"""Pieces of work: steps, their attempts, their ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from executor.events.keys import Armed, Direction, Key
from executor.model.leaves import Value
from executor.model.outcomes import Result, Verdict


@dataclass(frozen=True, slots=True)
class Started:
    """One attempt of one piece of work begins: on disk before its effect."""

    key: Key
    name: str  # the step's name, for people, with the item's label
    what: str = ""  # the command or probe in short, redacted
    on: str = ""  # the host whose connection does it, where that is not key.host
    armed: Armed | None = None
    kind: Literal["perform", "sample"] = "perform"  # the effect: a sample can be cancelled at once


@dataclass(frozen=True, slots=True)
class Ended:  # answer
    key: Key
    result: Result


@dataclass(frozen=True, slots=True)
class Judged:  # answer
    """A probe has its verdict."""

    key: Key
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Retrying:
    key: Key  # of the attempt that failed
    attempts: int
    delay: float
    reason: str


@dataclass(frozen=True, slots=True)
class Looped:
    """What a loop goes over on a host, where only the run could know it."""

    host: str
    task: str
    values: tuple[Value, ...]
    direction: Direction = "forward"


@dataclass(frozen=True, slots=True)
class ItemEnded:
    """One round of a loop is over. A step without a loop has none: its StepEnded says it all."""

    host: str
    task: str
    item: int
    label: str
    status: Literal["ok", "changed", "skipped", "failed", "ignored"]
    reason: str = ""
    value: Value = None  # this round's result, one of the registered `results`
    disarmed: bool = False  # its handler is not needed after all
    direction: Direction = "forward"


@dataclass(frozen=True, slots=True)
class StepEnded:
    """A step is over on a host, with all its items and attempts; or was skipped."""

    host: str
    task: str
    name: str
    status: Literal["ok", "changed", "skipped", "failed", "ignored"]
    reason: str = ""  # why skipped or failed
    register: str | None = None
    value: Value = None  # what is registered under that name
    everywhere: bool = False  # a `once` result belongs to all hosts
    sets: Mapping[str, Value] = field(default_factory=dict)  # variables that it set
    disarmed: tuple[int, ...] = ()  # items whose handler is not needed after all
    direction: Direction = "forward"
    unreachable: bool = False  # it failed because the host, or its delegate, could not be reached
    cut: bool = False  # it is not the step that failed: an abort has cut it short


@dataclass(frozen=True, slots=True)
class Irreversible:
    """A point of no return has been passed: nothing armed before it is undone on `host` ("" : anywhere)."""

    host: str
    task: str
    name: str
