"""The run as a whole, from its start to its end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from executor.errors import Exit
from executor.events.keys import Key
from executor.model.leaves import Value


@dataclass(frozen=True, slots=True)
class RunStarted:
    run: str  # its id
    name: str
    file: str
    plan_digest: str
    operator: str
    controller: str
    inventory: tuple[str, ...] = ()
    params: Mapping[str, Value] = field(default_factory=dict)
    reason: str = ""
    version: int = 1  # of the journal
    sources: tuple[str, ...] = ()  # what named the inventory on the command line, as flags
    files: Mapping[str, str] = field(default_factory=dict)  # SHA-256 of what was read for the plan, by absolute path
    secrets: Mapping[str, str] = field(default_factory=dict)  # a salted digest for each secret's name
    options: Mapping[str, Value] = field(default_factory=dict)  # how it was planned: the command line's -e, -l, -t, …
    sealed: str = ""  # the digest of the sealed plan that it is a run of
    approvals: tuple[str, ...] = ()  # who has approved that, for people
    again: bool = False  # although it has been used before, knowingly


@dataclass(frozen=True, slots=True)
class RunEnded:
    """The end, with the truth about every host. A stopped run has one too, `resumable`."""

    exit: Exit
    status: str  # "done", "failed, rolled back", "stopped", "rollback incomplete", "interrupted", …
    reason: str = ""
    hosts: Mapping[str, HostSummary] = field(default_factory=dict)
    left: tuple[Owed, ...] = ()  # what rollback still has to do
    not_undone: tuple[str, ...] = ()  # changes that had no handler, for people: "web1: Build"
    resumable: bool = False
    stays: tuple[Stays, ...] = ()  # changes that the rollback was not to undo, or could not any more


@dataclass(frozen=True, slots=True)
class Resumed:  # answer
    """Somebody carries the run on, after the program that ran it has stopped or died; or has it undone.

    What was under way is taken up again as soon as the hosts have been reached.
    """

    operator: str
    controller: str
    reason: str = ""
    undo: bool = False  # not further on, but back
    hosts: tuple[str, ...] = ()  # with `undo`: these alone; empty: all
    stages: tuple[str, ...] = ()  # with `undo`: what these stages' steps did, by their ids; empty: all
    settle: bool = False  # only as far as what is under way has come to its end: nothing new is begun


@dataclass(frozen=True, slots=True)
class Replanned:  # answer
    """What is left of the run is done by another plan from here on: its runbook or inventory has been edited.

    The plan is whole, as JSON. What has been begun stands in it as it was begun, under the ids that it had.
    """

    plan: str
    operator: str
    controller: str
    reason: str = ""
    changes: tuple[str, ...] = ()  # for people: what is done otherwise
    files: Mapping[str, str] = field(default_factory=dict)  # as in RunStarted, of the new plan
    secrets: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TakenUp:
    """The run goes on. Work that was under way is asked for on its host, or done again, under the keys that it had."""

    keys: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class Closing:
    """The run's own `always` begins; what has become of the run is known: `run.status` for its templates."""

    status: str  # done, partial, rolled-back, incomplete, unreachable, refused


@dataclass(frozen=True, slots=True)
class HostSummary:
    state: Literal["done", "untouched", "rolled back", "failed", "unhealthy", "partly done", "owed", "unreachable"]
    detail: str = ""
    drained: bool = False


@dataclass(frozen=True, slots=True)
class Stays:
    """A change that is still there on a host that has gone back. `why`: "" where the rollback was for another part."""

    host: str  # "" for what was done once for all
    stage: str  # its name
    name: str  # of the step
    why: str = ""


@dataclass(frozen=True, slots=True)
class Owed:
    host: str
    task: str
    name: str  # of the step whose handler it is
    why: str
