"""The three standard streams, as every command may rely on them."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Mapping
from typing import TextIO

_NOWHERE = {errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EFBIG}


def complete() -> None:
    """Standard streams that were closed lead nowhere. Without this a journal could get the number of standard output,
    and be printed into."""
    while (fd := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(fd, True)
    os.close(fd)
    sys.stdin = sys.stdin or os.fdopen(0, "r", closefd=False)
    sys.stdout = sys.stdout or os.fdopen(1, "w", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", closefd=False)


def unwritable(error: Exception) -> str:
    """Why our output cannot be written, if that is what the error says; else ""."""
    # Of a file of ours the error would give the name.
    if isinstance(error, OSError) and error.filename is None and error.errno in _NOWHERE:
        return error.strerror or str(error)
    return ""


def harmless(said: str, environment: Mapping[str, str] = os.environ, *, to: TextIO | None = None) -> str:
    """The text as it may be printed: where a CI system reads along, no line of it is a command of that system's.

    `to` is standard output where nothing is said. What goes to a file is as it is.
    """
    if not environment.get("CI") or _is_file(to or sys.stdout):
        return said
    from executor.report.safe import inert

    return "\n".join(map(inert, said.split("\n")))


def _is_file(stream: TextIO) -> bool:
    try:
        return stat.S_ISREG(os.fstat(stream.fileno()).st_mode)
    except OSError:  # a stream of this process alone, which nobody else reads
        return False
