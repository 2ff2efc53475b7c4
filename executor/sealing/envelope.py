"""The outer form of a sealed plan: its content as bytes, and before them their SHA-256.

The digest is looked at before anything else of the file is, and covers the content byte for byte; everything around it
is fixed. So no bit of the file can be another one without being noticed, and hostile content that somebody has changed
on the way never reaches a parser.
"""

from __future__ import annotations

import hashlib
import re
from typing import Final

FORMAT: Final = 1
LARGEST: Final = 128 * 1024 * 1024  # bytes of a file that is looked at
_HEAD = re.compile(rb'\{"runbook_plan":(\d{1,9}),"sha256":"([0-9a-f]{64})","content":')
_TAIL: Final = b"}\n"


class Altered(ValueError):
    """The file is not what it was when it was sealed; the text says how that is known."""


def wrap(content: bytes) -> bytes:
    """A whole file out of its content, one line of JSON."""
    return b'{"runbook_plan":%d,"sha256":"%s","content":' % (FORMAT, digest(content).encode()) + content + _TAIL


def unwrap(data: bytes) -> tuple[str, bytes]:
    """The digest and the content of a file. Raises Altered where a byte of it is not as it was."""
    head = _HEAD.match(data)
    if head is None:
        raise Altered("it does not begin as a sealed plan does")
    if int(head[1]) != FORMAT:
        raise Altered(f"it is in format {int(head[1])}; this program reads format {FORMAT}")
    if not data.endswith(_TAIL):
        raise Altered("it does not end as a sealed plan does: it may be cut short")
    content = data[head.end() : -len(_TAIL)]
    if digest(content) != head[2].decode():
        raise Altered("its content does not have the digest that it bears")
    return head[2].decode(), content


def digest(content: bytes) -> str:
    """By which a sealed plan is known: the SHA-256 of its content, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()
