"""Local files that are sent: what is known about them before."""

from __future__ import annotations

import hashlib
from pathlib import Path

from executor.actions.posix import CannotStart


def size_of(path: Path) -> int:
    """Bytes. Raises CannotStart where it is not a plain file that can be read."""
    try:
        if not path.is_file():
            raise CannotStart(f"there is no file {path}")
        return path.stat().st_size
    except OSError as error:
        raise CannotStart(f"{path} cannot be read: {error.strerror}") from error


def sha256_of(path: Path) -> str:
    """In hexadecimal. Raises CannotStart where it is not a plain file that can be read."""
    size_of(path)
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise CannotStart(f"{path} cannot be read: {error.strerror}") from error


def beginning_of(path: Path, limit: int) -> bytes:
    """Up to `limit` bytes; nothing where it cannot be read any more: this is for looking at alone."""
    try:
        with path.open("rb") as file:
            return file.read(limit)
    except OSError:
        return b""
