"""What is said of a plan, before it has a form: in words where people read it, with the plan's own values beside.

Every text here is as the runbook has it. Each form escapes it in its own way.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from executor.model.places import NOWHERE, Place
from executor.model.plans import Plan, PlannedStage
from executor.model.steps import Body
from executor.planning.findings import Finding, Findings

Role: TypeAlias = Literal["drain", "steps", "restore", "always"]


@dataclass(frozen=True, slots=True)
class Check:
    """An item of a checklist. With neither a command nor a probe it is a person's to answer."""

    item: str
    evidence: bool = False
    command: str = ""
    probe: str = ""


@dataclass(frozen=True, slots=True)
class Does:
    """An action: in words, as a text of its own (a script, a file's content), or as a checklist."""

    kind: str  # as the runbook calls it: "shell", "copy", …
    words: tuple[str, ...] = ()
    code: str = ""
    sent: str | None = None  # what the file holds that is sent, where that was asked for and it is a text
    checks: tuple[Check, ...] = ()
    hidden: bool = False  # `no_log`: nobody is to read it


@dataclass(frozen=True, slots=True)
class Guard:
    """What decides whether a step is needed: words, and the command that is asked where there is one."""

    words: str
    command: str = ""


@dataclass(frozen=True, slots=True)
class Undo:
    """How something is undone. `steps` are a handler's: the name of each, where it says more than its command.

    `words` of a handler say how long it can be used, where that has an end.
    """

    how: Literal["handler", "itself", "unsaid", "none"]
    words: str = ""
    steps: tuple[tuple[str, Round], ...] = ()


@dataclass(frozen=True, slots=True)
class Round:
    """One round of a loop, or the whole of a step without one."""

    does: Does
    label: str = ""  # of the round
    skipped: str = ""  # the condition that is known not to hold; nothing else is said then
    only_if: tuple[str, ...] = ()  # conditions that the run decides
    guards: tuple[Guard, ...] = ()
    stdin: str = ""
    around: tuple[str, ...] = ()  # as whom, where, with what
    judged: tuple[str, ...] = ()  # when it counts as failed or changed, how often it is tried
    apply: str = ""
    verify: str = ""
    undo: Undo | None = None
    body: Body | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Alike:
    """Hosts on which a step is the same."""

    hosts: tuple[str, ...]
    rounds: tuple[Round, ...]
    loop: str = ""  # the list that only the run knows; `rounds` then has one pattern for its items
    finding: Finding | None = None
    by_name: bool = False  # each has its own name where that of a host stands open


@dataclass(frozen=True, slots=True)
class StepFacts:
    id: str
    name: str
    groups: tuple[Alike, ...]
    notes: tuple[str, ...] = ()
    once: str | None = None
    read_only: bool = False
    no_return: bool = False
    registers: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    later: tuple[tuple[str, str], ...] = ()  # a name that only the run knows, and when that is
    values: tuple[tuple[str, str], ...] = ()  # variables around it, as they are written; a plan has them in place
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Part:
    """Steps of a stage that stand together."""

    role: Role
    title: str  # empty for the stage's own steps
    steps: tuple[StepFacts, ...]


@dataclass(frozen=True, slots=True)
class StageFacts:
    id: str
    name: str
    hosts: str  # in words
    batches: str
    arithmetic: tuple[tuple[str, str], ...]  # a label, and what is said under it
    parts: tuple[Part, ...]
    health: tuple[tuple[str, tuple[str, ...]], ...] = ()  # hosts in words (empty: all), and their probes
    skipped: str = ""
    planned: PlannedStage | None = None  # None: it was read, and is not planned

    @property
    def steps(self) -> tuple[StepFacts, ...]:
        return tuple(step for part in self.parts for step in part.steps)


@dataclass(frozen=True, slots=True)
class Question:
    """What one step asks of a person."""

    step: str
    name: str
    questions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Way:
    """One step of the way back."""

    step: str
    name: str
    where: str
    hosts: tuple[str, ...]
    how: tuple[str, ...]  # each different way
    no_return: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that is said of a plan."""

    name: str
    stages: tuple[StageFacts, ...]
    always: tuple[StepFacts, ...]
    description: str = ""
    owner: str = ""
    runbook: str = ""  # seen from the project's root
    inventory: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    given: tuple[tuple[str, str], ...] = ()  # parameters and their values
    defaults: tuple[tuple[str, str], ...] = ()
    terms: tuple[tuple[str, str], ...] = ()  # lock, shell, timeout: what holds for all of it
    asked: tuple[Question, ...] = ()
    way_back: tuple[Way, ...] = ()
    points: tuple[tuple[str, str], ...] = ()  # stages, and how much is undone when they are given up
    stays: tuple[tuple[str, str], ...] = ()  # steps that change something and say nothing of its undoing
    settled: tuple[tuple[str, str], ...] = ()  # steps that have nothing to undo, by the runbook's own word
    waits: tuple[tuple[float, str], ...] = ()  # seconds at most, and on what; equal timeouts in one row
    in_all: str = ""  # how long it can wait
    whole: bool = False  # files that are sent are told with what they hold
    findings: Findings | None = None
    plan: Plan | None = None

    @property
    def steps(self) -> tuple[StepFacts, ...]:
        """All steps of its stages."""
        return tuple(step for stage in self.stages for step in stage.steps)
