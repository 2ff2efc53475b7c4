"""From a job to the text that a lane's shell reads. Pure; the other side of it is the shell text in supervisor/."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from functools import cache
from pathlib import Path, PurePosixPath

from executor.hosts.protocol import Job

# What a request may carry itself. More goes ahead of it, as a file.
INLINE = 64 * 1024

_SHELLS = frozenset({"sh", "ash", "bash", "dash", "ksh", "ksh93", "mksh", "zsh", "busybox"})
_PARTS = ("common", "durable", "plain", "follower", "lane")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@%+=:,-]{0,180}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class BadJob(ValueError):
    """The job cannot be said to a shell: a NUL byte, an impossible variable's name."""


@cache
def program() -> bytes:
    """The supervisor's text, without its comments."""
    folder = Path(__file__).with_name("supervisor")
    text = "\n".join((folder / f"{part}.sh").read_text(encoding="utf-8") for part in _PARTS)
    lines = (re.sub(r"^\t+", "", line) for line in text.splitlines())
    return "".join(f"{line}\n" for line in lines if line and not line.startswith("#")).encode()


def begin(mark: str, lane: str, folder: str | None, *, known: bool = False) -> bytes:
    """Opens a lane; `folder` (below ~/.runbook/runs) is None for one that runs plain jobs alone.

    `known`: the folder was made before. Where it is gone, nobody can tell of an earlier job whether it ran.
    """
    return program() + _request("rb_begin", mark, lane, folder or "-", "1" if known else "0")


def durable(job: Job, out: int, err: int, *, again: bool = False) -> bytes:
    """Starts a job, or goes on with one that was started before, from byte `out` of its output and `err` of its errors.

    A script or an input that is too large to stand here (see `has_files`) must have been sent before. `again`: the
    start may have been sent before.
    """
    asked = "n" if job.barred else "a" if again or job.again else "1"
    if job.barred:
        job = replace(job, script="", stdin=None)
    script_sent = not script_is_inline(job)
    inline = inline_stdin(job)
    stdin = "-" if job.stdin is None else "f" if inline is None else "t"
    words = _words(job.executable)
    prelude = f'{_prelude(job)}exec $rb_setsid {words} "$rb_dir/$rb_id.sh" 5>&- 6>&-'
    return _request(
        "rb_job",
        job.id,
        str(out),
        str(err),
        _tenths(job.timeout),
        prelude,
        b"" if script_sent else _bytes(job.script),
        ("u" if script_sent else "i") + stdin + ("p" if _opens_output(job.script) else "f") + asked,
        _escaped(inline or b""),
        *_fence(job),
        # One more than is kept: a file that is longer than the limit has been cut, whoever looks at it.
        "0" if job.output_limit is None else str(job.output_limit // 1000 + 1),
    )


def plain(job: Job, size: int | None = None) -> bytes:
    """Runs a job without a record. `size` is that of an input that does not stand here: its bytes follow when the lane
    says go."""
    argument = _fits_an_argument(job)
    script = f"-c {_quote(job.script)}" if argument else "/dev/fd/5 5<&5"
    inline = inline_stdin(job)
    return _request(
        "rb_plain",
        job.id,
        _tenths(job.timeout),
        f"{_prelude(job)}exec $rb_setsid {_words(job.executable)} {script}",
        b"" if argument else _bytes(job.script) or b"\n",
        str(size) if size is not None else "-" if job.stdin is None else "t",
        _escaped(inline or b""),
        *_fence(job),
    )


def _fence(job: Job) -> tuple[str, str]:
    return (job.fence.file, job.fence.token) if job.fence else ("", "")


def kill(job_id: str) -> bytes:
    """Ends a durable job wherever it runs, or keeps it from starting."""
    return _request("rb_kill", job_id)


def stop(pid: int) -> bytes:
    """Ends a plain job by its process group."""
    return _request("rb_stop", str(pid))


def forget() -> bytes:
    """Removes what the ended jobs of the lane's run have printed."""
    return _request("rb_forget")


def take(job_id: str, suffix: str, size: int) -> bytes:
    """Announces a file for a job: `size` bytes follow when the lane says go."""
    return _request("rb_take", job_id, suffix, str(size))


def is_plain(job: Job) -> bool:
    """Whether a job runs without a record: that was asked for, or it is read-only and easily sent."""
    if not job.durable:
        return True
    return job.read_only and not job.barred and job.stdin is None and _fits_an_argument(job)


def _fits_an_argument(job: Job) -> bool:
    """Whether the script can be an argument of its interpreter: that is a shell, and it is not too long."""
    name = PurePosixPath(shlex.split(job.executable)[0]).name
    return name in _SHELLS and len(job.script) < INLINE // 4


def script_is_inline(job: Job) -> bool:
    return len(job.script) < INLINE // 4 or len(_bytes(job.script)) <= INLINE


def has_files(job: Job) -> bool:
    """Whether anything must be sent ahead of the request."""
    return not job.barred and _has_files(job)


def _has_files(job: Job) -> bool:
    return not script_is_inline(job) or (job.stdin is not None and inline_stdin(job) is None)


def inline_stdin(job: Job) -> bytes | None:
    """The input, where a shell can hold it in memory: it then never touches the host's disk."""
    return job.stdin if isinstance(job.stdin, bytes) and len(job.stdin) <= INLINE else None


def check(job: Job) -> None:
    """Raises BadJob for what no shell can be told."""
    if not _ID.fullmatch(job.id):
        raise BadJob(f"{job.id!r} cannot be the name of a job's files on a host")
    for name, value in job.environment.items():
        if not _NAME.fullmatch(name):
            raise BadJob(f"{name!r} cannot be the name of an environment variable")
        if "\0" in value:
            raise BadJob(f"the environment variable {name} contains a NUL character")
    if "\0" in job.script or "\0" in (job.chdir or "") or "\0" in job.executable:
        raise BadJob("a script cannot contain a NUL character")
    try:
        if not shlex.split(job.executable):
            raise BadJob("the executable is empty")
    except ValueError as error:
        raise BadJob(f"the executable {job.executable!r} cannot be read: {error}") from error


def _opens_output(script: str) -> bool:
    """Whether a script opens its own output by name: written to a file, that would be emptied by it."""
    return any(name in script for name in ("/dev/std", "/dev/fd/", "/proc/self/fd"))


def _prelude(job: Job) -> str:
    exports = "".join(f"export {name}={_quote(value)}\n" for name, value in job.environment.items())
    return exports + (f"cd {_folder(job.chdir)} || rb_no\n" if job.chdir else "")


def _folder(path: str) -> str:
    if path == "~":
        return '"$HOME"'
    if path.startswith("~/"):
        return f'"$HOME"/{_quote(path[2:])}'
    # Neither an option nor something that CDPATH would look up elsewhere.
    return _quote(path if path.startswith("/") else f"./{path}")


def _words(executable: str) -> str:
    return " ".join(_quote(word) for word in shlex.split(executable))


def _quote(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _request(verb: str, *arguments: str | bytes) -> bytes:
    quoted = (b"'" + _bytes(argument).replace(b"'", b"'\\''") + b"'" for argument in arguments)
    return b" ".join((verb.encode(), *quoted, b".\n"))


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")


def _escaped(data: bytes) -> bytes:
    """As `printf %b` and mksh's `print` turn it back: any byte, also NUL."""
    return data.replace(b"\\", b"\\\\").replace(b"\0", b"\\0000")


def _tenths(seconds: float | None) -> str:
    return "0" if seconds is None else str(max(1, round(seconds * 10)))
