"""Taking a lock on all hosts or on none.

Every host is asked at once, as it is connected to. Where somebody else is in the way there are two cases. A lock taken
a few seconds ago may belong to a run that is itself still gathering its hosts: then the one with the smaller token
stays and tries on, the other lets go of all it has and tries again, so that one of them always gets through and
nobody waits in a circle. An older lock belongs to a run at work: it is waited for, with empty hands, or told.

What a run that was stopped at its work has kept of its lock is never let go here: it is its own, whatever else is
taken. What a run has that was killed while it gathered its hosts is let go like anything fresh: two of these that each
kept a part would wait for each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from executor.locks.words import Answer, Beat, Busy, Failed, Holder, Taken

GATHERING = 3  # seconds after which whoever has a lock must be at work
LONGEST_RACE = 20.0  # seconds after which even others who gather are no longer raced with
STALE = 90.0  # seconds without a sign of life after which a waiting person is told so
_SHORT = (0.05, 0.25)  # seconds between two tries while others gather
_LONG = (1.0, 2.5)  # and between two looks at a run at work


class Party(Protocol):
    """The hosts, asked all at once (blocking)."""

    def take(self, hosts: Iterable[str]) -> Mapping[str, Answer]: ...

    def release(self, taken: Mapping[str, Taken]) -> None: ...

    def holders(self, hosts: Iterable[str]) -> Mapping[str, Holder | None]:
        """Who has the lock on each host; None where nobody has. A host that does not answer is left out."""


class Time(Protocol):
    """Our own clock: no other is ever compared with it."""

    def now(self) -> float: ...

    def pause(self, between: tuple[float, float]) -> bool:
        """Sleep for a random time between the two, in seconds. False: somebody wants us to give up."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """The lock is ours on all hosts that could be asked."""

    taken: Mapping[str, Taken]
    failed: Mapping[str, Failed]


@dataclass(frozen=True, slots=True)
class Blocked:
    """Others have it, and nothing is ours but what was kept from before (`kept`).

    `stale`: hosts whose holder gave no sign of life for long while we watched.
    """

    holders: Mapping[str, Holder]
    stale: frozenset[str] = frozenset()
    kept: Mapping[str, Taken] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GivenUp:
    """We were told to stop, and nothing is ours but what was kept from before."""

    kept: Mapping[str, Taken] = field(default_factory=dict)


def gather(
    answers: Mapping[str, Answer],
    party: Party,
    token: str,
    *,
    wait: float,
    time: Time,
    waiting: Callable[[Blocked], None],
) -> Gathered | Blocked | GivenUp:
    """Go on from the hosts' first answers until all of them are locked, or somebody is in the way for `wait` seconds.

    `waiting` is told who is waited for, each time that somebody else is, or that they have fallen silent.
    """
    began = time.now()
    until = began + wait
    haul = _Haul()
    haul.add(answers)
    while haul.busy:
        working = {host: holder for host, holder in haul.busy.items() if _at_work(holder)}
        if not working and time.now() >= began + max(wait, LONGEST_RACE):
            working = dict(haul.busy)
        if working:
            haul.drop(party)
            met = _await(working, party, until, time, waiting)
            if met is not None:
                return replace(met, kept=haul.taken)
        else:
            if any(holder.token < token for holder in haul.busy.values()):
                haul.drop(party)
            if not time.pause(_SHORT):
                haul.drop(party)
                return GivenUp(haul.taken)
        haul.add(party.take(haul.missing()))
    return Gathered(haul.taken, haul.failed)


@dataclass(slots=True)
class _Haul:
    """What we have of the lock so far, and what not."""

    taken: dict[str, Taken] = field(default_factory=dict)
    failed: dict[str, Failed] = field(default_factory=dict)
    busy: dict[str, Holder] = field(default_factory=dict)
    dropped: list[str] = field(default_factory=list)  # they were ours, and are to be asked again

    def add(self, answers: Mapping[str, Answer]) -> None:
        for host, said in answers.items():
            match said:
                case Taken():
                    self.taken[host] = said
                case Failed():
                    self.failed[host] = said
                case Busy(holder):
                    self.busy[host] = holder

    def drop(self, party: Party) -> None:
        """Let go of everything that was free before."""
        loose = {host: taken for host, taken in self.taken.items() if not taken.kept and not taken.lent}
        if loose:
            party.release(loose)
        for host in loose:
            del self.taken[host]
        self.dropped += loose

    def missing(self) -> list[str]:
        """The hosts to ask next; forgets that they were not ours."""
        hosts = [*self.busy, *self.dropped]
        self.busy.clear()
        self.dropped.clear()
        return hosts


def _at_work(holder: Holder) -> bool:
    """It has all its hosts by now. Without an age, the host was started anew since it was taken."""
    return holder.beat is not None or holder.age is None or holder.age >= GATHERING


def _await(
    holders: Mapping[str, Holder],
    party: Party,
    until: float,
    time: Time,
    waiting: Callable[[Blocked], None],
) -> Blocked | GivenUp | None:
    """Watch those who are in the way, with empty hands, until they are gone (None) or the time is up."""
    since: dict[str, tuple[tuple[int, Beat | None], float]] = {}
    told: Blocked | None = None
    while True:
        now = time.now()
        for host, holder in holders.items():
            sign = (holder.number, holder.beat)
            if host not in since or since[host][0] != sign:
                since[host] = (sign, now)
        stale = frozenset(host for host in holders if now - since[host][1] >= STALE)
        blocked = Blocked(holders, stale)
        if now >= until:
            return blocked
        if told is None or _news(told, blocked):
            told = blocked
            waiting(blocked)
        if not time.pause(_LONG):
            return GivenUp()
        looked = party.holders(holders)
        holders = {host: holder for host, holder in looked.items() if holder is not None}
        if not holders:
            return None


def _news(told: Blocked, now: Blocked) -> bool:
    runs = {host: holder.token for host, holder in now.holders.items()}
    return now.stale != told.stale or runs != {host: holder.token for host, holder in told.holders.items()}
