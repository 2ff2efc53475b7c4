"""Telling a lane's words from a job's output, in one stream of bytes.

The supervisor begins each of its lines with a mark: random, made anew for every lane, known to no job. Whatever stands
between two such lines is output, of any bytes.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Mark:
    """One line of the supervisor's: its words."""

    words: tuple[str, ...]


Frame: TypeAlias = bytes | Mark


def new_mark() -> str:
    """A mark that no output contains by chance or by knowing another one."""
    return f"%{secrets.token_hex(16)}"


class Frames:
    """Cuts a stream into output and marks. Holds back no more than one line of the supervisor's own."""

    def __init__(self, mark: str) -> None:
        self._mark = mark.encode()
        self._held = b""

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that `data` completes, in order."""
        if self._held:
            data = self._held + data
            self._held = b""
        start = 0
        while (at := data.find(self._mark, start)) >= 0:
            if at > start:
                yield data[start:at]
            end = data.find(b"\n", at)
            if end < 0:
                self._held = data[at:]
                return
            yield Mark(tuple(data[at + len(self._mark) : end].decode("ascii", "replace").split()))
            start = end + 1
        whole = len(data) - self._beginning(data, start)
        if whole > start:
            yield data[start:whole] if start or whole < len(data) else data
        self._held = data[whole:]

    def _beginning(self, data: bytes, start: int) -> int:
        """How many bytes at the end of `data` may be the beginning of a mark."""
        for size in range(min(len(self._mark) - 1, len(data) - start), 0, -1):
            if data.endswith(self._mark[:size]):
                return size
        return 0
