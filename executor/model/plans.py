"""A plan: everything that a run would do, as one value.

It holds stages, hosts, every rendered command and handler, and what only the run can know as `Late` leaves. It can be
shown, compared, simulated and run; nothing else of the runbook is needed for that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from executor.model.inventories import Approvals, HostSpec
from executor.model.leaves import Flag, Text, Value
from executor.model.places import NOWHERE, Place
from executor.model.probes import Probe
from executor.model.runbooks import Amount, OnFailure, Scope
from executor.model.steps import Task

PLAN_VERSION = 1


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One step of a stage (blocks and includes are flattened), with a task for each host that may run it.

    `tasks` shares one Task object among hosts for which it renders alike. `when` of the step, its blocks and
    includes stand in each Item. A step that tags leave out is not in the plan.
    """

    id: str
    name: str  # for people and for --start-at-stage, logs --step, simulate --fail
    tasks: Mapping[str, Task]
    place: Place = NOWHERE
    once: Literal["run", "stage"] | None = None
    once_key: str = ""  # two steps of one `once: run` identity (an include used twice) share it
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlannedPause:
    seconds: float | Text | None = None
    prompt: Text | None = None


@dataclass(frozen=True, slots=True)
class PlannedStage:
    """One stage. Batches are cut when it starts, because `when` may depend on earlier stages."""

    id: str  # "1", "2", …
    name: str
    hosts: tuple[str, ...]  # in order, after --limit; those whose `when` is known to be false are gone already
    steps: tuple[PlannedStep, ...]
    place: Place = NOWHERE
    when: Mapping[str, tuple[Text | bool, ...]] = field(default_factory=dict)  # late conditions, per host
    left_out: Mapping[str, str] = field(default_factory=dict)  # host -> why it is not among `hosts`
    serial: tuple[Amount, ...] = (Amount(1),)
    max_unavailable: Amount | None = None
    max_failures: Amount = Amount(0)
    pause: PlannedPause | None = None
    drain: tuple[PlannedStep, ...] = ()
    restore: tuple[PlannedStep, ...] = ()
    health: Mapping[str, tuple[Probe, ...]] = field(default_factory=dict)  # per host
    watch: tuple[PlannedWatch, ...] = ()
    on_failure: OnFailure = "rollback"  # already decided from the terminal and --yes
    rollback_scope: Scope = "run"
    rollback_serial: tuple[Amount, ...] | None = None
    abort_grace: float = 300.0
    always: tuple[PlannedStep, ...] = ()
    earlier: tuple[PlannedStep, ...] = ()  # begun under an earlier plan of the run, and only there to be undone
    skipped: str = ""  # why the whole stage does nothing, where that is known (limit, tags, when)


@dataclass(frozen=True, slots=True)
class PlannedWatch:
    """A watch from the control node has one probe under the name "localhost"; one from hosts has one for each."""

    id: str
    source: Literal["host", "control"]
    probes: Mapping[str, Probe]


@dataclass(frozen=True, slots=True)
class Plan:
    name: str
    file: str
    root: str
    inventory: tuple[str, ...]
    hosts: Mapping[str, HostSpec]  # all that the run may touch, delegates, jump hosts and localhost among them
    groups: Mapping[str, tuple[str, ...]]
    stages: tuple[PlannedStage, ...]
    always: tuple[PlannedStep, ...] = ()  # once, on localhost
    params: Mapping[str, Value] = field(default_factory=dict)
    description: str = ""
    owner: str = ""
    forks: int = 0  # 0: as many as the batches want
    step_mode: bool = False  # --step: ask before each
    attended: bool = False  # a person is at the terminal: an interrupt is a question to them
    fixed: tuple[str, ...] = ()  # names given with -e, which `set` cannot change
    secrets: tuple[str, ...] = ()  # the names of those that it asks for; values are never in a plan
    lock: str | None = None  # the lock that the run holds on its hosts while it goes on
    files: tuple[str, ...] = ()  # absolute paths of what it was read from: runbook, included files, inventories
    approvals: tuple[Approvals, ...] = ()  # what it needs, sealed, before it runs
    version: int = PLAN_VERSION


__all__ = ["PLAN_VERSION", "Flag", "Plan", "PlannedPause", "PlannedStage", "PlannedStep", "PlannedWatch"]
