"""`symlink`: a link, switched in one step; rollback puts back where it pointed, or removes it."""

from __future__ import annotations

from collections.abc import Mapping

from executor.actions.outcomes import answered
from executor.actions.posix import CannotStart, compose, guard, job_with, plain, step_name
from executor.engine.effects import Perform
from executor.hosts.protocol import Job, JobEnd
from executor.model.actions import Symlink
from executor.model.outcomes import Result

NO_LINK = "-"  # in a script: there had been no link


def job(perform: Perform, action: Symlink, job_id: str, run: str) -> Job:
    """Raises CannotStart for a link to nowhere."""
    if not plain(action.to):
        raise CannotStart("a link cannot point at an empty path")
    values = {
        "dest": plain(action.dest),
        "to": plain(action.to),
        "run": run,
        "step": step_name(perform.key),
    }
    verb = ("check_symlink.sh",) if perform.dry else ("slot.sh", "link.sh", "symlink.sh")
    text = compose(("link_there.sh", *verb), values, guard=guard(perform, "not_needed"))
    return job_with(perform, job_id, text)


def result(end: JobEnd, stdout: bytes, stderr: bytes) -> Result:
    """`captured` says where it pointed `before`, where there was a link."""
    return answered(end, stdout, stderr)[0]


def undo_job(perform: Perform, action: Symlink, captured: Mapping[str, str], job_id: str, run: str) -> Job:
    """Points it back; refuses where something else has changed it since."""
    before = captured.get("before")
    values = {
        "dest": plain(action.dest),
        "slot": captured.get("slot", ""),
        "before": NO_LINK if before is None else before.encode("utf-8", "surrogateescape").hex(),
        "dry": "yes" if perform.dry else "no",
        "run": run,
        "step": step_name(perform.key),
    }
    return job_with(perform, job_id, compose(("slot.sh", "link.sh", "undo_symlink.sh"), values))
