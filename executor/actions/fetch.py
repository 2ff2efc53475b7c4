"""`fetch`: a file of a host becomes a local one, in constant memory, whole or not at all."""

from __future__ import annotations

import contextlib
import filecmp
import os
import tempfile
from pathlib import Path
from typing import IO

from executor.actions.local import sha256_of
from executor.actions.outcomes import TAIL_LINES, command_result, last_lines
from executor.actions.posix import CannotStart, compose, guard, job_with, not_needed, plain
from executor.engine.effects import Perform
from executor.hosts.protocol import Job, JobEnd, Stream
from executor.model.actions import Fetch
from executor.model.outcomes import Result, Status

_OPEN = b"\nrunbook-end all_\n"  # what follows the content of a file that everybody may read
_CLOSED = b"\nrunbook-end some\n"
_SKIPPED = b"\nrunbook-end skip\n"
_TRAILER = len(_OPEN)
_STDERR_LIMIT = 16_384


def job(perform: Perform, action: Fetch, job_id: str) -> Job:
    """Read-only on the host: nothing of it is kept there, however large the file is."""
    values = {"src": plain(action.src), "dry": "yes" if perform.dry else "no"}
    functions = "skip() { printf '\\nrunbook-end skip\\n'; exit 0; }"
    text = compose(("fetch.sh",), values, functions=functions, guard=guard(perform, "skip"))
    return job_with(perform, job_id, text, read_only=True)


class Receiver:
    """Where the output of a fetch goes: a file beside its destination, which it replaces when it is whole.

    `output` and `result` have the shape of a job's sink; they are called one after the other. The destination lies
    under `root`: anything else raises CannotStart before a host is asked.
    """

    def __init__(self, perform: Perform, action: Fetch, root: Path) -> None:
        self._perform = perform
        self._dest = _destination(plain(action.dest), root)
        self._file: IO[bytes] | None = None
        self._held = b""  # the last bytes so far: they may be the trailer
        self._stderr = b""
        self._failure = ""
        self._digest = b""  # of what the host has, in a check

    def output(self, stream: Stream, data: bytes) -> None:
        if stream == "stderr":
            self._stderr = (self._stderr + data)[-_STDERR_LIMIT:]
            return
        data = self._held + data
        self._held = data[-_TRAILER:]
        self._write(data[:-_TRAILER])

    def result(self, end: JobEnd) -> Result:
        """Puts the file in its place if all of it has come."""
        try:
            return self._finish(end)
        except OSError as error:
            return Result(
                Status.FAILED, detail=f"{self._dest} cannot be written: {error.strerror}", duration=end.duration
            )
        finally:
            self._discard()

    def _finish(self, end: JobEnd) -> Result:
        trailer, said = self._held, last_lines(self._stderr)
        if end.how != "exited":
            return command_result(end, b"", self._stderr, register=False)
        if trailer not in {_OPEN, _CLOSED, _SKIPPED}:
            detail = said[-1] if said else "the file did not arrive whole"
            return Result(Status.FAILED, end.rc, detail=detail, tail=said[-TAIL_LINES:], duration=end.duration)
        if trailer == _SKIPPED:
            reason = "; ".join(not_needed(self._perform).values())
            return Result(Status.OK, end.rc, changed=False, detail=reason, duration=end.duration)
        if self._perform.dry:
            changed = not self._is_same(self._digest.decode("ascii", "replace").strip())
            detail = f"would become {self._dest}" if changed else ""
            return Result(Status.OK, end.rc, changed=changed, detail=detail, duration=end.duration)
        if self._failure:
            return Result(Status.FAILED, end.rc, detail=self._failure, duration=end.duration)
        changed = self._settle(0o644 if trailer == _OPEN else 0o600)
        return Result(Status.OK, end.rc, changed=changed, detail=str(self._dest), duration=end.duration)

    def _settle(self, mode: int) -> bool:
        file = self._opened()
        file.flush()
        new = Path(file.name)
        if self._dest.is_file() and not self._dest.is_symlink() and filecmp.cmp(new, self._dest, shallow=False):
            return False
        new.chmod(mode)
        os.fsync(file.fileno())
        new.replace(self._dest)
        return True

    def _is_same(self, digest: str) -> bool:
        """Whether the local file is what the host has already."""
        try:
            return not self._dest.is_symlink() and sha256_of(self._dest) == digest
        except CannotStart:
            return False  # it is not there, or cannot be read: the run would replace it

    def _write(self, data: bytes) -> None:
        if self._perform.dry:
            self._digest += data
        if self._failure or self._perform.dry or not data:
            return
        try:
            self._opened().write(data)
        except OSError as error:
            self._failure = f"{self._dest} cannot be written: {error.strerror}"

    def _opened(self) -> IO[bytes]:
        """The file beside the destination, mode 0600, made when it is first needed."""
        if self._file is None:
            self._dest.parent.mkdir(parents=True, exist_ok=True)
            # Not closed by a `with`: it lives as long as the job runs, until `result`.
            self._file = tempfile.NamedTemporaryFile(prefix=".runbook.", dir=self._dest.parent, delete=False)  # noqa: SIM115  # as above
        return self._file

    def _discard(self) -> None:
        if self._file is not None:
            with contextlib.suppress(OSError):  # a full disk has been told already, by the write that met it
                self._file.close()
            Path(self._file.name).unlink(missing_ok=True)


def _destination(dest: str, root: Path) -> Path:
    path = Path(os.path.normpath(root.resolve() / dest))
    if dest.endswith("/") or path.is_dir():
        raise CannotStart(f"{dest} is a folder: dest names the file itself")
    if not path.parent.resolve().is_relative_to(root.resolve()):
        raise CannotStart(f"{dest} lies outside the project's folder {root}: a fetched file stays inside")
    return path
