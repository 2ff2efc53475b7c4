"""A problem as people see it: where, the line with the place underlined, what is wrong, and what would be right."""

from __future__ import annotations

import unicodedata
from pathlib import Path

from executor.errors import Problem
from executor.language.sources import is_utf16, lines, read_bytes
from executor.model.places import Place

_WIDTH = 100  # characters of a source line that are shown
_NOTES = 2  # so many notes are shown with their line
_RED, _BOLD, _BLUE, _GREEN, _RESET = "\x1b[31m", "\x1b[1m", "\x1b[34m", "\x1b[32m", "\x1b[0m"


def render(problem: Problem, color: bool = False) -> str:
    """Some lines of text, without a last newline. The source is read again; where that fails, its line is left out."""
    paint = _paint if color else _plain
    advice = problem.severity == "advice"
    # The name of a rule is what a comment silences it by.
    word = paint(f"advice ({problem.code})" if advice else "error", _BLUE if advice else _RED)
    where = f"{paint(_safe(str(problem.place)), _BOLD)}: " if problem.place is not None else ""
    blocks = [f"{where}{word}: {paint(_safe(problem.message), _BOLD)}"]
    if problem.place is not None:
        blocks += _excerpt(problem.place, _BLUE if advice else _RED, color=color)
    if problem.hint:
        blocks.append(f"  {paint('hint', _GREEN)}: {_safe(problem.hint)}")
    for index, (text, place) in enumerate(problem.notes):
        blocks.append(f"  {paint('note', _BLUE)}: {_safe(str(place))}: {_safe(text)}")
        blocks += _excerpt(place, _BLUE, color=color) if index < _NOTES else []
    return "\n".join(blocks)


def _plain(text: str, _style: str) -> str:
    return text


def _paint(text: str, style: str) -> str:
    return f"{style}{text}{_RESET}"


def _excerpt(place: Place, style: str, *, color: bool) -> list[str]:
    """The line of a place, with a mark below what is meant."""
    line = _line(place)
    if line is None:
        return []
    start = min(place.column, len(line) + 1) - 1
    end = place.end_column - 1 if place.end_line == place.line else len(line.rstrip())
    end = max(min(end, len(line)), start)
    first = max(0, start - _WIDTH // 2) if len(line) > _WIDTH else 0
    shown, cut = line[first : first + _WIDTH], "…" if first else ""
    end = min(end, first + _WIDTH)
    number = str(place.line)
    gap = " " * (len(number) + 2)
    margin = " " * _columns(cut + line[first:start])
    mark = "^" * max(_columns(line[start:end]), 1)
    tail = "…" if first + _WIDTH < len(line) else ""
    return [
        f"{gap}|",
        f" {number} | {cut}{_safe(shown)}{tail}".rstrip(),
        f"{gap}| {margin}{_paint(mark, style) if color else mark}",
    ]


def _line(place: Place) -> str | None:
    try:
        data = read_bytes(Path(place.file))
    except (OSError, ValueError):
        return None  # the message stands without it: the file itself may be what is wrong
    # It may be what is wrong with the file that it is no UTF-8.
    text = [] if is_utf16(data) else lines(data.decode("utf-8", "replace").removeprefix("\ufeff"))
    return text[place.line - 1] if 0 < place.line <= len(text) else None


def _safe(text: str) -> str:
    """Text that cannot drive a terminal: what is not printable is shown as an escape; a tab takes one column."""
    return "".join(char if char.isprintable() else " " if char == "\t" else _escape(char) for char in text)


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def _columns(text: str) -> int:
    """How many columns of a terminal a text takes."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in _safe(text)
    )
