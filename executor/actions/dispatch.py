"""From an action to its job, and from the job's end to its result."""

from __future__ import annotations

from pathlib import Path

from executor.actions import fetch, file, reboot, script, shell, symlink, unarchive, undo
from executor.actions.posix import CannotStart, not_needed
from executor.engine.effects import Perform
from executor.hosts.protocol import Job, JobEnd
from executor.model.actions import Copy, Fetch, Reboot, Script, Shell, Symlink, TemplateFile, Unarchive, Undo
from executor.model.outcomes import Result


def job(perform: Perform, *, run: str, job_id: str, root: Path = Path()) -> Job:
    """What a host must be asked to do. Local files are taken from under `root`; `run` is the run's id.

    Raises CannotStart, with the reason, where it cannot be begun; TypeError for an action that the engine does itself.
    """
    if perform.stdin is not None and not isinstance(perform.action, Shell | Script):
        raise CannotStart("stdin goes with shell and script alone")
    match perform.action:
        case Shell() as action:
            return shell.job(perform, action, job_id)
        case Script() as action:
            return script.job(perform, action, job_id, root)
        case Copy() | TemplateFile() as action:
            return file.job(perform, action, job_id, run, root)
        case Symlink() as action:
            return symlink.job(perform, action, job_id, run)
        case Unarchive() as action:
            return unarchive.job(perform, action, job_id, run, root)
        case Fetch() as action:
            return fetch.job(perform, action, job_id)
        case Reboot() as action:
            return reboot.job(perform, action, job_id)
        case Undo() as action:
            return undo.job(perform, action, job_id, run)
        case other:
            raise TypeError(f"{type(other).__name__} is not done by a job")


def speaks_to_us(perform: Perform) -> bool:
    """Is the job's standard output for `result` (or the receiver) alone? Then it is no news for people."""
    return not isinstance(perform.action, Shell | Script)


def whisper(perform: Perform) -> bytes:
    """With what a command's output begins where it is for `result` alone: a guard has said that it is not needed."""
    guarded = isinstance(perform.action, Shell | Script) and bool(not_needed(perform))
    return f"{shell.mark(perform)}\n".encode() if guarded else b""


def keeps_output(perform: Perform) -> bool:
    """Must `result` be given the job's output? (Up to 1 MB of each stream.)"""
    guarded = perform.creates is not None or perform.removes is not None
    return perform.register or guarded or perform.dry or speaks_to_us(perform)


def receiver(perform: Perform, *, root: Path) -> fetch.Receiver | None:
    """For a fetch: what takes the output in place of a buffer, and gives the result. None for everything else.

    Raises CannotStart where the destination lies outside `root`.
    """
    return fetch.Receiver(perform, perform.action, root) if isinstance(perform.action, Fetch) else None


def result(
    perform: Perform,
    end: JobEnd,
    stdout: bytes,
    stderr: bytes,
    *,
    root: Path = Path(),
    truncated: bool = False,
    tail: bytes | None = None,
) -> Result:
    """What came of it. `tail` is the end of both streams as they came, where it is known."""
    match perform.action:
        case Shell() | Script():
            return shell.result(perform, end, stdout, stderr, truncated=truncated, tail=tail)
        case Copy() | TemplateFile() as action:
            return file.result(perform, action, end, stdout, stderr, root=root)
        case Symlink():
            return symlink.result(end, stdout, stderr)
        case Unarchive():
            return unarchive.result(end, stdout, stderr)
        case Reboot():
            return reboot.result(end, stdout, stderr)
        case Undo():
            return undo.result(end, stdout, stderr)
        case other:
            raise TypeError(f"{type(other).__name__} has no result of this kind")
