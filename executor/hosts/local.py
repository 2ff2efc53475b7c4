"""The control node itself: the same supervisor in a shell of this machine, in the project's root."""

from __future__ import annotations

import socket
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO

from executor.hosts.become import Become
from executor.hosts.dispatch import Dispatcher
from executor.hosts.lanes import Lane
from executor.hosts.protocol import Job, Sink

_LAST_WORDS = 1.0  # seconds
_START = 20.0  # seconds for a shell of this machine to come up


class LocalHost:
    """`localhost`: jobs run below `root`. Implements `hosts.protocol.Host`."""

    def __init__(
        self, run: str, root: Path, *, name: str = "localhost", become_password: Callable[[], str] | None = None,
        known: bool = False,
    ) -> None:  # fmt: skip
        """`known`: an earlier program of the run has worked here."""
        self.name = name
        self._root = root
        self._become = Become(become_password)
        self._dispatcher = Dispatcher(self._open, f"{run}/{name}", known=known)

    def connect(self) -> None:
        """There is nothing to connect to."""

    def start(self, job: Job, sink: Sink) -> None:
        self._dispatcher.start(job, sink)

    def end(self, job_id: str) -> None:
        self._dispatcher.end(job_id)

    def forget(self) -> None:
        """Removes what the run's ended jobs have printed from the host (blocking)."""
        self._dispatcher.forget()

    def dial(self, address: str, port: int, timeout: float) -> socket.socket:
        """A plain connection. Raises OSError."""
        return socket.create_connection((address, port), timeout)

    def close(self) -> None:
        self._dispatcher.close()

    def _open(self, new_lane: Callable[[], Lane]) -> Lane:
        lane = new_lane()
        lane.join(ProcessWire(self._become.way_in(lane.kind.user), self._root, lane))
        self._become.enter(lane, _START)
        return lane


class ProcessWire:
    """A wire to a shell of this machine, with a thread for each of its outputs."""

    def __init__(self, command: str, root: Path, lane: Lane) -> None:
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", command],
            cwd=root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            # Signals of the terminal are the program's to handle, not the shell's.
            start_new_session=True,
        )
        threading.Thread(target=self._read_all, args=(lane,), daemon=True).start()

    def send(self, data: bytes) -> None:
        stdin = self._process.stdin
        if stdin is None or stdin.closed:
            raise OSError("the shell is gone")
        view = memoryview(data)
        while view:
            view = view[stdin.write(view) or 0 :]

    def close(self) -> None:
        if self._process.stdin:
            self._process.stdin.close()

    def _read_all(self, lane: Lane) -> None:
        errors = threading.Thread(target=_read, args=(self._process.stderr, lane.complained), daemon=True)
        errors.start()
        _read(self._process.stdout, lane.received)
        # What a shell says before it gives up belongs before its end; a child of it may hold the pipe for longer.
        errors.join(_LAST_WORDS)
        self.close()
        self._process.wait()
        lane.closed()


def _read(stream: IO[bytes] | None, tell: Callable[[bytes], None]) -> None:
    if stream is None:
        return
    with stream:
        while data := stream.read(256 * 1024):
            tell(data)
