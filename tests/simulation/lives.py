"""One run in several lives: a controller with the real loop and engine, which may die at any moment and come back.

What outlives it is on the simulated disk and on the simulated hosts; everything else is lost with it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TypeVar

from executor.drive.inbox import Message
from executor.drive.loop import Loop
from executor.drive.recorder import Recorder, Reporters
from executor.drive.timers import Timers
from executor.engine import State, evolve, initial
from executor.engine.effects import Ask, Connect, Effect, End, Perform, Sample, Wait, Watch
from executor.events import (
    Asked,
    Connecting,
    Ended,
    Event,
    HostLost,
    Interrupted,
    Key,
    LockLost,
    LockRefused,
    Resumed,
    Retrying,
    RunStarted,
    Stamp,
    Started,
    TakenUp,
    WaitStarted,
    WatchStarted,
)
from executor.journal.log import JournalFailed
from executor.model.plans import Plan
from executor.simulation.calendar import Calendar
from executor.simulation.world import SimulatedWorld
from tests.simulation.network import HERE, Network

CUT_OFF = "cut off"
LONGEST = 3000  # effects in one life, decisions at one time: what needs more is taken for something that never ends
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
JUMPS = (0.0, 0.0, 0.0, 3e8, -3e8)  # seconds
STARTED = RunStarted("r1", "random", "random.yml", "", "ann", "here")

T = TypeVar("T")


class Killed(Exception):
    """The controller dies here, or cannot go on."""


class Endless(AssertionError):
    """The run does not come to its end."""


class Doubling(Calendar):
    """A calendar in which some answers come twice."""

    def __init__(self, dice: Random, often: float) -> None:
        super().__init__()
        self._dice, self._often = dice, often

    def enter(self, seconds: float, event: Event, *, first: bool = False) -> int:
        if isinstance(event, Ended) and self._dice.random() < self._often:
            super().enter(seconds + self._dice.choice([0.0, 1.0, 30.0]), event)
        return super().enter(seconds, event, first=first)


@dataclass(slots=True)
class Disk:
    """A journal: what was appended together stands or falls together, and is safe once it was synced."""

    safe: list[Event] = field(default_factory=list)
    stamps: list[Stamp] = field(default_factory=list)  # of those
    waiting: list[tuple[tuple[Stamp, Event], ...]] = field(default_factory=list)
    before_sync: Callable[[], None] = lambda: None
    full: bool = False  # nothing can be written to it any more

    def append(self, records: Sequence[tuple[Stamp, Event]], /) -> None:
        if records:
            self.waiting.append(tuple(records))
        if len(self.waiting) > LONGEST:
            raise Endless("deciding does not come to an end")

    def sync(self) -> None:
        self.before_sync()
        if self.full:
            raise JournalFailed("no space left")
        self._keep(self.waiting)
        self.waiting.clear()

    def _keep(self, groups: Sequence[tuple[tuple[Stamp, Event], ...]]) -> None:
        self.stamps += (stamp for group in groups for stamp, _ in group)
        self.safe += (event for group in groups for _, event in group)

    def left(self, groups: int) -> Disk:
        """What would be on it if so many of the groups that wait had reached it, and nothing more did."""
        disk = Disk(list(self.safe), list(self.stamps))
        disk._keep(self.waiting[:groups])
        return disk


@dataclass(frozen=True, slots=True)
class Wreck:
    """What is left when a controller has died: its disk, the hosts, and the time. `state` where it is known already."""

    disk: Disk
    network: Network
    now: float
    state: State | None


@dataclass(slots=True)
class Life:
    """One controller from its start, or from a wreck, to the end of its run or its own.

    `moment` is called whenever it could die: with how many of the groups that wait for the disk would be on it, and
    whether its state is what is on the disk. It may raise Killed.
    """

    plan: Plan
    network: Network
    dice: Random
    moment: Callable[[Life, int, bool], None] = lambda _life, _groups, _known: None
    disk: Disk = field(default_factory=Disk)
    calendar: Calendar = field(init=False)
    state: State = field(init=False)
    _world: SimulatedWorld = field(init=False)
    _allowed: set[Key] = field(default_factory=set)
    _hosts: set[str] = field(default_factory=set)
    _jump: float = 0.0  # seconds by which the wall clock is wrong
    _seen: int = 0
    _effects: int = 0

    def __post_init__(self) -> None:
        self.calendar = Doubling(self.dice, self.network.bad / 4)
        self.calendar.now = self.network.now
        self._world = SimulatedWorld(self.network, self.calendar, lock=self.plan.lock)
        self.disk.before_sync = self._before_sync

    def live(self, opening: Event, state: State | None = None) -> None:
        """Run. Raises Killed where `moment` does, and AssertionError where the loop breaks a rule."""
        self.state = state if state is not None else fold(self.plan, self.disk)
        self._outside()
        loop = Loop(
            self.plan,
            self.state,
            opening,
            world=self,
            inbox=self,
            timers=Timers(),
            recorder=Recorder(self.disk, _NOBODY, self.calendar.clock, wall=self._wall),
            reporters=_NOBODY,
            clock=self.calendar.clock,
        )
        try:
            loop.run()
        except JournalFailed as why:
            raise Killed from why

    def _wall(self) -> datetime:
        """Right when a controller begins. Later it may have jumped by years, which must not matter to anybody."""
        jump, self._jump = self._jump, self._jump or self.dice.choice(JUMPS)
        return BEGAN + timedelta(seconds=self.calendar.now + jump)

    def _outside(self) -> None:
        """What happens by itself."""
        if self.dice.random() < self.network.bad:
            host = self.dice.choice([name for name in self.plan.hosts if name != HERE])
            self.calendar.enter(self.dice.uniform(0, 40), HostLost(host, CUT_OFF))
        if self.dice.random() < self.network.bad / 2:
            self.calendar.enter(self.dice.uniform(0, 40), Interrupted(self.dice.choice(["ask", "ask", "stop"])))
        if self.plan.lock and self.dice.random() < self.network.bad / 2:
            host = self.dice.choice([name for name in self.plan.hosts if name != HERE])
            self.calendar.enter(self.dice.uniform(0, 40), LockLost(host, "broken by eve"))

    def gather(self, timeout: float) -> list[Message]:
        """The loop's inbox. A connection that is being made cannot be cut off."""
        while True:
            messages = self.calendar.gather(timeout)
            lost = [one.host for one in messages if isinstance(one, HostLost) and one.reason == CUT_OFF]
            if not any(self.state.hosts[host].connecting for host in lost):
                return messages

    def _before_sync(self) -> None:
        self.disk.full = self.disk.full or self.dice.random() < self.network.bad / 500
        for groups in range(len(self.disk.waiting)):
            self.moment(self, groups, False)

    def perform(self, effect: Effect) -> None:
        """The loop's world: an effect begins only when the disk has an event that allows it."""
        assert not self.disk.full, f"{effect} begins, and nothing can be written down any more"
        self.moment(self, 0, True)
        self._effects += 1
        if self._effects > LONGEST:
            raise Endless("the run goes on and on")
        self._read()
        self.network.now = self.calendar.now
        match effect:
            case Connect(host):
                assert host in self._hosts, f"{host} is connected to, and nothing on disk says so"
                if self.plan.lock and self.dice.random() < self.network.bad / 10:
                    self.calendar.enter(self.dice.uniform(0, 5), self._taken(self.plan.lock, host))
                    return
            case Perform(key) | Sample(key) | Watch(key) | Wait(key) | Ask(key):
                assert key in self._allowed, f"{key} begins, and nothing on disk says so"
            case End(key) if not self.network.kill(key):
                return  # how it ended is on its way, or nobody can be told
            case _:
                pass
        self._world.perform(effect)

    def _taken(self, lock: str, host: str) -> Event:
        """Somebody else has the host's lock: a run does not begin, or go on, without it; later that host is lost."""
        beginning = self.state.phase in ("connecting", "resuming")
        return LockRefused(lock, {host: "eve"}) if beginning else HostLost(host, "it is locked by eve")

    def _read(self) -> None:
        """What the disk allows by now."""
        for event in self.disk.safe[self._seen :]:
            match event:
                case Started(key) | WaitStarted(key) | Asked(key) | WatchStarted(key):
                    self._allowed.add(key)
                case Retrying(key):
                    at = Key(key.host, key.task, "retry", key.item, key.attempt, key.sub, key.direction, key.of)
                    self._allowed.add(at)
                case TakenUp(keys):
                    self._allowed |= set(keys)
                case Connecting(hosts):
                    self._hosts |= set(hosts)
                case _:
                    pass
        self._seen = len(self.disk.safe)

    def wreck(self, groups: int, *, known: bool, dice: Random) -> Wreck:
        """What would be left if it died now; `groups` of those that wait for the disk are on it."""
        self.network.now = self.calendar.now
        return Wreck(
            self.disk.left(groups), self.network.fork(dice), self.calendar.now, self.state.fork() if known else None
        )


def again(plan: Plan, wreck: Wreck, dice: Random, moment: Callable[[Life, int, bool], None]) -> Life:
    """The next life of a run, some time later. It ends as `Life.live` does."""
    network = wreck.network
    network.now = wreck.now + dice.choice([0.0, 5.0, 60.0, 1000.0])
    return Life(plan, network, dice, moment, wreck.disk)


def fold(plan: Plan, disk: Disk) -> State:
    """The state that a journal gives."""
    state = initial(plan)
    for stamp, event in zip(disk.stamps, disk.safe, strict=True):
        evolve(plan, state, event, stamp)
    return state


def resumed(*, undo: bool = False) -> Resumed:
    return Resumed("ann", "here", undo=undo)


_NOBODY = Reporters([], print)
