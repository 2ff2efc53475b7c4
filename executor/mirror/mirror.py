"""Keeping copies of a run's journal on its hosts while the run goes on.

Before anything is changed one of the hosts has a copy. At every barrier, and every second in between, what is new goes
to a few of them, behind the run's back; before a rollback, and at the end, that is waited for. Barriers that come
together are one: the end of the last batch, of its stage and of the run. A host that does not take its copy does not
fail the run. A host that says that somebody else has taken the run over does: it stops.
"""

from __future__ import annotations

import queue
import secrets
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from executor.errors import Problem, Refused
from executor.events import (
    BatchEnded,
    Ended,
    Event,
    HostLost,
    HostReached,
    RollbackEnded,
    RollbackStarted,
    RunEnded,
    StageEnded,
    Started,
    TakenUp,
    Unlocking,
)
from executor.hosts.protocol import Host, Job
from executor.journal.folders import RunFolder, write_private
from executor.mirror import scripts
from executor.mirror.jobs import Asked, Said
from executor.mirror.scripts import ENDED, OTHER, Owner
from executor.model.outcomes import Result, Status

# On how many hosts there are copies: with one on each, a run of many hosts would send its journal many times over.
COPIES = 5
BEAT = 15.0  # seconds between two signs of life
PAUSE = 1.0  # seconds between two looks at what is new
TOGETHER = 0.05  # seconds after a barrier in which another one may come
PATIENCE = 10.0  # seconds in which a host must have taken its copy


def token_of(folder: RunFolder) -> str:
    """What shows that a run is this controller's, made once for each. Raises RunbookError where it cannot be kept."""
    path = folder.path / "claim"
    if path.exists():
        return path.read_text("ascii").strip()
    token = secrets.token_hex(8)
    write_private(path, token.encode())
    return token


def has_token(folder: RunFolder) -> bool:
    """Whether a host may know the run as this controller's."""
    return (folder.path / "claim").exists()


@dataclass(frozen=True, slots=True)
class _Order:
    """Bring what there is. `done` is set when that is over."""

    by_and_by: bool = False  # another order may be right behind it
    last: bool = False  # nothing comes after this: the run does not go on
    leave: bool = False  # the controller goes, with or without an end of the run
    done: threading.Event = field(default_factory=threading.Event)


class Mirror:
    """The copies of one run. `event` is told what has happened, from one thread; the work is done in another."""

    def __init__(
        self,
        folder: RunFolder,
        host: Callable[[str], Host],
        who: str,
        taken_over: Callable[[str, str], None],
        *,
        carried_on: bool = False,
        copies: int = COPIES,
        around: Collection[str] = (),
    ) -> None:
        """`taken_over` is told, from another thread, on which host the run is somebody else's now, and whose.

        `around` are steps (by their ids) that arm nothing and change something nevertheless: drain, restore, always.
        """
        self._folder = folder
        self._host = host
        self._who = who
        self._taken_over = taken_over
        self._worth = carried_on  # something may have changed: before that there is nothing to lose
        self._copies = copies
        self._around = around
        self._tried = threading.Event()  # a host has a copy, or none of them could take one
        self._token = ""
        self._beat = "0"
        self._over: set[str] = set()  # hosts that know that the run does not go on
        self._reached: dict[str, None] = {}
        self._sizes: dict[str, int] = {}  # what each host has of the journal
        self._others: dict[str, str] = {}  # hosts on which the run is somebody else's
        self._pushes = 0  # jobs need names of their own, also across lives of the controller
        self._life = secrets.token_hex(3)
        self._ending = 0.0  # until this time the run's end is worth waiting for
        self._orders: queue.SimpleQueue[_Order] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def event(self, event: Event) -> None:
        """Told of everything once it is on disk. Raises Refused where a run that is carried on is somebody else's."""
        match event:
            case HostReached(host) if host not in self._others:
                self._reached[host] = None
            case HostLost(host):
                self._reached.pop(host, None)
            case Ended(key, Result(status=Status.UNREACHABLE)):
                self._reached.pop(key.host, None)  # until it is connected to again
            case Started(key, armed=armed) if not self._worth and (armed is not None or key.task in self._around):
                self._worth = True
                if not self._push(_Order()).is_set():
                    self._tried.wait(PATIENCE)
            case BatchEnded() | StageEnded() | RollbackEnded():
                self._push(_Order(by_and_by=True))
            case Unlocking():
                self._ending = time.monotonic() + PAUSE
            case RollbackStarted():
                self._push(_Order()).wait(PATIENCE)
            case RunEnded():
                self._push(_Order(last=True)).wait(PATIENCE)
            case TakenUp():
                self._push(_Order()).wait(PATIENCE)
                if self._others:
                    raise not_ours(self._folder.run, self._others)
            case _:
                pass

    def close(self) -> None:
        """Nothing more will happen. Says on the hosts that the run does not go on here."""
        if self._thread is not None:
            self._orders.put(_Order(leave=True))
            self._thread.join(PATIENCE)

    def _push(self, order: _Order) -> threading.Event:
        """Have all that is on disk brought to the hosts. What is returned is set when that is over."""
        if self._worth and self._reached:
            self._begin()
            self._orders.put(order)
        else:
            order.done.set()
        return order.done

    def _begin(self) -> None:
        if self._thread is None:
            self._token = token_of(self._folder)
            self._thread = threading.Thread(target=self._work, name="runbook-mirror", daemon=True)
            self._thread.start()

    # --- in the thread of its own ----------------------------------------------------------------------------------

    def _work(self) -> None:
        due = time.monotonic() + BEAT
        while True:
            orders = self._ordered()
            try:
                if any(order.last for order in orders):
                    self._beat = ENDED
                if not orders or not orders[0].leave:
                    self._bring()
            finally:
                self._tried.set()
                for order in orders:
                    order.done.set()
            if orders and orders[-1].leave:
                self._say(ENDED)
                return
            if time.monotonic() >= due and self._beat != ENDED:
                self._say(str(int(self._beat) + 1))
                due = time.monotonic() + BEAT

    def _ordered(self) -> list[_Order]:
        """What is to be done now: several orders that came together, or none for a while."""
        orders: list[_Order] = []
        wait = PAUSE
        while True:
            try:
                orders.append(self._orders.get(timeout=wait))
            except queue.Empty:
                return orders
            if not orders[-1].by_and_by:
                return orders
            wait = max(TOGETHER, self._ending - time.monotonic())

    def _bring(self) -> None:
        size = self._folder.journal.stat().st_size
        behind = [host for host in self._chosen() if self._sizes.get(host) != size]
        said = self._each(behind, lambda host: self._copy_job(host, size))
        for host, answer in said.items():
            if answer.rc == 0:
                self._sizes[host] = size
                if self._beat == ENDED:
                    self._over.add(host)

    def _chosen(self) -> list[str]:
        able = [host for host in tuple(self._reached) if host not in self._others]
        return sorted(able, key=lambda host: host not in self._sizes)[: self._copies]

    def _each(self, hosts: list[str], job: Callable[[str], Job]) -> dict[str, Said]:
        """Send a job to each of the hosts, side by side; a host that refuses it is not asked again."""
        asked = {host: Asked(self._host(host), job(host), self._heard) for host in hosts}
        deadline = time.monotonic() + PATIENCE
        said = {host: one.wait(max(0.0, deadline - time.monotonic())) for host, one in asked.items()}
        for host, answer in said.items():
            if answer.rc == OTHER:
                self._others[host] = answer.text
                self._sizes.pop(host, None)
                self._taken_over(host, _whose(answer.text))
            elif answer.rc != 0:
                self._sizes.pop(host, None)  # the next time it gets all of it
        return said

    def _heard(self, said: Said) -> None:
        if said.rc == 0:
            self._tried.set()

    def _say(self, beat: str) -> None:
        self._beat = beat
        there = [host for host in self._sizes if host not in self._over]
        self._each(there, lambda host: self._job(host, scripts.beat(self._run, host, self._owner), plain=True))

    # --- its jobs --------------------------------------------------------------------------------------------------

    @property
    def _run(self) -> str:
        return self._folder.run

    @property
    def _owner(self) -> Owner:
        return Owner(self._token, self._beat, self._who)

    def _copy_job(self, host: str, size: int) -> Job:
        journal, start = self._folder.journal, self._sizes.get(host)
        if start is not None:
            script = scripts.append(self._run, host, self._owner, start, size)
            return self._job(host, script, _part(journal, start, size))
        plan = self._folder.plan.read_bytes()
        script = scripts.put_whole(self._run, host, self._owner, len(plan), size)
        return self._job(host, script, plan + _part(journal, 0, size))

    def _job(self, host: str, script: str, data: bytes | None = None, *, plain: bool = False) -> Job:
        self._pushes += 1
        name = f"mirror.{self._life}.{self._pushes}-at-{host}"
        return Job(name, script, executable="/bin/sh", stdin=data, timeout=PATIENCE, read_only=plain)


def _part(path: Path, start: int, end: int) -> bytes:
    with path.open("rb") as file:
        file.seek(start)
        return file.read(end - start)


def _whose(text: str) -> str:
    """An owner's line, for people."""
    return f"the run was taken over: {text.partition(' ')[2].partition(' ')[2] or 'nobody says by whom'}"


def not_ours(run: str, others: Mapping[str, str]) -> Refused:
    """What is said to whoever has lost the run; `others` are the owner's lines on hosts that know it."""
    host, text = next(iter(others.items()))
    hint = f"runbook fetch {run} -i INVENTORY --take-over takes it back"
    return Refused(Problem(f"{host}: {_whose(text)}; nothing was started", hint=hint, code="taken-over"))
