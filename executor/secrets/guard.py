"""A text stream that lets no secret through: the last thing before a terminal or a log."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TextIO

from executor.secrets.redact import Redactor


class Guarded:
    """Writes to `out`, redacted. In everything else it is `out` itself: its encoding, whether it is a terminal, …"""

    def __init__(self, out: TextIO, redactor: Redactor) -> None:
        self._out = out
        self._redactor = redactor

    def write(self, text: str) -> int:
        self._out.write(self._redactor.text(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._out, name)
