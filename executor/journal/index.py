"""The runs that are kept, at a glance: which are unfinished, and what became of the others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, TypeAlias

from executor.errors import Exit, InvalidInput, Problem
from executor.events import Resumed, RunEnded, RunStarted
from executor.journal.folders import RunFolder, all_runs
from executor.journal.holding import holder
from executor.journal.reading import read

Standing: TypeAlias = Literal["running", "cut off", "stopped", "incomplete", "finished"]


@dataclass(frozen=True, slots=True)
class Glance:
    """One run: how it stands, and its last word. `began` and `last` are when it began and when it was last heard of."""

    folder: RunFolder
    started: RunStarted
    standing: Standing
    ended: RunEnded | None
    began: datetime
    last: datetime
    held: str = ""  # which process carries it on just now
    undone: bool = False  # somebody has had it undone since

    @property
    def open(self) -> bool:
        """It waits for somebody to carry it on or to undo it."""
        return self.standing in ("cut off", "stopped", "incomplete")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A run whose record cannot be trusted, or read: nobody can tell from here how it stands."""

    folder: RunFolder
    why: str
    last: datetime  # when its journal was last written

    def __str__(self) -> str:
        return f"run {self.folder.run} cannot be read: {self.why}"


def glances(state: Path, unread: list[Unreadable] | None = None) -> Iterator[Glance]:
    """Every run that can be read, newest first. One whose journal is damaged is put into `unread` when its turn comes;
    one that never began is left out."""
    for folder in all_runs(state):
        try:
            found = glance(folder)
        except InvalidInput as error:
            if unread is not None:
                unread.append(unreadable(folder, error))
            continue
        if found is not None:
            yield found


def glance(folder: RunFolder) -> Glance | None:
    """How a run stands; None where it never began. Raises InvalidInput where its journal is damaged."""
    started: RunStarted | None = None
    ended: RunEnded | None = None
    began = last = datetime.min.replace(tzinfo=UTC)
    undone = False
    for stamp, event in read(folder.journal):
        last = stamp.at
        match event:
            case RunStarted():
                started, began = event, stamp.at
            case RunEnded():
                ended = event
            case Resumed():
                ended, undone = None, undone or event.undo
            case _:
                pass
    if started is None:
        return None
    held = holder(folder)
    return Glance(folder, started, _standing(ended, held), ended, began, last, held, undone)


def unreadable(folder: RunFolder, error: InvalidInput) -> Unreadable:
    """A run whose reading has raised that."""
    last = datetime.fromtimestamp(folder.journal.stat().st_mtime, UTC)
    return Unreadable(folder, error.problems[0].message, last)


def _standing(ended: RunEnded | None, held: str) -> Standing:
    if held:
        return "running"
    if ended is None:
        return "cut off"
    if ended.resumable:
        return "stopped"
    return "incomplete" if ended.exit is Exit.INCOMPLETE else "finished"


def unfinished(state: Path) -> RunFolder:
    """The last run that is unfinished. Raises InvalidInput where there is none."""
    unread: list[Unreadable] = []
    hint = "runbook status tells what the hosts are on"
    for found in glances(state, unread):
        if found.open:
            return found.folder
        if found.standing == "running":
            hint = f"run {found.folder.run} goes on just now: runbook attach {found.folder.run}"
    but = "".join(f"; but {one}" for one in unread[:1])
    raise InvalidInput(Problem(f"no run is unfinished{but}", hint=hint, code="nothing-unfinished"))
