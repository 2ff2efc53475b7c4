"""Steps as they are read (`Step`, `Block`, `Include`) and as they are planned for one host (`Task`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from executor.model.actions import Action
from executor.model.leaves import Duration, Flag, Late, Number, Size, Text, Value
from executor.model.places import NOWHERE, Place
from executor.model.probes import Probe


@dataclass(frozen=True, slots=True)
class Retry:
    attempts: Number = 3  # the first one counts
    delay: Duration = 5.0
    backoff: Number = 1.0  # the factor on the delay after each attempt
    until: tuple[Text, ...] = ()  # expressions over the registered name; all must hold


@dataclass(frozen=True, slots=True)
class Settings:
    """What steps inherit from their block, stage and runbook. None and {} mean: not said here."""

    environment: Mapping[str, Text] = field(default_factory=dict)
    chdir: Text | None = None
    executable: Text | None = None
    become: Flag | None = None
    become_user: Text | None = None
    delegate_to: Text | None = None
    timeout: Duration | None = None  # seconds per attempt
    no_log: Flag | None = None
    ignore_errors: Flag | None = None
    durable: Flag | None = None  # False: without a record on the host
    output_limit: Size | None = None  # bytes of each stream that are kept


@dataclass(frozen=True, slots=True)
class Body:
    """What a step does once it is due: everything of it that is rendered."""

    action: Action
    settings: Settings = Settings()
    stdin: Text | None = None
    creates: Text | None = None
    removes: Text | None = None
    unless: Text | None = None  # a shell command; success: not needed
    only_if: Text | None = None  # a shell command; failure: not needed
    failed_when: tuple[Text, ...] | None = None  # None: not said; the step has failed where all of them hold
    changed_when: tuple[Text, ...] | None = None
    retry: Retry | None = None
    apply: Text | None = None
    verify: Probe | None = None
    read_only: bool = False
    irreversible: bool = False
    produces: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One step as it was read."""

    name: str | Text
    body: Body
    place: Place = NOWHERE
    when: tuple[Text | bool, ...] = ()
    register: str | None = None
    vars: Mapping[str, Value] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    loop: Value = None  # None: no loop; else a list, or a template that gives one
    once: Literal["run", "stage"] | None = None
    rollback: tuple[StepNode, ...] | None = None  # None: nothing said; (): `none`, nothing to undo
    valid_for: Duration | None = None  # seconds after its end in which the step can be undone; None: without an end


@dataclass(frozen=True, slots=True)
class Block:
    """Steps that share conditions, a loop, settings, variables and tags."""

    name: str | Text
    steps: tuple[StepNode, ...]
    place: Place = NOWHERE
    when: tuple[Text | bool, ...] = ()
    vars: Mapping[str, Value] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    loop: Value = None
    settings: Settings = Settings()


@dataclass(frozen=True, slots=True)
class Include:
    """Steps of another file, already read; `vars` and conditions hold for all of them."""

    file: str
    steps: tuple[StepNode, ...]
    place: Place = NOWHERE
    when: tuple[Text | bool, ...] = ()
    vars: Mapping[str, Value] = field(default_factory=dict)
    tags: tuple[str, ...] = ()


StepNode: TypeAlias = Step | Block | Include


@dataclass(frozen=True, slots=True)
class Item:
    """One round of a loop: its value, and the body rendered with it."""

    value: Value
    label: str  # short, for people
    body: Body
    rollback: tuple[Task, ...] | None = None
    when: tuple[Text | bool, ...] = ()
    valid_for: Duration | None = None  # how long it can be undone, counted from its end


@dataclass(frozen=True, slots=True)
class Task:
    """One step for one host: rendered as far as planning could.

    A task without a loop has one item with value None. Where the loop's list is late, `loop` is that Late and
    `items` holds a single pattern whose leaves need `item`.
    """

    id: str  # unique in the plan: "2.3" is stage 2, step 3; "2.3.u1" the first step of its handler
    name: Text
    items: tuple[Item, ...]
    loop: Late | None = None
    register: str | None = None
    looped: bool = False  # a loop was written, even if it has one item or none: register gets `results`
