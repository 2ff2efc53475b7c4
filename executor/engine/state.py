"""What a run has come to: everything that deciding needs, and nothing that events did not say.

A state is made by `initial`, changed by `evolve` alone and read by `decide`. A fold over a journal gives it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from executor.engine.index import Index
from executor.engine.progress import (
    Answer,
    Course,
    Do,
    Element,
    Entry,
    Failure,
    Gate,
    Halfway,
    Leave,
    Note,
    Part,
    Phase,
    Round,
    Stuck,
    Unwind,
    Work,
)
from executor.events import Aborted, Direction, Key, Question, RunEnded, RunStarted
from executor.model.leaves import Value
from executor.model.runbooks import Scope

__all__ = [
    "Answer",
    "Course",
    "Do",
    "Element",
    "Entry",
    "Failure",
    "Flight",
    "Gate",
    "Halfway",
    "HostState",
    "Leave",
    "Lock",
    "Note",
    "Once",
    "Part",
    "Phase",
    "Round",
    "RunPhase",
    "StageState",
    "State",
    "Stuck",
    "Unwind",
    "Wave",
    "WayBack",
    "Work",
]


@dataclass(slots=True)
class HostState:
    name: str
    lost: str = ""  # why it cannot be reached
    connecting: bool = False
    reconnect: bool = False  # a person wants it tried again
    out: bool = False  # failed: left out of the rest of the run
    failure: Failure | None = None  # not yet acted upon
    failed: Failure | None = None  # why it is out
    asked: Literal["", "asked", "answered"] = ""  # about the failure
    course: Course | None = None
    work: Work | None = None
    round: int = 0  # of the handler in progress: which of its tasks
    did: bool = False  # something of the handler in progress was not skipped
    left: Course | None = None  # where it was when it failed, for a run that was stopped and goes on
    left_work: Work | None = None  # what it was doing then, or when an abort cut it short
    probe: int = 0  # of the gate in progress: which of its probes
    flights: set[Key] = field(default_factory=set)  # in the host's name, forward and back
    doubts: dict[Key, str] = field(default_factory=dict)  # commands lost under way -> whose connection did them
    tries: dict[tuple[str, str, Direction, int], int] = field(default_factory=dict)  # the last attempt of each
    registered: dict[str, Value] = field(default_factory=dict)
    sets: dict[str, Value] = field(default_factory=dict)
    armed: dict[int, Entry] = field(default_factory=dict)  # by seq, as they were armed
    cuts: dict[str, tuple[int, str]] = field(default_factory=dict)  # points of no return: step -> (seq, name)
    entered: dict[int, bool] = field(default_factory=dict)  # stages begun -> has it passed
    always_due: int | None = None  # the stage whose `always` it owes
    drained: set[int] = field(default_factory=set)  # stages in which traffic is away from it, or may be
    between: set[int] = field(default_factory=set)  # of those: drain or restore has begun, and has not passed
    unhealthy: dict[int, str] = field(default_factory=dict)  # stages whose gate it failed on the way back
    shut: bool = False  # it could not be looked at, or given its traffic back, for nobody could be reached
    restless: bool = False  # something was undone on it after it had failed a gate
    stopped: str = ""  # why its rollback stopped for good
    stalled: str = ""  # why it cannot go on until somebody returns
    undone: bool = False  # some rollback of it is over
    diverted: set[int] = field(default_factory=set)  # stages in which its traffic has been touched

    @property
    def touched(self) -> bool:
        """Something may have changed on it."""
        return bool(self.diverted) or any(e.status != "disarmed" and not e.unchanged for e in self.armed.values())

    def fork(self) -> HostState:
        twin = copy(self)
        twin.course, twin.left = copy(self.course), copy(self.left)
        twin.work = self.work.fork() if self.work else None
        twin.left_work = self.left_work.fork() if self.left_work else None
        twin.doubts = dict(self.doubts)
        twin.flights, twin.drained, twin.between = set(self.flights), set(self.drained), set(self.between)
        twin.diverted = set(self.diverted)
        twin.tries, twin.registered, twin.sets = dict(self.tries), dict(self.registered), dict(self.sets)
        twin.cuts, twin.entered, twin.unhealthy = dict(self.cuts), dict(self.entered), dict(self.unhealthy)
        twin.armed = {seq: entry.fork() for seq, entry in self.armed.items()}
        return twin


# --- the run --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Flight:
    """Work in progress in the world."""

    kind: Literal["perform", "sample", "wait", "ask", "watch"]
    on: str = ""  # whose connection does it
    ending: bool = False  # we have asked for its end
    seconds: float = 0.0  # of a wait
    question: Question | None = None
    since: float = 0.0  # when it began, by the state's clock
    spared: bool = False  # its end was asked for by an abort that no longer holds


@dataclass(slots=True)
class Once:
    """A step that runs once for all: who came to it, who runs it, whether it is over."""

    owner: str = ""
    over: bool = False


@dataclass(slots=True)
class StageState:
    at: int  # the index of the stage in the plan
    hosts: tuple[str, ...] = ()
    batches: tuple[tuple[str, ...], ...] = ()  # those that are cut already; a sliding window adds its own
    limit: int = 0
    failures: int = 0
    begun: int = 0  # batches
    ended: int = 0
    open: dict[str, int] = field(default_factory=dict)  # hosts of batches in progress -> the batch
    active: set[str] = field(default_factory=set)  # of those, the ones on their way forward
    waiting: dict[str, dict[str, None]] = field(default_factory=dict)  # once step -> hosts that have come to it
    condemned: list[str] = field(default_factory=list)  # failed hosts whose own rollback has not begun
    pausing: dict[int, str] = field(default_factory=dict)  # batch -> "going", "over"
    unwatched: list[Key] = field(default_factory=list)  # watches that an abort has ended
    unpaused: dict[int, int] = field(default_factory=dict)  # batch -> how often the pause after it was cut short
    last_failure: str = ""  # for people
    broken: str = ""  # why the stage fails whatever max_failures says
    broken_by: str = ""  # the watch that did it
    rewatch: Key | None = None  # about a watch that shall begin again
    faulted: dict[Key, str] = field(default_factory=dict)  # watches that have failed their host -> why
    bad: set[Key] = field(default_factory=set)  # watches in a bad spell
    window: int = 0  # places of a sliding window; 0: batches
    next: int = 0  # the first host that a window has not admitted
    unwell: dict[str, None] = field(default_factory=dict)  # hosts that were unhealthy beforehand, not yet through
    kept: set[str] = field(default_factory=set)  # failed hosts that keep their place in the window
    through: list[int] = field(default_factory=list)  # batches of a window that are through and not yet ended
    resting: dict[int, str] = field(default_factory=dict)  # batches after which a pause keeps the host's place
    number: int = 0  # of the last batch begun, for templates
    members: tuple[str, ...] = ()

    def fork(self) -> StageState:
        twin = copy(self)
        twin.open, twin.active, twin.pausing = dict(self.open), set(self.active), dict(self.pausing)
        twin.waiting = {task: dict(hosts) for task, hosts in self.waiting.items()}
        twin.unpaused = dict(self.unpaused)
        twin.condemned, twin.bad, twin.unwatched = list(self.condemned), set(self.bad), list(self.unwatched)
        twin.unwell, twin.kept = dict(self.unwell), set(self.kept)
        twin.faulted = dict(self.faulted)
        twin.through, twin.resting = list(self.through), dict(self.resting)
        return twin


@dataclass(frozen=True, slots=True)
class Wave:
    """Hosts that go a piece of the way back side by side."""

    stage: int
    batch: int
    courses: Mapping[str, tuple[Element, ...]]


@dataclass(slots=True)
class WayBack:
    """A rollback of several hosts: its waves, one after the other."""

    waves: tuple[Wave, ...]
    begun: int = 0
    ended: int = 0
    open: set[str] = field(default_factory=set)

    def fork(self) -> WayBack:
        twin = copy(self)
        twin.open = set(self.open)
        return twin


@dataclass(slots=True)
class Lock:
    """What has become of the run's lock on its hosts."""

    fences: dict[str, int] = field(default_factory=dict)  # hosts that are locked -> the fencing number
    awaited: bool = False  # somebody else has it
    refused: str = ""  # who has it, and that nobody waits for them
    lost: str = ""  # where and why it was broken
    letting_go: Literal["", "asked", "over"] = ""

    def fork(self) -> Lock:
        twin = copy(self)
        twin.fences = dict(self.fences)
        return twin


RunPhase: TypeAlias = Literal[
    "new", "connecting", "forward", "halting", "back", "returning", "closing", "ended", "resuming"
]


@dataclass(slots=True)
class State:
    index: Index
    hosts: dict[str, HostState]
    phase: RunPhase = "new"
    before: RunPhase = "new"  # the phase in which it ended, and to which it comes back when it is resumed
    run: RunStarted | None = None
    ended: RunEnded | None = None
    stage: StageState | None = None
    done: int = 0  # stages that are behind
    ran: dict[int, list[tuple[str, ...]]] = field(default_factory=dict)  # stage -> its batches, as they were begun
    looked: dict[tuple[str, int], bool] = field(default_factory=dict)  # (host, probe) ahead of a window -> passed
    looking: int = 0  # samples of them under way
    flights: dict[Key, Flight] = field(default_factory=dict)
    busy: int = 0  # performs and samples among them
    ahead: set[Key] = field(default_factory=set)  # those on the way forward, but watches and the grace
    connecting: set[str] = field(default_factory=set)
    connected: bool = False  # the connections of the start have been asked for
    lock: Lock = field(default_factory=Lock)
    armed: int = 0  # entries so far
    cuts: dict[str, tuple[int, str]] = field(default_factory=dict)  # points of no return for all hosts
    onces: dict[str, Once] = field(default_factory=dict)
    everywhere: dict[str, Value] = field(default_factory=dict)  # registered by steps that ran once for all
    own: set[str] = field(default_factory=set)  # hosts in a rollback of their own
    working: set[str] = field(default_factory=set)  # hosts with something on the way forward that is not told yet
    questions: dict[Key, str] = field(default_factory=dict)  # open: about failures and interrupts -> kind
    stepping: bool = True  # --step still asks
    interrupt: Literal["", "ask", "stop"] = ""  # not yet acted upon
    interrupted: bool = False
    chosen: Literal["", "rollback", "stop"] = ""  # by a person
    aborted: Aborted | None = None
    grace: Literal["", "running", "over"] = ""
    asks: int = 0  # questions and pauses about the run so far, to name them apart
    back: WayBack | None = None
    undone: bool = False  # a rollback of several hosts is over
    retried: bool = False  # lost hosts have been tried once more
    returned: tuple[str, ...] = ()  # those that came back
    found: tuple[str, ...] = ()  # lost hosts that were there again when the run was resumed
    turning: str = ""  # why a rollback shall begin now: somebody has asked for it
    over: bool = False  # it had come to its end before somebody asked for more, and nothing has happened since
    wished: bool = False  # the rollback is what somebody asked for, not what a failure has brought about
    only_hosts: frozenset[str] = frozenset()  # a rollback that was asked for is for these alone; empty: for all
    only_stages: frozenset[int] = frozenset()
    scope: Scope = "run"  # of that rollback
    clock: float = 0.0  # seconds since the epoch at the last event; see `engine.clock`
    anchor: tuple[float, float] = (0.0, 0.0)  # wall clock and monotonic clock when this process took the run on
    rolling: bool = False  # RollbackStarted without its RollbackEnded
    outcome: str = ""  # what has become of the run, in a word, from its closing on
    closed: bool = False  # the run's `always` is behind
    unclosed: str = ""  # what of it failed
    # Which hosts may have something to decide ("" is the run itself). Only a cache: `wake` makes it anew.
    agenda: dict[str, None] = field(default_factory=dict, compare=False)
    starved: dict[str, None] = field(default_factory=dict, compare=False)  # wait for one of the forks

    def touch(self, host: str) -> None:
        """Look at the host again, after those that have been touched before it."""
        self.agenda.pop(host, None)
        self.agenda[host] = None

    def touch_run(self) -> None:
        self.agenda[""] = None

    def wake(self) -> None:
        """Look at everything again. Needed only where a state comes from somewhere else than `evolve`."""
        self.starved.clear()
        self.agenda = dict.fromkeys(["", *self.hosts])

    @property
    def holding(self) -> bool:
        """Nothing new is begun on the way forward until a person has answered."""
        return bool(self.questions)

    def fork(self) -> State:
        """An independent copy: what happens to one does not touch the other. The plan's own values are shared."""
        twin = copy(self)
        twin.hosts = {name: host.fork() for name, host in self.hosts.items()}
        twin.stage = self.stage.fork() if self.stage else None
        twin.lock = self.lock.fork()
        twin.back = self.back.fork() if self.back else None
        twin.onces = {key: copy(once) for key, once in self.onces.items()}
        twin.ran = {stage: list(batches) for stage, batches in self.ran.items()}
        twin.looked, twin.flights = dict(self.looked), dict(self.flights)
        twin.ahead = set(self.ahead)
        twin.connecting, twin.own, twin.working = set(self.connecting), set(self.own), set(self.working)
        twin.cuts, twin.everywhere, twin.questions = dict(self.cuts), dict(self.everywhere), dict(self.questions)
        twin.agenda, twin.starved = dict(self.agenda), dict(self.starved)
        return twin
