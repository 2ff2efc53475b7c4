"""The three standard streams, as every command may rely on them."""

from __future__ import annotations

import errno
import os
import sys

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
