"""The undoing that file actions bring with them."""

from __future__ import annotations

from executor.actions import file, symlink, unarchive
from executor.actions.outcomes import answered
from executor.engine.effects import Perform
from executor.hosts.protocol import Job, JobEnd
from executor.model.actions import Copy, Symlink, TemplateFile, Unarchive, Undo
from executor.model.outcomes import Result


def job(perform: Perform, undo: Undo, job_id: str, run: str) -> Job:
    """`captured` may be empty, when the action's answer was lost: then the host knows whether there is something."""
    match undo.action:
        case Copy() | TemplateFile() as action:
            return file.undo_job(perform, action, undo.captured, job_id, run)
        case Symlink() as action:
            return symlink.undo_job(perform, action, undo.captured, job_id, run)
        case Unarchive() as action:
            return unarchive.undo_job(perform, action, undo.captured, job_id, run)


def result(end: JobEnd, stdout: bytes, stderr: bytes) -> Result:
    """Unchanged where it had been undone already, or there was nothing to undo."""
    return answered(end, stdout, stderr)[0]
