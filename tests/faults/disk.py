"""What can happen to a journal at one of its writes: the program dies, or the disk says no.

`striking` makes it happen at the system call itself: the journal's module finds another `os`, everything else the real
one. When it has happened, the last line on standard error says so.
"""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from executor.journal import log

Kind = Literal[
    "before",  # killed right before the write: what was decided last has begun, or even ended
    "torn",  # killed when a part of it was written
    "after",  # killed right after it: nothing of what it allows has begun
    "full",  # ENOSPC, and nothing of it is written
    "short",  # a part of it is written, then ENOSPC
    "unsynced",  # EIO from the sync that follows it
]
KILLS: tuple[Kind, ...] = ("before", "torn", "after")
ERRORS: tuple[Kind, ...] = ("full", "short", "unsynced")
KINDS: tuple[Kind, ...] = get_args(Kind)

STRUCK = "the fault has struck"


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens at the `at`th write of a process to its journal; at 0 nothing does."""

    kind: Kind
    at: int

    def __str__(self) -> str:
        return f"{self.kind} {self.at}"


@contextmanager
def striking(fault: Fault) -> Iterator[None]:
    """While this lasts, the fault waits for its write."""
    names = vars(log)
    real, names["os"] = names["os"], _Disk(fault)
    try:
        yield
    finally:
        names["os"] = real


@dataclass
class _Disk:
    """Stands where the journal's module has `os`."""

    fault: Fault
    writes: int = 0
    part: bool = field(default=False, init=False)  # of the write that fails, a part has been written

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    def write(self, fd: int, data: bytes) -> int:
        if self.part:
            self._fail(errno.ENOSPC)
        self.writes += 1
        if self.writes != self.fault.at:
            return os.write(fd, data)
        match self.fault.kind:
            case "before":
                self._die()
            case "torn":
                os.write(fd, data[: self._torn(data)])
                self._die()
            case "after":
                os.write(fd, data)
                self._die()
            case "full":
                self._fail(errno.ENOSPC)
            case "short":
                self.part = True
                return os.write(fd, data[: self._torn(data)])
            case "unsynced":
                pass
        return os.write(fd, data)

    def fdatasync(self, fd: int) -> None:
        if self.fault.kind == "unsynced" and 0 < self.fault.at <= self.writes:
            self._fail(errno.EIO)
        os.fdatasync(fd)

    def _torn(self, data: bytes) -> int:
        """Where the write is torn: anywhere in it, and also between two lines that belong together."""
        between = data.find(b"\n") + 1
        return between if between < len(data) and self.fault.at % 2 else len(data) * (self.fault.at % 7 + 1) // 9

    def _die(self) -> None:
        self._tell()
        os.kill(os.getpid(), signal.SIGKILL)

    def _fail(self, number: int) -> None:
        self._tell()
        raise OSError(number, os.strerror(number))

    @staticmethod
    def _tell() -> None:
        os.write(2, f"\n{STRUCK}\n".encode())
