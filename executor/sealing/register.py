"""Uses of sealed plans as they are known on this machine: a file for each plan in the state directory."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from executor.errors import Problem, RunbookError
from executor.journal.folders import make_own, make_private
from executor.sealing.uses import Use, uses_in


def enter(state: Path, digest: str, use: Use, *, again: bool) -> tuple[Use, ...]:
    """Note a use, unless there has been one and this is not `again`. Returns the uses before it.

    Of several that try at once, one finds none. Raises RunbookError where it cannot be written.
    """
    make_own(state)
    make_private(state / "plans")
    try:
        fd = os.open(_file(state, digest), os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(fd, "r+", encoding="ascii", errors="replace") as file:
            fcntl.flock(fd, fcntl.LOCK_EX)
            before = uses_in(file.read())
            if not before or again:
                file.write(use.line() + "\n")
                file.flush()
                os.fsync(fd)
            return before
    except OSError as error:
        why = f"the use of this plan cannot be noted in {state / 'plans'}: {error.strerror}"
        raise RunbookError(Problem(why, code="state")) from error


def withdraw(state: Path, digest: str, use: Use) -> None:
    """Take a use back: nothing has come of it. Raises RunbookError where it cannot be written."""
    try:
        with _file(state, digest).open("r+", encoding="ascii", errors="replace") as file:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX)
            left = [line for line in file.read().splitlines() if line != use.line()]
            file.seek(0)
            file.truncate()
            file.write("".join(f"{line}\n" for line in left))
    except OSError as error:
        raise RunbookError(Problem(f"a use cannot be taken back: {error.strerror}", code="state")) from error


def known(state: Path, digest: str) -> tuple[Use, ...]:
    """The uses that this machine knows of."""
    try:
        return uses_in(_file(state, digest).read_text("ascii", "replace"))
    except OSError:
        return ()  # there has been none


def _file(state: Path, digest: str) -> Path:
    return state / "plans" / digest
