"""Mistakes of the operator's, as data: each has a place and says what would be right.

A `Problem` is one thing that is wrong. `RunbookError` carries problems up to the command line, which prints
each of them once and turns `exit_code` into the exit code of the process.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

from executor.model.places import Place


class Exit(IntEnum):
    """The exit codes of the command, as COMMANDS documents them."""

    DONE = 0
    FAULT = 1
    ROLLED_BACK = 2
    INVALID = 3
    UNREACHABLE = 4
    USAGE = 5
    STOPPED = 6
    PARTIAL = 7
    INCOMPLETE = 10
    REFUSED = 11
    INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake. `message` says what is wrong, `hint` what would be right; `place` is None for flags."""

    message: str
    place: Place | None = None
    hint: str = ""
    code: str = "invalid"  # a stable identifier, e.g. "unknown-key"
    severity: Literal["error", "advice"] = "error"
    notes: tuple[tuple[str, Place], ...] = ()  # other places that matter: "first written here", include chains


class RunbookError(Exception):
    """One or more problems that end the command before anything was changed."""

    exit_code: Exit = Exit.INVALID

    def __init__(self, *problems: Problem, exit_code: Exit | None = None) -> None:
        super().__init__("; ".join(p.message for p in problems))
        self.problems = problems
        if exit_code is not None:
            self.exit_code = exit_code


class InvalidInput(RunbookError):
    """The runbook, the inventory or a value in them is invalid (exit 3)."""


class Refused(RunbookError):
    """A gate said no: a lock, a checklist, an answer that only a person can give (exit 11)."""

    exit_code = Exit.REFUSED


class WrongUsage(RunbookError):
    """The command line makes no sense (exit 5)."""

    exit_code = Exit.USAGE


class Unreachable(RunbookError):
    """Hosts could not be reached or logged in to before anything had changed (exit 4)."""

    exit_code = Exit.UNREACHABLE
