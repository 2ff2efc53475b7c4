"""Everything that happens in a run, as a closed union of facts.

The journal holds events, one a line, in an envelope with the time; the engine's state, every report, `show` and
`resume` are folds over them. An event holds no clock. Two kinds share the union: *decisions* of the engine (they are
on disk before the effect that they allow starts) and *answers* from the world, marked so below.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from executor.errors import Exit
from executor.model.leaves import Value
from executor.model.outcomes import Result, Verdict

Direction: TypeAlias = Literal["forward", "back"]


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """Names one piece of work: (host, task, item, part, attempt). Its text is unique in a run.

    `host` is the one in whose name it runs ("localhost" for the run's own). `part` says what of the task it is:
    step (the question of --step), only_if, unless, action, item (of a checklist; `sub` counts), retry (the wait between
    two attempts), apply, verify, undo, reapply, before (health ahead of a sliding window), health, watch, pause, ask,
    interrupt (its question), grace, outcome (the question what came of something).
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


@dataclass(frozen=True, slots=True)
class Stamp:
    """When an event was recorded: its number in the run, the wall clock (aware), the monotonic clock."""

    seq: int
    at: datetime
    mono: float  # seconds; comparable within one process alone


# --- the run ---------------------------------------------------------------------------------------------------


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
    files: Mapping[str, str] = field(default_factory=dict)  # SHA-256 of what was read for the plan, by absolute path
    secrets: Mapping[str, str] = field(default_factory=dict)  # a salted digest for each secret's name


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
class Owed:
    host: str
    task: str
    name: str  # of the step whose handler it is
    why: str


# --- hosts -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Connecting:
    """Connections are asked for: at the start of a run, and again for lost hosts that still have something to undo."""

    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HostReached:  # answer
    host: str
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class HostLost:  # answer
    """Unreachable, or login refused. Comes for Connect, and when a connection is gone for good."""

    host: str
    reason: str


@dataclass(frozen=True, slots=True)
class HostFailed:
    """The host counts as failed in this stage; it undoes what it armed and is left out of the rest."""

    host: str
    stage: str
    reason: str
    task: str = ""
    step: str = ""  # its name
    counts: bool = True  # against max_failures; False for the failure of a `once` step, which fails the stage
    unreachable: bool = False  # it, or the delegate that worked for it, could not be reached


@dataclass(frozen=True, slots=True)
class HostPassed:
    """All steps, the gate and restore of the stage are behind this host."""

    host: str
    stage: str


@dataclass(frozen=True, slots=True)
class HostRolledBack:
    """All that could be undone on the host within the scope is; `health` is the gate after it, if there was one."""

    host: str
    clean: bool  # every armed handler within the scope has passed
    healthy: bool = True
    detail: str = ""


# --- the lock ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Locked:  # answer
    """The hosts are this run's, under the lock `name`: another run finds them taken until they are let go."""

    name: str
    fences: Mapping[str, int]  # host -> the lock's fencing number there
    broken: Mapping[str, str] = field(default_factory=dict)  # with --override: host -> whose it was, for people


@dataclass(frozen=True, slots=True)
class LockAwaited:  # answer
    """Somebody else has the lock on some hosts, and the run waits for it."""

    name: str
    holders: Mapping[str, str]  # host -> who, for people


@dataclass(frozen=True, slots=True)
class LockRefused:  # answer
    """Somebody else has the lock on some hosts: the run ends before it changes anything."""

    name: str
    holders: Mapping[str, str]  # host -> who, for people


@dataclass(frozen=True, slots=True)
class LockLost:  # answer
    """The run's own lock on a host was broken: it may be somebody else's now. The run stops where it is."""

    host: str
    reason: str


@dataclass(frozen=True, slots=True)
class Unlocking:
    """Everything is done: the lock is let go, on all hosts that can be reached."""

    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unlocked:  # answer
    hosts: tuple[str, ...]
    left: Mapping[str, str] = field(default_factory=dict)  # host -> why the lock still lies there


# --- stages and batches ------------------------------------------------------------------------------------------


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


# --- work ------------------------------------------------------------------------------------------------------


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


# --- waits, questions, watches -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WaitStarted:
    key: Key
    seconds: float
    why: str


@dataclass(frozen=True, slots=True)
class WaitEnded:  # answer
    key: Key
    cut_short: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """What a person is asked. `choices` empty: any text (`evidence`) or nothing (a plain go-on)."""

    kind: Literal["checklist", "pause", "failure", "interrupt", "step", "outcome"]
    text: str
    name: str = ""  # "stage/step/item", for --confirm and --answers
    choices: tuple[str, ...] = ()
    default: str = ""  # what happens after `timeout` seconds of silence
    timeout: float | None = None
    evidence: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    key: Key
    question: Question


@dataclass(frozen=True, slots=True)
class Answered:  # answer
    key: Key
    choice: str  # one of the choices; "yes" / "no" for a checklist; "" when withdrawn
    by: str = ""
    text: str = ""  # evidence
    how: Literal["terminal", "flag", "file", "silence", "withdrawn"] = "terminal"


@dataclass(frozen=True, slots=True)
class WatchStarted:
    key: Key
    what: str


@dataclass(frozen=True, slots=True)
class WatchTurned:  # answer
    """A watch has become good, bad (not yet for long enough), inconclusive, or failed (for good)."""

    key: Key
    state: Literal["good", "bad", "inconclusive", "failed"]
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class WatchEnded:
    key: Key


# --- failure and the way back --------------------------------------------------------------------------------------


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


Event: TypeAlias = (
    RunStarted
    | RunEnded
    | Resumed
    | TakenUp
    | Closing
    | Connecting
    | HostReached
    | HostLost
    | HostFailed
    | HostPassed
    | HostRolledBack
    | Locked
    | LockAwaited
    | LockRefused
    | LockLost
    | Unlocking
    | Unlocked
    | StageStarted
    | StageSkipped
    | StageEnded
    | BatchStarted
    | BatchEnded
    | Started
    | Ended
    | Judged
    | Retrying
    | Looped
    | ItemEnded
    | StepEnded
    | Irreversible
    | WaitStarted
    | WaitEnded
    | Asked
    | Answered
    | WatchStarted
    | WatchTurned
    | WatchEnded
    | Interrupted
    | Aborted
    | Halted
    | RollbackStarted
    | RollbackEnded
    | Undone
)
