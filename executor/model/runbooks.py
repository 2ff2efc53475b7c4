"""A runbook as it was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from executor.model.leaves import Duration, Flag, Number, Text, Value
from executor.model.places import NOWHERE, Place
from executor.model.probes import Probe
from executor.model.steps import Settings, StepNode


@dataclass(frozen=True, slots=True)
class Param:
    """A typed input of the runbook."""

    name: str
    type: Literal["string", "integer", "number", "boolean", "list", "object"] = "string"
    required: bool = False
    default: Value = None
    has_default: bool = False
    pattern: str | None = None  # must match the whole value
    choices: tuple[Value, ...] = ()
    description: str = ""
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Amount:
    """A number of hosts, or a percentage of them."""

    number: float
    percent: bool = False


AmountLeaf: TypeAlias = "Amount | Text"


@dataclass(frozen=True, slots=True)
class BatchPause:
    """Between batches: seconds, or a question to a person."""

    seconds: Duration | None = None
    prompt: Text | None = None


@dataclass(frozen=True, slots=True)
class Traffic:
    drain: tuple[StepNode, ...] = ()
    restore: tuple[StepNode, ...] = ()


OnFailure: TypeAlias = Literal["rollback", "stop", "ask"]
Scope: TypeAlias = Literal["host", "stage", "run"]


@dataclass(frozen=True, slots=True)
class Stage:
    name: str
    hosts: Text
    steps: tuple[StepNode, ...]
    place: Place = NOWHERE
    hosts_place: Place = NOWHERE
    serial: tuple[AmountLeaf, ...] = (Amount(1),)
    max_unavailable: AmountLeaf | None = None
    max_failures: AmountLeaf = Amount(0)
    pause: BatchPause | None = None
    traffic: Traffic | None = None
    health: tuple[Probe, ...] = ()
    watch: tuple[Probe, ...] = ()
    on_failure: OnFailure | None = None  # None: ask at a terminal without --yes, rollback otherwise
    rollback_scope: Scope = "run"
    rollback_serial: tuple[AmountLeaf, ...] | None = None  # None: as forward
    abort_grace: Duration = 300.0  # seconds that running steps have after an abort
    when: tuple[Text | bool, ...] = ()
    always: tuple[StepNode, ...] = ()
    vars: Mapping[str, Value] = field(default_factory=dict)
    settings: Settings = Settings()
    tags: tuple[str, ...] = ()
    rollback_none: bool = False  # `rollback: none`: no step of the stage has anything to undo


@dataclass(frozen=True, slots=True)
class Runbook:
    name: str
    stages: tuple[Stage, ...]
    file: str
    root: str  # the project's root: localhost's working directory, the bound of includes and sent files
    description: str = ""
    owner: str = ""
    params: tuple[Param, ...] = ()
    vars: Mapping[str, Value] = field(default_factory=dict)
    vars_files: tuple[Mapping[str, Value], ...] = ()  # already read, in order
    settings: Settings = Settings()
    always: tuple[StepNode, ...] = ()
    place: Place = NOWHERE
    files: tuple[str, ...] = ()  # every file that was read for it, the runbook first


__all__ = [
    "Amount",
    "AmountLeaf",
    "BatchPause",
    "Flag",
    "Number",
    "OnFailure",
    "Param",
    "Runbook",
    "Scope",
    "Stage",
    "Traffic",
]
