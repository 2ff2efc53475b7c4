"""What is kept how long: the last runs, younger ones beyond them, and every one that is unfinished."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from executor.errors import Problem, RunbookError
from executor.journal.folders import RunFolder
from executor.journal.index import Glance

RUNS = 20  # the last ones are kept, however old
DAYS = 30  # and all that are younger


@dataclass(frozen=True, slots=True)
class Kept:
    """One run, its size on disk in bytes, and why it stays; "" where it goes."""

    run: Glance
    size: int
    why: str


def kept_until(one: Glance, days: int = DAYS) -> datetime:
    """Until when at least a run is kept."""
    return one.last + timedelta(days=days)


def sort_out(known: Sequence[Glance], now: datetime, *, runs: int = RUNS, days: int = DAYS) -> list[Kept]:
    """What stays and what goes, newest first. An unfinished run stays, and one that is going on."""
    return [Kept(one, size_of(one.folder), _why(one, number, now, runs, days)) for number, one in enumerate(known)]


def _why(one: Glance, number: int, now: datetime, runs: int, days: int) -> str:
    if one.standing != "finished":
        return "unfinished" if one.open else "going on"
    if number < runs:
        return f"one of the last {runs}"
    return f"younger than {days} days" if kept_until(one, days) > now else ""


def size_of(folder: RunFolder) -> int:
    """Bytes of all its files."""
    total = 0
    for path, _, files in os.walk(folder.path):
        for name in files:
            try:
                total += os.lstat(os.path.join(path, name)).st_size  # noqa: PTH118 - os.walk gives texts
            except OSError:
                continue  # it has gone meanwhile
    return total


def remove(folder: RunFolder) -> None:
    """Remove all that is kept of a run. Raises RunbookError.

    The journal goes first: what a crash leaves of the folder is no run any more.
    """
    try:
        folder.journal.unlink(missing_ok=True)
        shutil.rmtree(folder.path)
    except OSError as error:
        raise RunbookError(Problem(f"cannot remove {folder.path}: {error.strerror}", code="state")) from error
