"""Which process is ours: pids come again, so a process is known by its start, and a host's by its HOME."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable
from pathlib import Path

PROC = Path("/proc")


def identity(pid: int) -> str | None:
    """A text that no other process has, in this boot or another. None: it is gone (a zombie counts as gone)."""
    if not PROC.joinpath("self/stat").exists():
        return _identity_by_ps(pid)
    try:
        # The command's name stands in brackets and may hold anything, so count from behind it.
        fields = PROC.joinpath(str(pid), "stat").read_text(errors="replace").rpartition(")")[2].split()
        boot = PROC.joinpath("sys/kernel/random/boot_id").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, started = fields[0], fields[19]
    return None if state in "ZX" else f"{boot}/{started}"


def _identity_by_ps(pid: int) -> str | None:
    """Where there is no /proc (macOS, BSD), `ps` knows when a process began."""
    answer = subprocess.run(
        ["ps", "-o", "lstart=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
    )
    return answer.stdout.strip() or None


def with_home_under(folder: Path) -> tuple[int, ...]:
    """The pids whose HOME lies under `folder`: everything that was started on a sandbox's hosts.

    Needs /proc; where there is none nothing is found, and the services are ended by their own pid files alone.
    """
    prefix = b"HOME=" + os.fsencode(folder) + b"/"
    return tuple(
        int(entry.name)
        for entry in (PROC.iterdir() if PROC.is_dir() else ())
        if entry.name.isdigit() and any(line.startswith(prefix) for line in _environment(entry))
    )


def _environment(process: Path) -> list[bytes]:
    try:
        return process.joinpath("environ").read_bytes().split(b"\0")
    except OSError:  # it has just ended, or it is somebody else's: not ours either way
        return []


def end(find: Callable[[], Iterable[int]], grace: float = 3.0) -> None:
    """End every process that `find` finds, later ones too: TERM first, KILL after `grace` seconds.

    Raises TimeoutError where even that does not end them.
    """
    deadline = time.monotonic() + grace
    told: set[int] = set()
    while alive := [pid for pid in find() if identity(pid) is not None]:
        late = time.monotonic() >= deadline
        if time.monotonic() >= deadline + grace:
            raise TimeoutError(f"these processes do not end: {', '.join(map(str, alive))}")
        for pid in alive:
            if late or pid not in told:
                told.add(pid)
                _signal(pid, signal.SIGKILL if late else signal.SIGTERM)
        time.sleep(0.02)


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):  # it has ended by itself, which is what was wanted
        os.kill(pid, number)
