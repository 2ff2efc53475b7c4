"""Where a run is put together while it is fetched: a hidden folder beside the runs, which goes when the fetch ends."""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from executor.errors import Problem, RunbookError
from executor.journal.folders import RunFolder, is_run, make_private

_HIDDEN = re.compile(r"\.(.+)\.[0-9a-f]{8}")


@contextmanager
def draft_of(run: str, runs: Path) -> Iterator[RunFolder]:
    """A run's folder that nobody else sees, in `runs`. Raises RunbookError where it cannot be made.

    Whoever works in one has it locked: those that are not were left by a fetch that was killed, and are removed.
    """
    parent = runs / f".{run}.{secrets.token_hex(4)}"
    with _locked(runs):
        _clear(runs)
        make_private(parent)
        fd = _lock(parent)
    try:
        draft = RunFolder(parent / run)
        make_private(draft.path)
        yield draft
    finally:
        shutil.rmtree(parent, ignore_errors=True)
        os.close(fd)


def _clear(runs: Path) -> None:
    for path in runs.iterdir():
        hidden = _HIDDEN.fullmatch(path.name)
        if hidden is None or not is_run(hidden[1]) or path.is_symlink():
            continue
        try:
            with _locked(path, wait=False):
                shutil.rmtree(path, ignore_errors=True)
        except BlockingIOError:
            continue  # a fetch is at it


@contextmanager
def _locked(folder: Path, *, wait: bool = True) -> Iterator[None]:
    fd = _lock(folder, wait=wait)
    try:
        yield
    finally:
        os.close(fd)


def _lock(folder: Path, *, wait: bool = True) -> int:
    """A descriptor with the folder's lock. Raises BlockingIOError where another has it and nobody is to wait."""
    try:
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise _cannot(folder, error) from error
    try:
        fcntl.flock(fd, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        raise
    except OSError as error:
        os.close(fd)
        raise _cannot(folder, error) from error
    return fd


def _cannot(folder: Path, error: OSError) -> RunbookError:
    return RunbookError(Problem(f"cannot lock {folder}: {error.strerror}", code="state"))
