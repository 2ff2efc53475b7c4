"""How the live view looks: its styles, and lines that are put together from styled pieces."""

from __future__ import annotations

from rich.text import Text

from executor.report.glyphs import Glyphs


class Style:
    """How things look. Every meaning is in the words too."""

    HEAD = "bold"
    QUIET = "dim"
    RULE = "dim"
    WORK = "cyan"
    GOOD = "green"
    BAD = "bold red"
    WARN = "yellow"
    BACK = "bold magenta"
    PLAIN = ""


def piece(text: str, style: str) -> Text:
    """The beginning of a line: its style ends where the next piece is appended."""
    return Text().append(text, style)


def bar(share: float, long: int, glyphs: Glyphs, style: str) -> Text:
    """A bar that is `share` (0 to 1) full."""
    full = round(min(max(share, 0.0), 1.0) * long)
    return piece(glyphs.full * full, style).append(glyphs.empty * (long - full), Style.QUIET)


def spread(left: Text, right: Text, width: int, *, glyphs: Glyphs, fill: str = " ") -> Text:
    """Two texts at both ends of a line; the left one is cut where they do not fit."""
    left = clip(left, width - right.cell_len, glyphs)
    gap = width - left.cell_len - right.cell_len
    return left.append(fill * max(gap, 0), Style.RULE if fill != " " else "").append_text(right)


def clip(line: Text, width: int, glyphs: Glyphs) -> Text:
    """The line in at most `width` columns, with a sign where it was cut."""
    if line.cell_len <= width:
        return line
    line.truncate(max(width - 1, 0))
    return line.append(glyphs.more) if width > 0 else line
