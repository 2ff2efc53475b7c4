"""From how a job ended to a result."""

from __future__ import annotations

from executor.actions.posix import Answer, read_answer
from executor.hosts.protocol import JobEnd
from executor.model.outcomes import Result, Status

REGISTER_LIMIT = 1_000_000  # bytes of each stream that a registered result can hold
TAIL_LINES = 20

_STATUS = {
    "exited": Status.OK,
    "timed out": Status.TIMED_OUT,
    "cancelled": Status.CANCELLED,
    "unreachable": Status.UNREACHABLE,
    "unknown": Status.UNKNOWN,
    "refused": Status.REFUSED,
}


def command_result(
    end: JobEnd, stdout: bytes, stderr: bytes, *, register: bool, truncated: bool = False, tail: bytes | None = None
) -> Result:
    """What came of a command of the operator's. Its exit code is data: the engine judges it."""
    cut = truncated or end.cut or len(stdout) > REGISTER_LIMIT or len(stderr) > REGISTER_LIMIT
    return Result(
        status=_STATUS[end.how],
        rc=end.rc,
        stdout=_registered(stdout) if register else "",
        stderr=_registered(stderr) if register else "",
        truncated=register and cut,
        detail=end.detail,
        tail=last_lines(stdout + b"\n" + stderr if tail is None else tail),
        duration=end.duration,
    )


def answered(end: JobEnd, stdout: bytes, stderr: bytes) -> tuple[Result, Answer | None]:
    """What came of a script of ours, with its answer where it gave one."""
    tail = last_lines(stderr)
    status = _STATUS[end.how]
    answer = read_answer(stdout) if status is Status.OK else None
    if status is not Status.OK:
        return Result(status, end.rc, detail=end.detail, tail=tail, duration=end.duration), None
    if answer is None:
        said = tail[-1] if tail else f"it ended with {end.rc} and did not say what it had done"
        return Result(Status.FAILED, end.rc, detail=said, tail=tail, duration=end.duration), None
    result = Result(
        status=Status.FAILED if answer.outcome == "refused" else Status.OK,
        rc=end.rc,
        changed=answer.outcome == "changed",
        detail=answer.message,
        tail=tail,
        captured=dict(answer.values or {}),
        duration=end.duration,
    )
    return result, answer


def last_lines(output: bytes) -> tuple[str, ...]:
    """The last lines of some output that say anything."""
    lines = output[-16_384:].decode("utf-8", "backslashreplace").splitlines()
    return tuple([line for line in lines if line.strip()][-TAIL_LINES:])


def _registered(output: bytes) -> str:
    return output[:REGISTER_LIMIT].decode("utf-8", "backslashreplace").rstrip("\r\n")
