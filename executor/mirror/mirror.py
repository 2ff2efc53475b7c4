"""Keeping copies of a run's journal on its hosts while the run goes on.

At every barrier, and every second in between, what is new goes to a few of the hosts, behind the run's back; before a
rollback, and at the end, that is waited for. A host that does not take its copy does not fail the run. A host that says
that somebody else has taken the run over does: it stops.
"""

from __future__ import annotations

import queue
import secrets
import threading
import time
from collections.abc import Callable
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
PATIENCE = 10.0  # seconds in which a host must have taken its copy


def token_of(folder: RunFolder) -> str:
    """What shows that a run is this controller's, made once for each. Raises RunbookError where it cannot be kept."""
    path = folder.path / "claim"
    if path.exists():
        return path.read_text("ascii").strip()
    token = secrets.token_hex(8)
    write_private(path, token.encode())
    return token


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
    ) -> None:
        """`taken_over` is told, from another thread, on which host the run is somebody else's now, and whose."""
        self._folder = folder
        self._host = host
        self._who = who
        self._taken_over = taken_over
        self._worth = carried_on  # something may have changed: before that there is nothing to lose
        self._copies = copies
        self._token = ""
        self._beats = 0
        self._reached: dict[str, None] = {}
        self._sizes: dict[str, int] = {}  # what each host has of the journal
        self._others: dict[str, str] = {}  # hosts on which the run is somebody else's
        self._pushes = 0  # jobs need names of their own, also across lives of the controller
        self._life = secrets.token_hex(3)
        self._orders: queue.SimpleQueue[threading.Event | None] = queue.SimpleQueue()
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
            case Started(armed=armed) if armed is not None:
                self._worth = True
                self._begin()
            case BatchEnded() | StageEnded() | RollbackEnded():
                self._push()
            case RollbackStarted() | RunEnded():
                self._push().wait(PATIENCE)
            case TakenUp():
                self._push().wait(PATIENCE)
                if self._others:
                    raise _not_ours(self._folder.run, self._others)
            case _:
                pass

    def close(self) -> None:
        """Nothing more will happen. Says on the hosts that the run does not go on here."""
        if self._thread is not None:
            self._orders.put(None)
            self._thread.join(PATIENCE)

    # --- in the thread of its own ----------------------------------------------------------------------------------

    def _push(self) -> threading.Event:
        """Have all that is on disk brought to the hosts. What is returned is set when that is over."""
        done = threading.Event()
        if not self._worth or not self._reached:
            done.set()
            return done
        self._begin()
        self._orders.put(done)
        return done

    def _begin(self) -> None:
        if self._thread is None:
            self._token = token_of(self._folder)
            self._thread = threading.Thread(target=self._work, name="runbook-mirror", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        due = time.monotonic() + BEAT
        while True:
            try:
                order = self._orders.get(timeout=PAUSE)
            except queue.Empty:
                self._bring()
                if time.monotonic() >= due:
                    self._say(str(self._beats))
                    due = time.monotonic() + BEAT
                continue
            if order is None:
                self._say(ENDED)
                return
            try:
                self._bring()
            finally:
                order.set()

    def _bring(self) -> None:
        journal = self._folder.journal
        size = journal.stat().st_size
        behind = [host for host in self._chosen() if self._sizes.get(host) != size]
        fresh = [host for host in behind if host not in self._sizes]
        fresh = [host for host, said in self._each(fresh, self._plan_job).items() if said.rc == 0]
        rest = [host for host in behind if host in self._sizes]
        self._told(self._each(fresh, lambda host: self._whole_job(host, size)), size)
        self._told(self._each(rest, lambda host: self._append_job(host, size)), size)

    def _chosen(self) -> list[str]:
        able = [host for host in tuple(self._reached) if host not in self._others]
        return sorted(able, key=lambda host: host not in self._sizes)[: self._copies]

    def _each(self, hosts: list[str], job: Callable[[str], Job]) -> dict[str, Said]:
        """Send a job to each of the hosts, side by side; a host that refuses it is not asked again."""
        asked = {host: Asked(self._host(host), job(host)) for host in hosts}
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

    def _told(self, said: dict[str, Said], size: int) -> None:
        for host, answer in said.items():
            if answer.rc == 0:
                self._sizes[host] = size

    def _say(self, beat: str) -> None:
        self._beats += 1
        owner = Owner(self._token, beat, self._who)
        self._each(list(self._sizes), lambda host: self._job(host, scripts.beat(self._run, host, owner), plain=True))

    # --- its jobs --------------------------------------------------------------------------------------------------

    @property
    def _run(self) -> str:
        return self._folder.run

    def _plan_job(self, host: str) -> Job:
        return self._job(host, scripts.put_plan(self._run, host, self._token), self._folder.plan.read_bytes())

    def _whole_job(self, host: str, size: int) -> Job:
        owner = Owner(self._token, str(self._beats), self._who)
        return self._job(host, scripts.put_whole(self._run, host, owner, size), _part(self._folder.journal, 0, size))

    def _append_job(self, host: str, size: int) -> Job:
        start = self._sizes[host]
        script = scripts.append(self._run, host, self._token, start, size)
        return self._job(host, script, _part(self._folder.journal, start, size))

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


def _not_ours(run: str, others: dict[str, str]) -> Refused:
    host, text = next(iter(others.items()))
    hint = f"runbook fetch {run} -i INVENTORY --take-over takes it back"
    return Refused(Problem(f"{host}: {_whose(text)}; nothing was started", hint=hint, code="taken-over"))
