"""A run that goes on in the background: a process of its own, without the terminal, that outlives whoever began it.

The command splits in two. The one in the background carries the run out; the one in the foreground waits until that has
really begun (every host is reached and locked, and the first step may start) and says how to follow it. What is refused
before then is told in the foreground, with its exit code, by the process that met it.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import click

from executor.errors import Exit, Problem, RunbookError, WrongUsage
from executor.events import Asked, Event, Key, Stamp, Started, TakenUp, WaitStarted
from executor.hosts.protocol import Stream
from executor.journal.folders import RunFolder
from executor.model.outcomes import Verdict

_BEGUN = b"begun\n"


def check_detached(flags: Mapping[str, Any]) -> None:
    """Raises WrongUsage where somebody wants to leave a run, and to get its events."""
    if flags.get("detach") and flags["output"] == "jsonl":
        hint = "run it with --output text, then: runbook attach RUN --output jsonl"
        raise WrongUsage(Problem("--detach leaves nobody here who could print events as JSON", hint=hint))


def in_background(folder: RunFolder, carry_out: Callable[[Callable[[], None]], int]) -> int:
    """Have a run carried out in the background; two processes return from here.

    In the background it is the run's exit code; `carry_out` is given what it must call once the run has begun. In the
    foreground it is 0 when that has been called, else the exit code with which the background ended before. Must be
    called before any thread is started. Raises RunbookError where there can be no second process.
    """
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    ours, theirs = os.pipe()
    try:
        child = os.fork()
    except OSError as error:
        raise RunbookError(Problem(f"the run cannot go to the background: {error.strerror}")) from error
    if child:
        os.close(theirs)
        return _wait(ours, child, folder)
    os.close(ours)
    os.setsid()
    _point(0, os.open(os.devnull, os.O_RDONLY))
    return carry_out(lambda: _leave(theirs, folder))


# --- in the background ----------------------------------------------------------------------------------------------


class Beginning:
    """A report that only looks for the first sign of work: from then on the run has begun."""

    def __init__(self, begun: Callable[[], None]) -> None:
        self._begun: Callable[[], None] | None = begun

    def event(self, _stamp: Stamp, event: Event) -> None:
        """Nothing starts before all hosts were reached and locked; a run that was taken up has begun before."""
        if self._begun is not None and isinstance(event, Started | WaitStarted | Asked | TakenUp):
            begun, self._begun = self._begun, None
            begun()

    def output(self, key: Key, stream: Stream, data: bytes) -> None:
        """Output comes of what has begun."""

    def measured(self, key: Key, verdict: Verdict) -> None:
        """So do measurements."""

    def tick(self, mono: float) -> None:
        """Time alone begins nothing."""

    def close(self) -> None:
        """There is nothing to be closed."""


def _leave(pipe: int, folder: RunFolder) -> None:
    """From here on nobody in the foreground waits: what would be said there goes to a file of the run's."""
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
        file = os.open(folder.said, flags, 0o600)
    except OSError:
        file = os.open(os.devnull, os.O_WRONLY)  # a full disk, say: the journal is what the run depends on
    for fd in (1, 2):
        os.dup2(file, fd)
    os.close(file)
    with suppress(BrokenPipeError):  # whoever began it has gone already, and needs not be told
        os.write(pipe, _BEGUN)
    os.close(pipe)


def _point(fd: int, file: int) -> None:
    os.dup2(file, fd)
    os.close(file)


# --- in the foreground ----------------------------------------------------------------------------------------------


def _wait(pipe: int, child: int, folder: RunFolder) -> int:
    if _heard(pipe, child) == _BEGUN:
        click.echo(f"run {folder.run} goes on in the background")
        click.echo(f"  runbook attach {folder.run}")
        return Exit.DONE
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else Exit.INTERRUPTED


def _heard(pipe: int, child: int) -> bytes:
    """What the background says before it leaves, or ends. An interrupt meanwhile ends the run."""
    while True:
        try:
            return os.read(pipe, len(_BEGUN))
        except KeyboardInterrupt:
            os.kill(child, signal.SIGTERM)
