"""The supervisor under every shell that may be a host's /bin/sh, without a connection in between."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from executor.hosts.dispatch import Dispatcher
from executor.hosts.lanes import Lane
from executor.hosts.protocol import Job, Sink

SHELLS = ("dash", "bash", "busybox sh", "mksh", "ksh")


class SocketWire:
    """A wire to a shell that can be cut like a connection: from one moment to the next neither side hears the other."""

    def __init__(self, command: str, lane: Lane) -> None:
        self._ours, theirs = socket.socketpair()
        self._errors, their_errors = socket.socketpair()
        with theirs, their_errors:
            self.process = subprocess.Popen(
                ["/bin/sh", "-c", command],
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                stderr=their_errors.fileno(),
                start_new_session=True,
            )
        self._lane = lane
        self._readers = [
            threading.Thread(target=self._read, args=(self._ours, lane.received)),
            threading.Thread(target=self._read, args=(self._errors, lane.complained)),
        ]
        for reader in self._readers:
            reader.start()

    def send(self, data: bytes) -> None:
        self._ours.sendall(data)

    def close(self) -> None:
        with contextlib.suppress(OSError):  # it may be cut already
            self._ours.shutdown(socket.SHUT_WR)

    def cut(self) -> None:
        for end in (self._ours, self._errors):
            with contextlib.suppress(OSError):  # it may be closed already
                end.shutdown(socket.SHUT_RDWR)

    def gone(self) -> None:
        """Waits until nothing of it is left on this side."""
        self.cut()
        for reader in self._readers:
            reader.join()
        self._ours.close()
        self._errors.close()
        self.process.wait()

    def _read(self, end: socket.socket, tell: Callable[[bytes], None]) -> None:
        with contextlib.suppress(OSError):
            while data := end.recv(65536):
                tell(data)
        if end is self._ours:
            self._readers[1].join(1)
            self._lane.closed()


class ShellHost:
    """As much of a host as its lanes: `shell` is started with `home` as its home for each of them."""

    name = "here"

    def __init__(
        self,
        shell: str,
        home: Path,
        before: str = "",
        *,
        known: bool = False,
        folder: str = "run1/web1",
        under: str = "",
    ) -> None:
        """`under` is a command line that the shell is started by."""
        if shutil.which(shell.split(maxsplit=1)[0]) is None:
            pytest.skip(f"needs {shell}")
        self.home = home
        self.shell = shell
        self.wires: list[SocketWire] = []  # those that are not cut
        self._all_wires: list[SocketWire] = []
        self._command = f"{before}export HOME='{home}'; cd; exec {under}{shell}"
        self._dispatcher = Dispatcher(self._open, folder, known=known)

    @property
    def folder(self) -> Path:
        return self.home / ".runbook/runs/run1/web1"

    def start(self, job: Job, sink: Sink) -> None:
        self._dispatcher.start(job, sink)

    def end(self, job_id: str) -> None:
        self._dispatcher.end(job_id)

    def close(self) -> None:
        self._dispatcher.close()
        end_all_with(f"HOME={self.home}")
        for wire in self._all_wires:
            wire.gone()

    def forget(self) -> None:
        """What the end of the controller does: the jobs run on."""
        self._dispatcher.close()

    def cut(self) -> None:
        """What a lost connection does: the supervisor hears nothing more, and nobody hears it."""
        for wire in self.wires:
            wire.cut()
        self.wires.clear()

    def _open(self, new_lane: Callable[[], Lane]) -> Lane:
        lane = new_lane()
        wire = SocketWire(self._command, lane)
        self.wires.append(wire)
        self._all_wires.append(wire)
        lane.join(wire)
        lane.open(20)
        return lane


def processes_with(variable: str) -> list[int]:
    """The pids of processes that have this in their environment, zombies not counted."""
    found = []
    for environ in Path("/proc").glob("[0-9]*/environ"):
        try:
            if variable.encode() in environ.read_bytes().split(b"\0"):
                found.append(int(environ.parent.name))
        except OSError:
            continue  # it has just ended
    return found


def end_all_with(variable: str) -> None:
    for pid in processes_with(variable):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue  # it has just ended
