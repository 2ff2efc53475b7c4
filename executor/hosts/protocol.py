"""How a host is reached: the one interface that `ssh`, `local` and `simulated` share.

A job is one shell command on one host, in values: `executor.actions` makes it, a `Host` runs it. Everything is
asynchronous in the plainest way: `start` returns at once, the sink is told what happens, from any thread.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from socket import socket
from typing import Literal, Protocol

Stream = Literal["stdout", "stderr"]


@dataclass(frozen=True, slots=True)
class Fence:
    """A lock on the host, as its holder knows it: a file there, and the word that stands first in it while it holds."""

    file: str
    token: str


@dataclass(frozen=True, slots=True)
class Job:
    """A script for a host's shell, with all that surrounds it.

    `id` is unique in the run and safe as a file name: started twice, it runs once. `stdin` is bytes or a local file to
    stream (None: /dev/null). `timeout` is enforced on the host, in seconds. `become` runs it as `become_user` (default
    root) through sudo.
    """

    id: str
    script: str
    executable: str = "/bin/sh -e"
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)  # it may hold secrets, as the input may
    chdir: str | None = None
    stdin: bytes | Path | None = field(default=None, repr=False)
    timeout: float | None = None
    become: bool = False
    become_user: str = "root"
    read_only: bool = False  # may be run plainly: it needs no durable record
    durable: bool = True  # False: run plainly although it changes something; a lost connection makes its end unknown
    output_limit: int | None = None  # bytes of each stream that are kept; what comes on top is dropped. None: all of it
    fence: Fence | None = None  # the lock under which it is sent: with a broken one it is refused
    again: bool = False  # its start may have been sent before, by a program that has died
    barred: bool = False  # see `bar`


@dataclass(frozen=True, slots=True)
class JobEnd:
    """How a job ended. `rc` is the exit code, or 128 + n after signal n; None where the end is not `exited`."""

    how: Literal["exited", "timed out", "cancelled", "unreachable", "unknown", "refused"]
    rc: int | None = None
    detail: str = ""
    duration: float = 0.0  # seconds, as the host or the connection measured it
    never: bool = False  # refused by the host itself, of a job that is barred: it has not started, and never will
    fenced: bool = False  # refused, because the lock under which it was sent does not hold any more
    cut: bool = False  # it printed more than its `output_limit`
    rebooted: bool = False  # unknown, because the host has been started anew since it began


def bar(job: Job) -> Job:
    """The same job, to ask what became of it. Where it has not started, it never will (its end is `refused`); where it
    has, it is followed to its end as any job. `unknown` is the answer where the host cannot tell."""
    return replace(job, barred=True)


class Sink(Protocol):
    """Where a job's output and end go. Called from any thread, output in order for each stream, then the end once."""

    def output(self, stream: Stream, data: bytes) -> None: ...

    def ended(self, end: JobEnd) -> None: ...


class Host(Protocol):
    """One host's connection. Safe to use from several threads."""

    name: str

    def connect(self) -> None:
        """Open the connection now (blocking). Raises `hosts.errors.ConnectionFailed` with the reason for people."""

    def start(self, job: Job, sink: Sink) -> None:
        """Begin a job; returns at once. Jobs of one host may overlap."""

    def end(self, job_id: str) -> None:
        """End a running job: its whole process group, TERM first. The sink still hears how it ended."""

    def dial(self, address: str, port: int, timeout: float) -> socket:
        """A connection to a port as the host sees it, through SSH forwarding (for `local`: directly).

        Raises `hosts.errors.ForwardingRefused` where the server forbids it, OSError where nothing listens.
        """

    def close(self) -> None: ...
