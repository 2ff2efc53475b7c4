"""One process at a time carries a run on: a lock on a file in the run's folder, which ends with the process."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from executor.errors import Problem, Refused, RunbookError
from executor.journal.folders import RunFolder

_NAME = "held"
_LOOKS = 10
_INSTANT = 0.02  # seconds


@contextmanager
def holding(folder: RunFolder, operator: str) -> Iterator[None]:
    """While this lasts, the run is this process's own.

    Raises Refused, with who has it, where another process carries the run on; RunbookError where it cannot be told.
    """
    fd = _open(folder)
    try:
        if not _taken(folder, fd):
            raise _refused(folder, _read(fd))
        _sign(fd, operator)
        yield
    finally:
        os.close(fd)


def handed_over(folder: RunFolder, operator: str) -> None:
    """A process that was split off from the one that holds the run carries it on: who holds it is written anew."""
    fd = _open(folder)
    try:
        _sign(fd, operator)
    finally:
        os.close(fd)


def _sign(fd: int, operator: str) -> None:
    who = {"pid": os.getpid(), "operator": operator, "controller": socket.gethostname(), "since": _now()}
    os.ftruncate(fd, 0)
    os.pwrite(fd, json.dumps(who).encode(), 0)


def _taken(folder: RunFolder, fd: int) -> bool:
    """Take the lock. Somebody who only looks has it for an instant: that is waited out."""
    for _ in range(_LOOKS):
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_INSTANT)
        except OSError as error:
            raise _cannot(folder, error) from error
        else:
            return True
    return False


def holder(folder: RunFolder) -> str:
    """Which process carries the run on just now, for people; "" where none does."""
    try:
        fd = os.open(folder.path / _NAME, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return ""  # it was never held, or is somebody else's: then nobody here carries it on
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read(fd)
    finally:
        os.close(fd)
    return ""


def _open(folder: RunFolder) -> int:
    try:
        return os.open(folder.path / _NAME, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _cannot(folder, error) from error


def _read(fd: int) -> str:
    try:
        who = json.loads(os.pread(fd, 4096, 0))
        return f"process {who['pid']} on {who['controller']}, by {who['operator']}, since {who['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"  # it has just begun, and has not written down who it is


def _now() -> str:
    return datetime.now(UTC).astimezone().isoformat(sep=" ", timespec="seconds")


def _refused(folder: RunFolder, who: str) -> Refused:
    hint = f"runbook attach {folder.run} follows it; an interrupt where it was started stops it"
    return Refused(Problem(f"run {folder.run} is going on already: {who}", hint=hint, code="run-held"))


def _cannot(folder: RunFolder, error: OSError) -> RunbookError:
    return RunbookError(Problem(f"cannot write to {folder.path}: {error.strerror}", code="state"))
