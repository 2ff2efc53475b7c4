"""The lock of a run: taken on each host as it is connected to, kept alive while the run goes on, let go at its end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from executor.drive.inbox import Call, Clock, Inbox
from executor.drive.timers import Timers
from executor.events import HostLost, HostReached, LockAwaited, Locked, LockLost, LockRefused, Unlocked
from executor.hosts.errors import ConnectionFailed
from executor.hosts.pool import Hosts
from executor.hosts.protocol import Fence, JobEnd
from executor.locks import orders
from executor.locks.asking import ask, ask_all
from executor.locks.gather import Blocked, Gathered, GivenUp, gather
from executor.locks.orders import Wish
from executor.locks.party import OwnTime, Party
from executor.locks.telling import whose
from executor.locks.words import Answer, Beat, Busy, Failed, Taken

BEAT = 20.0  # seconds between two signs of life
_LET_GO = 10.0  # seconds that a host has for letting go: nobody waits longer for one that has fallen silent
_LAST_WORDS = 3.0  # seconds for saying that the run has stopped
_PATIENCE = 40.0  # seconds in which a host must answer while others wait for it


@dataclass(frozen=True, slots=True)
class LockOrder:
    """What lock a run wants, how many seconds it waits for others, and what the run is doing, for them to read.

    `is_over` says of a run of this machine's whether it has ended, and left its lock on a host that was away then;
    `is_cut_off`, whether the program that ran it is gone.
    """

    wish: Wish
    wait: float
    doing: Callable[[], str]
    is_over: Callable[[str], bool]
    is_cut_off: Callable[[str], bool] = lambda _run: False


class Locking:
    """Belongs to the loop's thread, but for `fence`. A host that is told to be reached is locked."""

    def __init__(
        self, order: LockOrder, *, hosts: Hosts, inbox: Inbox, timers: Timers, clock: Clock, local: Collection[str] = ()
    ) -> None:  # fmt: skip
        """`local` are the names of the control node itself, which has no lock."""
        self._order = order
        self._met = set(local)  # hosts of which somebody has asked whether they can be reached
        self._joining: dict[str, list[Callable[[str], None]]] = {}
        self._hosts = hosts
        self._inbox = inbox
        self._timers = timers
        self._clock = clock
        self._party = Party(hosts.host, order.wish, durable=True)
        self._begun = False  # the lock was taken on all hosts of the start
        self._awaited: dict[str, None] = {}
        self._seconds: dict[str, float] = {}
        self._answers: dict[str, Answer] = {}
        self._lost: dict[str, str] = {}
        self._taken: dict[str, Taken] = {}
        self._silent: set[str] = set()  # hosts whose last sign of life is still under way
        self._beats = 0
        self._leaving: set[str] = set()
        self._left: dict[str, str] = {}
        self._released: list[str] = []
        self._over = threading.Event()
        self._gathering: threading.Thread | None = None
        self._asked: set[str] = set()  # hosts whose first answer is still under way

    def fence(self, host: str) -> Fence | None:
        """The lock under which a job is sent to a host; None where there is none."""
        taken = self._taken.get(host)
        return None if taken is None else Fence(taken.file, taken.token)

    # --- taking it ------------------------------------------------------------------------------------------------

    def connect(self, host: str) -> None:
        """Connect to a host and lock it: HostReached, HostLost or LockRefused comes of it."""
        self._met.add(host)
        self._awaited[host] = None
        self._hosts.connect([host], self._connected)

    def is_new(self, host: str) -> bool:
        """Nobody knew that the run would come to this host: a delegate that only the run could name."""
        return host not in self._met or host in self._joining

    def join(self, host: str, told: Callable[[str], None]) -> None:
        """Have a new host locked. `told` is given why it cannot be had; "" where it is the run's own now."""
        self._joining.setdefault(host, []).append(told)
        if host not in self._met:
            self.connect(host)

    def _connected(self, host: str, seconds: float, failure: ConnectionFailed | None) -> None:
        """From the connection's thread: the lock is asked for at once, side by side with other hosts' connections."""
        if self._over.is_set():
            return
        if failure is not None:
            why = f"{failure.reason} ({failure.hint})" if failure.hint else failure.reason
            self._do(lambda: self._is_lost(host, why))
            return
        self._seconds[host] = seconds
        if host in self._taken:
            self._answers[host] = self._taken[host]
            self._do(lambda: self._arrived(host))
            return

        self._asked.add(host)
        self._ask(host)

    def _ask(self, host: str, *, again: bool = False) -> None:
        def told(end: JobEnd, stdout: bytes) -> None:
            if orders.unanswered(end, stdout) and not again:
                # What was taken is ours: asked again, it says so. Left there it would keep others away.
                self._do(lambda: self._ask(host, again=True))
                return
            self._answers[host] = orders.answer(self._order.wish, end, stdout)
            self._asked.discard(host)
            self._do(lambda: self._arrived(host))

        ask(self._hosts.host(host), self._party.taking(), told)

    def _is_lost(self, host: str, why: str) -> None:
        self._lost[host] = why
        self._arrived(host)

    def _arrived(self, host: str) -> None:
        """Nobody is told of before all have answered: the lock is taken on all of them or on none."""
        self._awaited.pop(host, None)
        if self._awaited or self._over.is_set():
            return
        answers, self._answers = self._answers, {}
        if not any(isinstance(said, Busy) for said in answers.values()):
            self._gathered(Gathered(*_sorted(answers)))
        elif self._begun:
            self._latecomers(answers)
        else:
            self._gathering = threading.Thread(target=self._gather, args=(answers,), name="runbook-lock", daemon=True)
            self._gathering.start()

    def _gather(self, answers: Mapping[str, Answer]) -> None:
        """In a thread of its own: race with others, wait for them."""
        order = self._order
        found = dict(answers)
        heirs = self._left_behind(answers)
        if heirs:
            self._party.wish = replace(order.wish, heir=heirs)
            found |= self._party.take([host for host, said in answers.items() if isinstance(said, Busy)])
        met = gather(
            found, self._party, order.wish.token, wait=order.wait, time=OwnTime(self._over), waiting=self._waits
        )
        match met:
            case Gathered():
                self._do(lambda: self._gathered(met))
            case Blocked():
                self._do(lambda: self._refused(met))
            case GivenUp(kept):
                self._taken |= kept

    def _left_behind(self, answers: Mapping[str, Answer]) -> tuple[str, ...]:
        """Runs of this machine's that have ended while the host was away, and could not let go."""
        here = self._order.wish.claim.controller
        holders = [said.holder for said in answers.values() if isinstance(said, Busy)]
        runs = {holder.run for holder in holders if holder.claim.controller == here}
        return tuple(run for run in sorted(runs) if self._order.is_over(run))

    def _waits(self, blocked: Blocked) -> None:
        name, holders = self._order.wish.name, _told(blocked, self._order.is_cut_off)
        self._inbox.put(LockAwaited(name, holders))

    def _gathered(self, found: Gathered) -> None:
        taken = dict(found.taken)
        fresh = {host: had for host, had in taken.items() if host not in self._taken}
        self._taken |= taken
        first, self._begun = not self._begun, True
        if fresh:
            broken = {host: whose(had.broken) for host, had in fresh.items() if had.broken is not None}
            self._inbox.put(Locked(self._order.wish.name, {host: had.number for host, had in fresh.items()}, broken))
        self._tell(taken, {host: f"its lock cannot be taken: {failed.why}" for host, failed in found.failed.items()})
        if first:
            self._timers.at(self._clock() + BEAT, self._beat)

    def _latecomers(self, answers: Mapping[str, Answer]) -> None:
        """Hosts that were lost, and are there again while the run goes on: who is somebody else's now stays lost."""
        taken, failed = _sorted(answers)
        busy = {host: said.holder for host, said in answers.items() if isinstance(said, Busy)}
        self._gathered(Gathered(taken, failed))
        self._tell((), {host: f"it is locked: {whose(holder)}" for host, holder in busy.items()})

    def _refused(self, blocked: Blocked) -> None:
        self._taken |= blocked.kept
        self._inbox.put(LockRefused(self._order.wish.name, _told(blocked, self._order.is_cut_off)))

    def _tell(self, reached: Iterable[str], lost: Mapping[str, str]) -> None:
        for host in reached:
            self._inbox.put(HostReached(host, self._seconds.pop(host, 0.0)))
            self._joined(host, "")
        for host, why in (*lost.items(), *self._lost.items()):
            self._inbox.put(HostLost(host, why))
            self._joined(host, why)
        self._lost = {}

    def _joined(self, host: str, why: str) -> None:
        for told in self._joining.pop(host, ()):
            told(why)

    # --- keeping it -----------------------------------------------------------------------------------------------

    def _beat(self) -> None:
        """A sign of life on every host; whoever has broken the lock is found out by it."""
        if self._over.is_set() or self._leaving:
            return
        self._beats += 1
        sign = Beat(self._beats, self._order.doing())
        for host, taken in self._taken.items():
            if not taken.lent and host not in self._silent:
                self._silent.add(host)
                ask(self._hosts.host(host), orders.beat(taken, sign, self._party.name()), self._heard(host, taken))
        self._timers.at(self._clock() + BEAT, self._beat)

    def _heard(self, host: str, taken: Taken) -> Callable[[JobEnd, bytes], None]:
        def told(end: JobEnd, stdout: bytes) -> None:
            by = orders.lost(end, stdout)
            self._do(lambda: self._signed(host, taken, by))

        return told

    def _signed(self, host: str, taken: Taken, by: str | None) -> None:
        self._silent.discard(host)
        if by is not None and self._taken.get(host) == taken:
            self.broken(host, f"its lock was broken: {by}")

    def broken(self, host: str, why: str) -> None:
        """The lock on a host holds no more. From any thread."""
        if self._taken.pop(host, None) is not None:
            self._inbox.put(LockLost(host, why))

    # --- letting it go --------------------------------------------------------------------------------------------

    def let_go(self, hosts: Iterable[str]) -> None:
        """Let go on these hosts; on others of ours it stays, as they are away. Unlocked comes of it."""
        reachable = set(hosts)
        mine = {host: taken for host, taken in self._taken.items() if not taken.lent}
        self._left = {host: "it could not be reached" for host in mine if host not in reachable}
        self._leaving = {host for host in mine if host in reachable}
        self._taken = {}
        if not self._leaving:
            self._let_go()
            return
        self._timers.at(self._clock() + _LET_GO, self._let_go)
        for host in tuple(self._leaving):
            ask(
                self._hosts.host(host),
                orders.release(mine[host], self._party.name(), durable=True),
                lambda end, stdout, host=host: self._do(lambda: self._gone(host, orders.ended(end, stdout))),  # type: ignore[misc]  # bound now
            )

    def _gone(self, host: str, why: str | None) -> None:
        if host not in self._leaving:
            return
        self._leaving.discard(host)
        if why is None:
            self._released.append(host)
        else:
            self._left[host] = why
        if not self._leaving:
            self._let_go()

    def _let_go(self) -> None:
        """All have answered, or the time is up; whichever comes second finds nothing to do."""
        if self._over.is_set():
            return
        self._over.set()
        self._left |= dict.fromkeys(self._leaving, "it did not answer")
        self._inbox.put(Unlocked(tuple(self._released), self._left))

    def close(self) -> None:
        """The run's program leaves (blocking, for a few seconds at most).

        A run that has stopped keeps its lock, with a note that it did; one that never began keeps nothing.
        """
        self._over.set()
        if self._gathering is not None:
            self._gathering.join(_LAST_WORDS)
        give_up = time.monotonic() + _LAST_WORDS
        while self._asked and time.monotonic() < give_up:
            time.sleep(0.01)  # what they take now would stay theirs to nobody
        taken = dict(self._taken)
        for host, said in self._answers.items():
            if isinstance(said, Taken):
                taken[host] = said
        mine = {host: had for host, had in taken.items() if not had.lent}
        stay = {host: had for host, had in mine.items() if self._begun or had.kept}
        sign = Beat(self._beats + 1, f"runbook resume {self._order.wish.run} carries on", stopped=True)
        jobs = {host: orders.beat(had, sign, self._party.name()) for host, had in stay.items()}
        jobs |= {
            host: orders.release(had, self._party.name(), durable=True)
            for host, had in mine.items()
            if host not in stay
        }
        for _ in ask_all(self._hosts.host, jobs, _LAST_WORDS):
            pass  # whoever does not answer is found by its silence

    def _do(self, what: Callable[[], None]) -> None:
        self._inbox.put(Call(what))


def _sorted(answers: Mapping[str, Answer]) -> tuple[dict[str, Taken], dict[str, Failed]]:
    taken = {host: said for host, said in answers.items() if isinstance(said, Taken)}
    return taken, {host: said for host, said in answers.items() if isinstance(said, Failed)}


def _told(blocked: Blocked, is_cut_off: Callable[[str], bool]) -> dict[str, str]:
    return {
        host: whose(holder, stale=host in blocked.stale, gone=is_cut_off(holder.run))
        # They have answered in any order. Of numbered names the shorter ones come first.
        for host, holder in sorted(blocked.holders.items(), key=lambda item: (len(item[0]), item[0]))
    }
