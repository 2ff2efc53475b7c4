"""The processes of a host that belong to runs, each with its role: what can be killed there."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.sshd import SshServer

Role = Literal[
    "session",  # sshd's process for a connection
    "lane",  # the supervisor's shell
    "follower",  # which sends output
    "timer",  # the watchdog
    "job",  # a step's shell, or another job's
    "child",  # what a job, or one of the helpers, has started
]


@dataclass(frozen=True)
class Process:
    pid: int
    parent: int
    words: str  # its command line
    role: Role

    def kill(self) -> bool:
        """Whether it was still there."""
        try:
            os.kill(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            return False
        return True

    def __str__(self) -> str:
        return f"{self.role} {self.pid} ({self.words.strip()[:80]})"


def processes(server: SshServer) -> list[Process]:
    """Everything of a server's that runs now, its listener not counted."""
    return [*(Process(pid, 0, "sshd", "session") for pid in server.sessions()), *processes_with_home(server.home)]


def processes_with_home(home: Path) -> list[Process]:
    """Everything that a login with this home has started and that runs now, in the order of pids."""
    rows = dict(sorted(_rows(f"HOME={home}")))
    # Lanes are started from outside. What is left of one that was killed is init's, and no lane.
    lanes = {pid: words for pid, (parent, words) in rows.items() if parent not in rows and parent != 1}
    found = list[Process]()
    helpers = dict.fromkeys(lanes, 0)
    for pid, (parent, words) in rows.items():
        role: Role = "child"
        if pid in lanes:
            role = "lane"
        elif parent in lanes and words == lanes[parent] and helpers[parent] < 2:
            # It forks its follower first and then its timer, before any job.
            role = "timer" if helpers[parent] else "follower"
            helpers[parent] += 1
        elif "/.runbook/" in words and (parent in lanes or parent == 1):
            role = "job"
        found.append(Process(pid, parent, words, role))
    return found


def _rows(mark: str) -> Iterator[tuple[int, tuple[int, str]]]:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() not in (folder / "environ").read_bytes().split(b"\0"):
                continue
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue  # it has just ended
        yield int(folder.name), (parent, words)
