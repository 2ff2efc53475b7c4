"""What can go wrong with the sandbox itself."""

from __future__ import annotations

from executor.errors import Exit, Problem, RunbookError


class SandboxFailed(RunbookError):
    """The sandbox could not be started, reset or ended; the message says why."""

    exit_code = Exit.FAULT


def failed(message: str, hint: str = "") -> SandboxFailed:
    return SandboxFailed(Problem(message, hint=hint, code="sandbox"))
