"""What a file step would write and what a command reads, as far as it is known here: no host has been asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from executor.model.actions import Copy, TemplateFile
from executor.model.leaves import Late, Text
from executor.planning.shown.lines import Line
from executor.planning.shown.words import said, value
from executor.templates import is_program

MOST_LINES: Final = 12  # of a content, where no more is asked for
MOST_OF_VALUE: Final = 300  # characters of a value that a content is made of
LARGEST: Final = 65_536  # bytes of a file that is shown whole


@dataclass(frozen=True, slots=True)
class Sent:
    """A file that a step sends: its text, or what is said in place of it."""

    text: str | None
    instead: str = ""


def content(does: Copy | TemplateFile, root: str, *, whole: bool) -> Iterator[Line]:
    """The content as lines: its beginning, or with `whole` all of it, files below `root` that are sent included."""
    if does.content is not None:
        yield from excerpt(does.content, whole=whole)
    elif whole and does.src is not None:
        held = sent(does.src, root)
        if held is not None and held.text is not None:
            yield from _lines(held.text, len(held.text) + 1)
        elif held is not None:
            yield Line(f"│ {held.instead}", style="faint")


def excerpt(text: Text, *, whole: bool) -> Iterator[Line]:
    """The beginning of a text, or with `whole` all of it, and the values that it is made of where those are open."""
    yield from _lines(said(text), len(said(text)) + 1 if whole else MOST_LINES)
    yield from _known(text)


def line_count(text: str) -> int:
    """How many lines a text has, the last one with its end or without."""
    return text.count("\n") + (text != "" and not text.endswith("\n"))


def _known(text: Text) -> Iterator[Line]:
    """Of a template that only the run can render and that is shown as it is written: the values that it will see."""
    if isinstance(text, Late) and is_program(text.template):
        for name, known in text.known.items():
            said_of_it = value(known)
            cut = "…" if len(said_of_it) > MOST_OF_VALUE else ""
            yield Line(f"│ where {name} is {said_of_it[:MOST_OF_VALUE]}{cut}", style="faint")


def sent(name: Text, root: str) -> Sent | None:
    """What a file below `root` holds; None where it is not there yet, or only the run knows its name."""
    if not isinstance(name, str):
        return None
    path = Path(root) / name
    try:
        size = path.stat().st_size
        return Sent(path.read_bytes().decode()) if size <= LARGEST else Sent(None, f"{size:,} bytes, not shown")
    except OSError:
        return None  # a step makes it
    except UnicodeDecodeError:
        return Sent(None, f"binary, {size:,} bytes")


def _lines(text: str, most: int) -> Iterator[Line]:
    lines = text.removesuffix("\n").split("\n")
    shown = lines if len(lines) <= most else lines[: most - 2]
    for line in shown:
        yield Line(f"│ {line}", code=True)
    if len(lines) > len(shown):
        yield Line(f"│ … {len(lines) - len(shown)} more lines", style="faint")
