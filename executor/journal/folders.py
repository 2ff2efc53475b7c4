"""Where runs are kept on the control node: a folder a run, 0600 in 0700, opened without following links.

<state>/runs/<run>/journal.jsonl    the truth
                   plan.json        what was run
                   output/<host>/<key>.out   everything that a piece of work printed
                   said.txt         what a run in the background would have said at a terminal
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import platformdirs

from executor.errors import InvalidInput, Problem, RunbookError
from executor.events import Key

_RUN_ID = re.compile(r"\d{8}-\d{6}-[a-z0-9]{4}")
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # no letters that look like others


def state_folder(environment: Mapping[str, str]) -> Path:
    """RUNBOOK_STATE, or the user's state directory."""
    named = environment.get("RUNBOOK_STATE")
    return Path(named).expanduser().absolute() if named else Path(platformdirs.user_state_dir("runbook"))


def new_run_id(now: datetime) -> str:
    """A run's id: it sorts by time, and is safe in file names and command lines."""
    return f"{now:%Y%m%d-%H%M%S}-" + "".join(secrets.choice(_ALPHABET) for _ in range(4))


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The files of one run."""

    path: Path

    @property
    def run(self) -> str:
        return self.path.name

    @property
    def journal(self) -> Path:
        return self.path / "journal.jsonl"

    @property
    def plan(self) -> Path:
        return self.path / "plan.json"

    @property
    def said(self) -> Path:
        return self.path / "said.txt"

    def output(self, key: Key) -> Path:
        """Where the output of a piece of work is kept: stdout and stderr as they came."""
        return self.path / "output" / key.host / f"{str(key).rsplit('@', 1)[0]}.out"


def make_own(folder: Path) -> None:
    """Make a folder, and its parents. Raises RunbookError with the reason.

    One that is there already keeps its mode: RUNBOOK_STATE may name a home directory, or root's /tmp.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        info = folder.lstat()
    except OSError as error:
        raise _no_state(folder, error.strerror or str(error)) from error
    if folder.is_symlink() or info.st_uid != os.getuid():
        raise _no_state(folder, "it is a link, or belongs to somebody else")


def make_private(folder: Path) -> None:
    """Make a folder of ours that only its owner can enter, also where it is there already. Raises RunbookError."""
    make_own(folder)
    try:
        folder.chmod(0o700)
    except OSError as error:
        raise _no_state(folder, error.strerror or str(error)) from error


def create(state: Path, run: str, plan: str) -> RunFolder:
    """A new run's folder with its plan in it. Raises RunbookError where it cannot be written."""
    make_own(state)
    make_private(state / "runs")
    folder = RunFolder(state / "runs" / run)
    make_private(folder.path)
    write_private(folder.plan, plan.encode())
    return folder


def write_private(path: Path, data: bytes) -> None:
    """Write a new 0600 file and put it on disk. Raises RunbookError."""
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(fd, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(fd)
    except OSError as error:
        raise _no_state(path, error.strerror or str(error)) from error


def _no_state(path: Path, why: str) -> RunbookError:
    hint = "nothing runs without a record; set RUNBOOK_STATE to a folder that can be written"
    return RunbookError(Problem(f"cannot write to {path}: {why}", hint=hint, code="state"))


def all_runs(state: Path) -> Iterator[RunFolder]:
    """The runs that are kept, newest first."""
    root = state / "runs"
    if not root.is_dir():
        return
    for path in sorted(root.iterdir(), key=_began, reverse=True):
        if _RUN_ID.fullmatch(path.name) and (path / "journal.jsonl").exists():
            yield RunFolder(path)


def _began(path: Path) -> tuple[str, int, str]:
    """Orders runs by when they began: an id tells the second, the plan's file what came first within it."""
    try:
        written = (path / "plan.json").stat().st_mtime_ns
    except OSError:
        written = 0
    return path.name.rpartition("-")[0], written, path.name


def is_run(text: str) -> bool:
    """Whether a text has the form of a run's id."""
    return _RUN_ID.fullmatch(text) is not None


def find(state: Path, run: str | None) -> RunFolder:
    """A run by its id or the beginning or end of it; None or `last`: the newest. Raises InvalidInput."""
    runs = list(all_runs(state))
    if run in (None, "last"):
        if not runs:
            raise InvalidInput(Problem("there is no run yet", hint="runbook run RUNBOOK -i INVENTORY", code="no-run"))
        return runs[0]
    assert run is not None  # noqa: S101 - as just seen
    exact = [folder for folder in runs if folder.run == run]
    found = exact or [folder for folder in runs if folder.run.startswith(run) or folder.run.endswith(run)]
    if len(found) == 1:
        return found[0]
    if not found:
        newest = ", ".join(folder.run for folder in runs[:3])
        hint = f"the newest are {newest}" if newest else "there is no run yet"
        raise InvalidInput(Problem(f"no run {run!r} is known here", hint=hint, code="no-run"))
    names = ", ".join(folder.run for folder in found[:5])
    raise InvalidInput(Problem(f"{run!r} could be any of {len(found)} runs", hint=f"say more of it: {names}"))
