"""A machine to lock: the scripts under one shell, with a home of their own, and without anything in between."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from executor.hosts.protocol import Job, JobEnd
from executor.locks import orders
from executor.locks.orders import Wish
from executor.locks.words import Answer, Beat, Claim, Failed, Holder, Last, Taken

SHELLS = ("dash", "bash", "busybox sh", "mksh", "ksh")
NO_HOME = Path("/dev/null")  # nobody can write below it, not even root
SPARE = "spare-"  # begins the names of locks in the spare place
CLAIM = Claim("ada", "laptop", "2026-01-02T03:04:05+00:00", "Deploy")


def wish(token: str, run: str = "", *, name: str = "deploy", **more: object) -> Wish:
    """A wish for a lock, by a run that is called after the token unless it is said."""
    return Wish(name, token, run or f"run-{token}", CLAIM, **more)  # type: ignore[arg-type]  # Wish's own fields


@dataclass(frozen=True)
class Machine:
    """Orders are carried out by `shell`, one process each, as they are on a host."""

    shell: str
    home: Path
    room: bool = True  # without it, nothing can be written into a file

    def start(self, job: Job) -> subprocess.Popen[bytes]:
        words = self.shell.split()
        if shutil.which(words[0]) is None:
            pytest.skip(f"needs {words[0]}")
        return subprocess.Popen(
            [*words, "-c", job.script],
            env={"PATH": os.environ["PATH"], "HOME": str(self.home)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            preexec_fn=None if self.room else _without_room,  # noqa: PLW1509  no test of it has other threads
        )

    def say(self, job: Job) -> bytes:
        return self.start(job).communicate(timeout=60)[0]

    def take(self, token: str, run: str = "", **more: object) -> Answer:
        wanted = wish(token, run, **more)  # type: ignore[arg-type]  # Wish's own fields
        return orders.answer(wanted, JobEnd("exited", 0), self.say(orders.take(wanted, "take")))

    def have(self, token: str, run: str = "", **more: object) -> Taken:
        """Take it; it must be there to be taken."""
        answer = self.take(token, run, **more)
        assert isinstance(answer, Taken), answer
        return answer

    def release(self, taken: Taken) -> str:
        return self.say(orders.release(taken, "release")).decode().strip()

    def beat(self, taken: Taken, sign: Beat) -> str | None:
        return orders.lost(JobEnd("exited", 0), self.say(orders.beat(taken, sign, "beat")))

    def break_(self, number: int, by: str = "eve", name: str = "deploy") -> str:
        return self.say(orders.break_(name, number, by, "break")).decode().strip()

    def holders(self) -> tuple[Holder, ...]:
        seen = orders.seen(JobEnd("exited", 0), self.say(orders.look("look")))
        assert not isinstance(seen, Failed), seen
        # The spare place is the same for all tests: what others try there does not belong to this home.
        return tuple(one for one in seen if self.home == NO_HOME or not one.name.startswith(SPARE))

    def last(self, name: str = "deploy") -> Last:
        """Who had it last, and the runs that are kept there."""
        found = orders.had_last(JobEnd("exited", 0), self.say(orders.last(name, "last")))
        assert isinstance(found, Last), found
        return found

    def folder(self) -> Path:
        """Where the lock `deploy` lies."""
        return next(self.home.glob(".runbook/locks/*/deploy"))


def _without_room() -> None:
    """Writing into a file fails, as it does on a full disk; folders, links and new names can still be made."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
