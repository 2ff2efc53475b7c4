"""Any text as Markdown: it stays text, whatever it holds.

A text cannot end the fence, the cell or the list that it stands in, and is no HTML. Where GitHub or GitLab show it, it
neither calls a person (`@name`) nor links to an issue or a request (`#1`, `!1`, a URL).
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Final

from executor.planning.shown.lines import safe

SHORT: Final = 100  # characters of a command that stands in a line

_APART: Final = "\u200b"  # between a sign and what it would refer to
_APART_WRITTEN: Final = "&#8203;"
_REFERS = re.compile(r"""[#!&$~%](?=[\w"])|@|(?<=\bGH)-(?=\d)|:(?=//)""")
_SPECIAL = re.compile(r"[\\`*_\[\]|~$#]")
_BEGINS = re.compile(r"^(\d{1,9}(?=[.)](?:\s|$)))?([-+=]|(?<=\d)[.)])")
_TICKS = re.compile(r"`+")


def text(said: str) -> str:
    """One line of Markdown that shows `said` as it is; breaks of lines become spaces."""
    quiet = _quiet(said)
    escaped = _SPECIAL.sub(r"\\\g<0>", quiet.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))
    return _BEGINS.sub(r"\1\\\2", escaped).replace(_APART, _APART_WRITTEN)


def tag_text(said: str) -> str:
    """The same within a line of HTML, such as a summary."""
    return html.escape(_quiet(said)).replace(_APART, _APART_WRITTEN)


def _quiet(said: str) -> str:
    return _REFERS.sub(lambda found: found[0] + _APART, safe(" ".join(said.split())))


def code(said: str) -> str:
    """A span of code: nothing in it is Markdown, and nobody is called."""
    line = safe(" ".join(said.split("\n"))).strip(" ")
    if not line:
        return "``` ```"
    ticks = "`" * (_longest(line) + 1)
    edge = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{ticks}{edge}{line}{edge}{ticks}"


def cell(markdown: str) -> str:
    """Markdown as a cell of a table: its bars do not end it."""
    return re.sub(r"(?<!\\)((?:\\\\)*)\|", r"\1\\|", markdown)


def fence(said: str, language: str = "", indent: int = 0) -> Iterator[str]:
    """A block of code, `indent` columns in: the fence is longer than any in it."""
    lines = safe(said).split("\n")
    ticks = "`" * max(3, max(map(_longest, lines)) + 1)
    margin = " " * indent
    yield f"{margin}{ticks}{language}"
    yield from (f"{margin}{line}" if line else "" for line in lines)
    yield f"{margin}{ticks}"


def _longest(line: str) -> int:
    """The longest row of backquotes."""
    return max((len(found) for found in _TICKS.findall(line)), default=0)


def clipped(said: str, most: int) -> str:
    """At most so many characters, with a sign where it was cut."""
    return said if len(said) <= most else said[: most - 1] + "…"
