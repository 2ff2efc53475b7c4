"""Lines of a page: what stands on them, how far in, and how they are broken."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Style: TypeAlias = Literal["", "title", "heading", "faint", "warning"]

_ANSI: Final = {"title": "\x1b[1m", "heading": "\x1b[1;36m", "faint": "\x1b[2m", "warning": "\x1b[33m"}
_LATE: Final = re.compile("\u2039[^\u203a\n]*\u203a")
_GOES_ON: Final = "\u21b3 "  # before the rest of a command's line that was too long


@dataclass(frozen=True, slots=True)
class Line:
    """One line before it is broken. `hang`: how much further in its continuation stands; `code`: it is a command;
    `whole`: it is never broken."""

    text: str
    indent: int = 0
    style: Style = ""
    hang: int = 0
    code: bool = False
    whole: bool = False


def plain(text: str, indent: int = 0, *, hang: int = 2, style: Style = "") -> Line:
    return Line(text, indent, style, hang)


def labelled(label: str, text: str, indent: int, width: int = 12) -> Line:
    """`label` and, in a column of its own, what it is about."""
    return Line(f"{label:<{width}}{text}", indent, hang=width)


def command(script: str, indent: int, lead: str = "") -> Iterator[Line]:
    """A script behind `$`, its further lines below the first."""
    mark = f"{lead}$ "
    for number, text in enumerate(script.rstrip("\n").split("\n")):
        yield Line(mark + text if number == 0 else " " * len(mark) + text, indent, hang=len(mark), code=True)


def within(lines: Iterable[Line], by: int = 2) -> Iterator[Line]:
    """The lines moved further in."""
    return (Line(line.text, line.indent + by, line.style, line.hang, line.code, line.whole) for line in lines)


def page(lines: Iterable[Line], *, width: int, color: bool) -> str:
    """The lines as text, none longer than `width` where there is a place to break it."""
    broken = (_styled(text, line.style, color) for line in lines for text in _broken(line, width))
    return "\n".join(broken) + "\n"


def safe(text: str) -> str:
    """The text without characters that drive a terminal or turn its reading direction; line breaks stay."""
    if text.isprintable():
        return text
    return "".join(
        char if char == "\n" or _is_plain(char) else f"\\u{ord(char):04x}" for char in text.replace("\t", "    ")
    )


def _is_plain(char: str) -> bool:
    return unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Zl", "Zp"} or char == "\u200d"


def _broken(line: Line, width: int) -> list[str]:
    text = safe(line.text)
    start = " " * line.indent
    if line.whole or len(start) + len(text) <= width or not text.strip():
        return [(start + text).rstrip()]
    lead = text[: len(text) - len(text.lstrip())]
    further = start + lead + " " * line.hang + (_GOES_ON if line.code else "")
    room = max(width, len(further) + 20)
    parts = textwrap.wrap(
        text.lstrip() if not line.code else text,
        room,
        initial_indent=start + ("" if line.code else lead),
        subsequent_indent=further,
        break_long_words=False,
        break_on_hyphens=False,
        drop_whitespace=True,
        replace_whitespace=False,
        expand_tabs=False,
    )
    return parts or [start]


def _styled(text: str, style: Style, color: bool) -> str:
    if not color or not text.strip():
        return text
    begin = _ANSI.get(style, "")
    marked = _LATE.sub(lambda found: f"\x1b[35m{found[0]}\x1b[0m{begin}", text)
    return f"{begin}{marked}\x1b[0m" if begin else marked
