"""A host that is this machine, by value: what it lets through and what is installed on it can be chosen."""

from __future__ import annotations

import select
import socket
import subprocess
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from executor.hosts.errors import ForwardingRefused
from executor.hosts.protocol import Job, JobEnd, Sink


def tunnel(far: socket.socket) -> socket.socket:
    """The near end of a pair of sockets, and a thread that carries bytes to the far one: as hosts over SSH do it."""
    near, middle = socket.socketpair()
    threading.Thread(target=_carry, args=(far, middle), daemon=True).start()
    return near


def _carry(far: socket.socket, middle: socket.socket) -> None:
    other = {far: middle, middle: far}
    with far, middle, suppress(OSError):  # either side may hang up at any time
        while ready := select.select(list(other), [], [])[0]:
            for source in ready:
                data = source.recv(65_536)
                if not data:
                    return
                other[source].sendall(data)


def only(folder: Path, *tools: str) -> str:
    """A PATH with these tools alone; `busybox:wget` is busybox's."""
    for tool in tools:
        maker, _, name = tool.rpartition(":")
        (folder / name).symlink_to(f"/usr/bin/{maker or name}")
    return str(folder)


@dataclass
class Near:
    name: str = "web1"
    user: int | None = None  # somebody else than who runs the tests
    forwards: bool = True
    tunnels: bool = False
    path: str = "/usr/bin:/bin"
    shell: tuple[str, ...] = ("/bin/sh",)
    folder: Path = Path("/")
    cannot_dial: Exception | None = None
    end_of_jobs: JobEnd | None = None
    jobs: list[Job] = field(default_factory=list)
    dialled: list[tuple[str, int]] = field(default_factory=list)

    def connect(self) -> None: ...

    def start(self, job: Job, sink: Sink) -> None:
        self.jobs.append(job)
        if self.end_of_jobs is not None:
            sink.ended(self.end_of_jobs)
            return
        assert not isinstance(job.stdin, Path)
        words = self.shell if job.executable == "/bin/sh" else tuple(job.executable.split())
        try:
            done = subprocess.run(
                [*words, "-c", job.script],
                input=job.stdin or b"",
                capture_output=True,
                cwd=job.chdir or self.folder,
                env={"PATH": self.path, "HOME": str(self.folder), **job.environment},
                check=False,
                timeout=job.timeout,
                user=self.user,
            )
        except subprocess.TimeoutExpired:
            sink.ended(JobEnd("timed out"))
            return
        sink.output("stdout", done.stdout)
        sink.output("stderr", done.stderr)
        sink.ended(JobEnd("exited", done.returncode))

    def end(self, job_id: str) -> None: ...

    def dial(self, address: str, port: int, timeout: float) -> socket.socket:
        self.dialled.append((address, port))
        if self.cannot_dial is not None:
            raise self.cannot_dial
        if not self.forwards:
            raise ForwardingRefused
        real = socket.create_connection((address, port), timeout)
        if not self.tunnels:
            return real
        real.settimeout(None)
        return tunnel(real)

    def close(self) -> None: ...
