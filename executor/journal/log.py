"""Writing a journal: appended, and on disk before what it allows."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from executor.events import Event, Stamp
from executor.journal.lines import GENESIS, write_line
from executor.journal.reading import End


class JournalFailed(Exception):
    """The journal cannot be written: nothing new may start."""


class Log:
    """An open journal. `append` buffers nothing: it writes; `sync` returns when all that was written is on disk."""

    def __init__(self, path: Path, end: End | None = None) -> None:
        """Create the journal; or, where `end` says how far it is whole, go on from there: what comes after is cut off.

        Raises JournalFailed where a new one exists or cannot be made, and where an old one cannot be gone on with.
        """
        self.path = path
        self._digest = GENESIS if end is None else end.digest
        self._size = 0 if end is None else end.size
        try:
            flags = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
            self._fd = os.open(path, flags | (os.O_CREAT | os.O_EXCL if end is None else 0), 0o600)
            if end is not None:
                os.ftruncate(self._fd, end.size)
            folder = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
            try:
                os.fsync(folder)  # the file's name is on disk, too
            finally:
                os.close(folder)
        except OSError as error:
            raise JournalFailed(f"{path}: {error.strerror}") from error

    def append(self, records: Iterable[tuple[Stamp, Event]]) -> None:
        """Write events that belong together, in order: after a crash all of them count, or none.

        Raises JournalFailed; a line that was written in part is cut off again.
        """
        lines = []
        digest = self._digest
        together = tuple(records)
        for number, (stamp, event) in enumerate(together, 1):
            line, digest = write_line(stamp, event, digest, more=number < len(together))
            lines.append(line)
        if not lines:
            return
        data = b"".join(lines)
        try:
            written = os.write(self._fd, data)
            while written < len(data):
                written += os.write(self._fd, data[written:])
        except OSError as error:
            self._cut(self._size)
            raise JournalFailed(f"{self.path}: {error.strerror}") from error
        self._digest = digest
        self._size += len(data)

    def _cut(self, size: int) -> None:
        try:
            os.ftruncate(self._fd, size)
        except OSError:
            return  # the torn line stays; a reader tolerates it at the end, and nothing is written after it

    def sync(self) -> None:
        """Wait until everything is on disk. Raises JournalFailed."""
        try:
            os.fdatasync(self._fd)
        except OSError as error:
            raise JournalFailed(f"{self.path}: {error.strerror}") from error

    def close(self) -> None:
        os.close(self._fd)
