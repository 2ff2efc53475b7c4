"""`copy` and `template`: a file written whole or not at all, and put back by rollback."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from executor.actions.diff import LIMIT, diff
from executor.actions.local import beginning_of, sha256_of, size_of
from executor.actions.outcomes import answered
from executor.actions.posix import CannotStart, compose, guard, handed, job_with, optional, plain, quote, step_name
from executor.engine.effects import Perform
from executor.hosts.protocol import Job, JobEnd
from executor.model.actions import Copy, TemplateFile
from executor.model.outcomes import Result, Status
from executor.model.secrets import is_secret

FileAction: TypeAlias = Copy | TemplateFile

_SEALED_MODE = "600"  # of a file with a secret in it, where nothing else is said
_PLACEHOLDER = re.compile(r"""'%s'|"%s"|%s""")


def job(perform: Perform, action: FileAction, job_id: str, run: str, root: Path) -> Job:
    """Raises CannotStart for a local file that is gone, or a mode that is none."""
    source = _source(action, root)
    values = {
        "dest": plain(action.dest),
        "size": str(size_of(source) if isinstance(source, Path) else len(source)),
        "want_mode": _mode(optional(action.mode)) or (_SEALED_MODE if is_secret(action.content) else ""),
        "owner": _name(optional(action.owner), "owner"),
        "group": _name(optional(action.group), "group"),
        "keep": "no" if action.keep is False else "yes",
        "show_old": "yes" if perform.diff else "no",
        "run": run,
        "step": step_name(perform.key),
    }
    guards = guard(perform, "not_needed")
    if perform.dry:
        text = compose(("file_there.sh", "check_file.sh"), values, guard=guards)
        return _with_digest(job_with(perform, job_id, text), source)
    names = ("slot.sh", "file_there.sh", "file.sh")
    text = compose(names, values, functions=_check(optional(action.validate)), guard=guards)
    return replace(job_with(perform, job_id, text), stdin=source)


def _with_digest(job: Job, source: bytes | Path) -> Job:
    """The job with the digest of what a file is to hold, in its environment: no process list shows that of a secret."""
    digest = sha256_of(source) if isinstance(source, Path) else hashlib.sha256(source).hexdigest()
    return replace(job, environment={**job.environment, "RUNBOOK_DIGEST": digest})


def result(perform: Perform, action: FileAction, end: JobEnd, stdout: bytes, stderr: bytes, *, root: Path) -> Result:
    """With what was captured for undoing, and the difference if it was asked for."""
    said, answer = answered(end, stdout, stderr)
    if not perform.diff or answer is None or answer.outcome != "changed" or said.status is not Status.OK:
        return said
    if is_secret(action.content):
        return replace(said, diff=f"{plain(action.dest)}: not shown, for there is a secret in it\n")
    source = _source(action, root)
    new = beginning_of(source, LIMIT + 1) if isinstance(source, Path) else source
    return replace(said, diff=diff(answer.old, new, plain(action.dest)))


def undo_job(perform: Perform, action: FileAction, captured: Mapping[str, str], job_id: str, run: str) -> Job:
    """Puts back what was there, from what the host kept; with nothing captured it looks for that itself."""
    values = {
        "dest": plain(action.dest),
        "slot": captured.get("slot", ""),
        "was": captured.get("was", ""),
        "dry": "yes" if perform.dry else "no",
        "run": run,
        "step": step_name(perform.key),
    }
    return job_with(perform, job_id, compose(("slot.sh", "undo_file.sh"), values))


def _source(action: FileAction, root: Path) -> bytes | Path:
    if isinstance(action, Copy) and action.src is not None:
        return root / plain(action.src)
    return handed(action.content).encode()


def _mode(mode: str) -> str:
    """As `stat` says it, without leading zeros. "" stays: nothing was said."""
    if not mode:
        return ""
    if not re.fullmatch(r"(0o)?[0-7]{1,5}", mode):
        raise CannotStart(f"{mode!r} is not a mode: write octal digits, as in mode: '0644'")
    number = int(mode.removeprefix("0o"), 8)
    if number > 0o7777:
        raise CannotStart(f"{mode!r} is not a mode: it has more bits than there are")
    return format(number, "o")


def _name(name: str, what: str) -> str:
    if name.startswith("-"):
        raise CannotStart(f"{name!r} cannot be an {what}: it begins with a dash")
    return name


def _check(validate: str) -> str:
    """The shell function that judges the new file. `%s` becomes a variable, so that no path can change the command."""
    if not validate:
        return "check() { :; }"
    if "%s" not in validate:
        raise CannotStart("validate needs %s in it, where the new file's path goes")
    command = _PLACEHOLDER.sub(lambda _: '"$RUNBOOK_FILE"', validate)
    return f"check() {{ RUNBOOK_FILE=$scratch /bin/sh -c {quote(command)} </dev/null >&2; }}"
