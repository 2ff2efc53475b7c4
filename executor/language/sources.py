"""Files as text, within bounds: what cannot be a runbook is refused before any parser sees it."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from executor.errors import InvalidInput, Problem
from executor.model.places import Place

MAX_BYTES = 4 * 1024 * 1024

# What YAML counts as the end of a line, and the characters that it does not allow at all.
LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")

_UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Source:
    """A text and the name by which places refer to it: its path as an operator would type it."""

    name: str
    text: str


def shown(path: Path) -> str:
    """`path` for people: relative to the working directory where it lies below it."""
    absolute = path if path.is_absolute() else Path.cwd() / path
    normal = Path(os.path.normpath(absolute))
    try:
        return str(normal.relative_to(Path.cwd()))
    except ValueError:
        return str(normal)


def read(path: Path, *, at: Place | None = None) -> Source:
    """The text of a file. `at` is where the file was named, if it was in another file.

    Raises InvalidInput where it cannot be read, is no regular file, is larger than 4 MB or is not UTF-8 text.
    """
    name = shown(path)
    try:
        data = read_bytes(path)
    except OSError as error:
        raise InvalidInput(Problem(f"cannot read {name}: {_reason(error)}", at, code="unreadable")) from error
    except ValueError as error:
        raise InvalidInput(Problem(f"{name} {error}", at, code="unreadable")) from error
    if len(data) > MAX_BYTES:
        raise InvalidInput(
            Problem(
                f"{name} is larger than {MAX_BYTES // 1024**2} MB",
                at,
                "split it with include, or send the data as a file of its own",
                code="too-large",
            )
        )
    return Source(name, decode(data, name))


def read_bytes(path: Path) -> bytes:
    """The first 4 MB of a regular file, and a byte more where there is one. Raises OSError or ValueError."""
    # Without O_NONBLOCK, opening a FIFO waits for a writer for ever.
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:  # noqa: PTH123  a descriptor
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ValueError("is not a regular file")
        return file.read(MAX_BYTES + 1)


def _reason(error: OSError) -> str:
    match error:
        case FileNotFoundError():
            return "there is no such file"
        case IsADirectoryError():
            return "it is a folder"
        case PermissionError():
            return "permission denied"
        case _:
            return (error.strerror or str(error)).lower()


def decode(data: bytes, name: str) -> str:
    """UTF-8 bytes as text, without a byte order mark. Raises InvalidInput for other encodings and for characters
    that YAML forbids."""
    if is_utf16(data):
        raise InvalidInput(Problem("this file is UTF-16 text", Place(name), "save it again as UTF-8", code="encoding"))
    try:
        text = data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        place = place_at(data[: error.start].decode("utf-8").removeprefix("\ufeff"), name)
        raise InvalidInput(
            Problem(
                f"this is not UTF-8 text: byte 0x{data[error.start]:02x}",
                place,
                "it may be Latin-1; save the file again as UTF-8",
                code="encoding",
            )
        ) from error
    if found := _FORBIDDEN.search(text):
        code = f"{ord(found[0]):04x}"
        char = "a NUL" if found[0] == "\0" else f"the character U+{code.upper()}"
        raise InvalidInput(
            Problem(
                f"{char} cannot stand in a YAML file",
                place_at(text[: found.start()], name),
                f'remove it, or write it as an escape within double quotes ("\\u{code}")',
                code="control-character",
            )
        )
    return text


def is_utf16(data: bytes) -> bool:
    """Whether bytes look like UTF-16, with its mark or by their zeros."""
    return data.startswith(_UTF16) or data[:64].count(0) > len(data[:64]) // 4


def lines(text: str) -> list[str]:
    """The lines of a text as YAML counts them."""
    return LINE_BREAK.split(text)


def place_at(before: str, name: str) -> Place:
    """The place of the character after `before`."""
    split = lines(before)
    line, column = len(split), len(split[-1]) + 1
    return Place(name, line, column, line, column + 1)
