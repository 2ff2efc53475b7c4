"""`script`: a local file, sent and run by the interpreter that its first line names."""

from __future__ import annotations

import shlex
from pathlib import Path

from executor.actions.posix import CannotStart, job_with, optional, plain
from executor.actions.shell import EXECUTABLE, stdin_of, wrapped
from executor.engine.effects import Perform
from executor.hosts.protocol import Job
from executor.model.actions import Script


def job(perform: Perform, action: Script, job_id: str, root: Path) -> Job:
    """Raises CannotStart where the file cannot be read, or is not a script."""
    name = plain(action.file)
    try:
        program = (root / name).read_bytes()
    except OSError as error:
        raise CannotStart(f"{name} cannot be read: {error.strerror}") from error
    if b"\0" in program:
        raise CannotStart(f"{name} is not a script: it holds NUL bytes. Send it with copy, and run it with shell")
    interpreter = _named_by(program, name) or optional(perform.settings.executable) or EXECUTABLE
    args = tuple(plain(arg) for arg in action.args)
    text = wrapped(perform, name, program, interpreter, args)
    return job_with(perform, job_id, text, stdin=stdin_of(perform), limited=True)


def _named_by(program: bytes, name: str) -> str:
    """The interpreter of a `#!` line, as shell words: like the kernel, one argument at most."""
    if not program.startswith(b"#!"):
        return ""
    try:
        line = program[2:].split(b"\n", 1)[0].decode().strip()
    except UnicodeDecodeError as error:
        raise CannotStart(f"the first line of {name} is not text") from error
    return shlex.join(line.split(None, 1))
