"""Tones as terminal colours, for text that needs no live view."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TextIO

from executor.report.line import Tone

_SGR = {"good": "32", "bad": "1;31", "warn": "33", "undo": "35", "head": "1", "quiet": "2", "plain": ""}


def wants_colour(out: TextIO, environment: Mapping[str, str]) -> bool:
    """Whether colours are welcome there: a terminal that is not dumb, and no NO_COLOR."""
    return out.isatty() and not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"


def paint(text: str, tone: Tone, colour: bool) -> str:
    """The text in its tone's colour."""
    code = _SGR[tone] if colour else ""
    return f"\x1b[{code}m{text}\x1b[0m" if code and text else text
