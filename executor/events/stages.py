"""Stages and their batches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from executor.events.keys import Direction


@dataclass(frozen=True, slots=True)
class StageStarted:
    stage: str
    name: str
    hosts: tuple[str, ...]  # in the order in which they will be taken
    batches: tuple[tuple[str, ...], ...] = ()  # empty for a sliding window
    left_out: Mapping[str, str] = field(default_factory=dict)
    limit: int = 0  # how many hosts may fail


@dataclass(frozen=True, slots=True)
class StageSkipped:
    stage: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class StageEnded:
    stage: str
    passed: bool


@dataclass(frozen=True, slots=True)
class BatchStarted:
    """In a sliding window each admission is a batch of one."""

    stage: str
    batch: int  # from 1
    hosts: tuple[str, ...]
    direction: Direction = "forward"


@dataclass(frozen=True, slots=True)
class BatchEnded:
    stage: str
    batch: int
    direction: Direction = "forward"
