"""`shell`: a script for the host's shell, in the operator's own words."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from executor.actions.outcomes import command_result
from executor.actions.posix import compose, guard, handed, job_with, not_needed, optional, plain, quote, token
from executor.engine.effects import Perform
from executor.hosts.protocol import Job, JobEnd
from executor.model.actions import Shell
from executor.model.outcomes import Result, Status
from executor.model.secrets import SealedScript, Secret

EXECUTABLE = "/bin/sh -e"


def job(perform: Perform, action: Shell, job_id: str) -> Job:
    """The script as it is; with guards, inside a script of ours that looks first."""
    executable = optional(perform.settings.executable) or EXECUTABLE
    text, secrets = parts(action.script)
    stdin = stdin_of(perform)
    if not perform.dry and perform.creates is None and perform.removes is None:
        return job_with(perform, job_id, text, executable=executable, stdin=stdin, secrets=secrets, limited=True)
    script = wrapped(perform, "script", text.encode(), executable)
    return job_with(perform, job_id, script, stdin=stdin, secrets=secrets, limited=True)


def parts(script: object) -> tuple[str, Mapping[str, Secret]]:
    """A script's text, and the secrets that it reads from its environment."""
    return (script.text, script.environment) if isinstance(script, SealedScript) else (plain(script), {})


def stdin_of(perform: Perform) -> bytes | None:
    """What the step is given to read; None for nothing."""
    return None if perform.stdin is None else handed(perform.stdin).encode()


def wrapped(perform: Perform, name: str, program: bytes, interpreter: str, args: tuple[str, ...] = ()) -> str:
    """A script that asks the guards, then puts `program` into a file of its own and has it interpreted.

    `interpreter` is a command line that takes a file; `name` is what the file is called, for the program's messages.
    """
    guards = guard(perform, "skip")
    skip = f"""skip() {{ printf '%s\\n' {quote(mark(perform))} "$1"; exit 0; }}"""
    if perform.dry:
        return compose(("dry.sh",), {}, functions=skip, guard=guards)
    words = " ".join(quote(arg) for arg in args)
    text = base64.encodebytes(program).decode("ascii")
    functions = (
        f"{skip}\n"
        f"unpack_program() {{ base64 -d <<'END-OF-PROGRAM'\n{text}END-OF-PROGRAM\n}}\n"
        f'interpret() {{ {interpreter} "$program" {words}; }}\n'
    )
    return compose(("wrapped.sh",), {"name": PurePosixPath(name).name}, functions=functions, guard=guards)


def result(
    perform: Perform, end: JobEnd, stdout: bytes, stderr: bytes, *, truncated: bool, tail: bytes | None
) -> Result:
    """The command's own result, or that it was not needed, or (in a check) that it would run."""
    said = command_result(end, stdout, stderr, register=perform.register, truncated=truncated, tail=tail)
    if end.how != "exited" or end.rc != 0:
        return said
    first, _, reason = stdout.decode("utf-8", "replace").removesuffix("\n").partition("\n")
    if first == mark(perform) and not_needed(perform):
        return Result(Status.OK, rc=0, changed=False, detail=reason, duration=end.duration)
    if perform.dry:
        return Result(Status.OK, rc=0, changed=True, detail="would run", duration=end.duration)
    return replace(said, changed=None)


def mark(perform: Perform) -> str:
    """The line with which a guard says that the command was not run; no command says it by accident."""
    return f"not needed ({token(perform.key)}):"
