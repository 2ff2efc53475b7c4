"""What a job prints: all of it to the run's folder, a bounded part to the result, a bounded flow to the reports."""

from __future__ import annotations

import os
import threading
from collections import deque
from pathlib import Path

from executor.drive.inbox import Inbox, Output
from executor.drive.whisper import Whisper
from executor.events import Key
from executor.hosts.protocol import Stream
from executor.secrets import NOTHING_TO_HIDE, Redactor
from executor.secrets import Stream as Redacted

REGISTER_LIMIT = 1_000_000  # bytes of each stream that a result can hold, as the language page says
TAIL_LIMIT = 16_384  # bytes kept for the message of a failure
PENDING_LIMIT = 1_000_000  # bytes on their way to the reports; what comes on top is in the file alone


class Capture:
    """The sink of one job. Constant memory, whatever the job prints; safe to call from any thread."""

    def __init__(
        self,
        key: Key,
        file: Path | None,
        inbox: Inbox,
        *,
        keep: bool,
        redactor: Redactor = NOTHING_TO_HIDE,
        whisper: bytes = b"",
    ) -> None:
        """`file` is None for output that is meant for the program alone: it is neither kept in a file nor shown. So is
        output that begins with `whisper`."""
        self._key = key
        self._file = file
        self._inbox = inbox
        self._keep = keep
        self._fd: int | None = None
        self._kept: dict[Stream, bytearray] = {"stdout": bytearray(), "stderr": bytearray()}
        self._tail: deque[bytes] = deque()
        self._tail_size = 0
        self._pending = Pending()
        self._clean: dict[Stream, Redacted] = (
            {"stdout": Redacted(redactor), "stderr": Redacted(redactor)} if redactor else {}
        )
        self._whisper = Whisper(whisper)
        self.truncated = False
        self.file_error = ""

    def output(self, stream: Stream, data: bytes) -> None:
        self._take(stream, self._clean[stream].feed(data) if self._clean else data)

    def _take(self, stream: Stream, data: bytes) -> None:
        if not data:
            return
        if self._keep:
            kept = self._kept[stream]
            room = REGISTER_LIMIT - len(kept)
            kept += data[:room]
            self.truncated = self.truncated or len(data) > room
        self._show(stream, self._whisper.pass_on(data) if stream == "stdout" else data)

    def _show(self, stream: Stream, data: bytes) -> None:
        if not data:
            return
        self._remember(data[-TAIL_LIMIT:])
        if self._file is None:
            return
        self._write(self._file, data)
        if self._pending.take(len(data)):
            self._inbox.put(Output(self._key, stream, data, self._pending.give))

    def close(self, note: str = "") -> None:
        """Nothing more will come. `note` is said at the end of the output, on a line of its own."""
        for stream, rest in self._clean.items():
            self._take(stream, rest.end())
        self._show("stdout", self._whisper.end())
        if note:
            whole = not self._tail or self._tail[-1].endswith(b"\n")
            self._show("stdout", f"{'' if whole else chr(10)}[{note}]\n".encode())
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def kept(self, stream: Stream) -> bytes:
        """The beginning of a stream, at most REGISTER_LIMIT bytes; empty unless it was to be kept."""
        return bytes(self._kept[stream])

    def tail(self) -> bytes:
        """The end of all output, stdout and stderr as they came, and that it could not be kept, where that is so."""
        note = f"\n[{self.file_error}]\n".encode() if self.file_error else b""
        return b"".join(self._tail)[-TAIL_LIMIT:] + note

    def _remember(self, data: bytes) -> None:
        self._tail.append(data)
        self._tail_size += len(data)
        while self._tail_size - len(self._tail[0]) >= TAIL_LIMIT:
            self._tail_size -= len(self._tail.popleft())

    def _write(self, file: Path, data: bytes) -> None:
        if self.file_error:
            return
        try:
            if self._fd is None:
                for folder in (file.parent.parent, file.parent):  # `parents=True` would leave the first to the umask
                    folder.mkdir(mode=0o700, exist_ok=True)
                # A job that is attached to again tells all of it again: what is there from before makes way.
                flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
                self._fd = os.open(file, flags, 0o600)
            view = memoryview(data)
            while view:
                view = view[os.write(self._fd, view) :]
        except OSError as error:
            # The step goes on: what it does on its host matters more than our copy of its words. The result says so.
            self.file_error = f"its output could not be kept: {error.strerror}"


class Pending:
    """How many bytes are on their way to the reports."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._bytes = 0

    def take(self, size: int) -> bool:
        with self._lock:
            if self._bytes > PENDING_LIMIT:
                return False
            self._bytes += size
            return True

    def give(self, size: int) -> None:
        with self._lock:
            self._bytes -= size
