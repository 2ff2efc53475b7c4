"""What a host has before it, what it is doing, and what it has left behind: the parts of `executor.engine.state`."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from executor.engine.index import Leg
from executor.events import Answered, Direction, Key
from executor.model.leaves import Value
from executor.model.outcomes import Result, Status, Verdict
from executor.model.plans import PlannedStep
from executor.model.steps import Task


@dataclass(frozen=True, slots=True)
class Do:
    """Run a planned step."""

    leg: Leg
    step: PlannedStep


@dataclass(frozen=True, slots=True)
class Gate:
    """Pass the health probes of a stage."""

    stage: int


@dataclass(frozen=True, slots=True)
class Unwind:
    """Run the handler of an armed step: `seq` of its entry."""

    seq: int


@dataclass(frozen=True, slots=True)
class Leave:
    """Say that the host is through: passed on the way there, rolled back on the way back."""


Element: TypeAlias = Do | Gate | Unwind | Leave


@dataclass(slots=True)
class Course:
    """What a host has before it, in order, and how far it is."""

    elements: tuple[Element, ...]
    direction: Direction
    stage: int
    kind: Literal["batch", "own", "wave", "closing"]
    at: int = 0

    @property
    def next(self) -> Element | None:
        return self.elements[self.at] if self.at < len(self.elements) else None


Part: TypeAlias = Literal["action", "undo", "reapply"]
Phase: TypeAlias = Literal[
    "begin", "only_if", "unless", "action", "outcome", "item", "retry", "apply", "verify", "lost"
]
Answer: TypeAlias = "Result | Verdict | Answered"


@dataclass(frozen=True, slots=True)
class Round:
    """What came of one round of a loop."""

    label: str
    status: str
    value: Value
    reason: str


@dataclass(frozen=True, slots=True)
class Note:
    """How one item of a checklist ended."""

    passed: bool
    reason: str = ""  # why not
    status: Status = Status.OK
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Stuck:
    """An attempt of which nobody knows what came of it, and the work as it was then."""

    key: Key
    phase: Phase
    result: Result | None  # of the action, where it is what came after it that was lost
    unknown: bool = False  # its host was asked, and cannot tell


@dataclass(slots=True)
class Work:
    """A task in progress on a host. `phase` says what was last begun for the current item, `answer` what came of it."""

    task: Task
    step: str  # the id of the planned step, also of the one that a handler undoes
    part: Part
    direction: Direction
    of: int  # for a handler: the item that it undoes
    seq: int | None  # for a handler: its entry
    offset: int  # attempts of the same key that earlier tries have used up
    loop: tuple[Value, ...] | None = None  # what a late loop goes over, once it is known
    item: int = 0
    phase: Phase = "begin"
    attempt: int = 0  # of the action, within this try
    consent: Literal["", "asked", "given", "refused"] = ""  # --step
    answer: Answer | None = None
    result: Result | None = None  # the action's own
    notes: list[Note] = field(default_factory=list)  # a checklist's answers
    rounds: list[Round] = field(default_factory=list)
    doubts: int = 0  # how often nobody could tell what came of the current item's action
    stuck: Stuck | None = None
    touched: set[int] = field(default_factory=set)  # items of which an attempt may have changed something

    @property
    def broken(self) -> bool:
        """A round of the loop has failed for good."""
        return bool(self.rounds) and self.rounds[-1].status == "failed"

    def next_item(self) -> None:
        self.item += 1
        self.again()
        self.attempt, self.doubts = 0, 0

    def again(self) -> None:
        """Begin the current item from the start."""
        self.phase, self.answer, self.result, self.notes = "begin", None, None, []

    def fork(self) -> Work:
        twin = copy(self)
        twin.notes, twin.rounds, twin.touched = list(self.notes), list(self.rounds), set(self.touched)
        return twin


@dataclass(slots=True)
class Halfway:
    """A handler that was left: at which of its tasks, whether one before it did anything, and what was under way."""

    round: int
    did: bool
    work: Work | None

    def fork(self) -> Halfway:
        return Halfway(self.round, self.did, self.work.fork() if self.work else None)


@dataclass(slots=True)
class Entry:
    """What a started step left behind, and what has come of undoing it. Entries are numbered as they were armed."""

    seq: int
    stage: int
    host: str
    task: str
    item: int
    kind: Literal["handler", "builtin", "none", "unsaid"]
    run_wide: bool
    values: dict[str, Value]
    captured: Mapping[str, str] = field(default_factory=dict)
    unchanged: bool = False  # the step has said that it changed nothing
    touched: bool = False  # an attempt of it has ended that may have changed something
    status: Literal["armed", "disarmed", "passed", "failed", "owed", "skipped"] = "armed"
    why: str = ""
    wanted: bool = False  # a rollback has it in its scope
    valid_for: float | None = None  # seconds from its end in which it can be undone
    ended: float | None = None  # when its last attempt ended, by the state's clock
    halfway: Halfway | None = None  # its handler, where the host was lost under it
    void: str = ""  # why there is nothing to undo after all, as the host says that was lost

    @property
    def pending(self) -> bool:
        """There is a handler, and it has not been dealt with."""
        return self.kind in ("handler", "builtin") and self.status in ("armed", "owed")

    @property
    def left(self) -> bool:
        """It should have been undone, and is not."""
        return self.wanted and (self.pending or self.status == "failed")

    def fork(self) -> Entry:
        twin = copy(self)
        twin.values = dict(self.values)
        twin.halfway = self.halfway.fork() if self.halfway else None
        return twin


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a host cannot go on."""

    reason: str
    task: str = ""
    step: str = ""
    unreachable: bool = False
    once: bool = False  # the step was run once for all
