"""Where in a script an interpolation stands, as a POSIX shell reads it.

The script is read with a placeholder for each interpolation. What the reader finds decides how a value is escaped
(`executor.templates.escape`), and where that cannot be known the script is refused, with the way round it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from executor.templates.reader import HOLE, Context, Reader


@dataclass(frozen=True, slots=True)
class Spot:
    """Where one interpolation stands. `alone`: it is a whole word. `open`: what stands beside it cannot make more of a
    harmless value than it is, so that quotes may be left out. `beside`: the interpolations that share its run of
    characters without white space, itself among them, and `slash`: a `/` is written in that run."""

    context: Context
    alone: bool = False
    open: bool = False
    slash: bool = False
    beside: tuple[int, ...] = ()


@lru_cache(maxsize=2048)
def spots(script: str) -> tuple[Spot, ...]:
    """The spot of every HOLE in a script, in order.

    Raises Fault with `start` at the HOLE (or the opening character) that has no knowable place.
    """
    reader = Reader(script)
    reader.bare(closing="")
    numbers = {place: number for number, place in enumerate(sorted(reader.found))}
    return tuple(_spot(script, position, reader, numbers) for position in numbers)


@lru_cache(maxsize=2048)
def pipes(script: str) -> tuple[int, ...]:
    """Where a script joins commands by `|`, in order. Raises Fault where the script cannot be followed."""
    reader = Reader(script)
    reader.bare(closing="")
    return tuple(sorted(reader.pipes))


_SPACES = " \t\n\r"


def _spot(script: str, position: int, reader: Reader, numbers: Mapping[int, int]) -> Spot:
    start, end = reader.words.get(position, (position, position + 1))
    context = reader.found[position]
    if any(begin < position < behind for begin, behind in reader.tests) and context is not Context.COMMENT:
        context = Context.ARITHMETIC
    run_start = max(start, *(script.rfind(space, start, position) + 1 for space in _SPACES))
    run_end = min((at for space in _SPACES if (at := script.find(space, position, end)) >= 0), default=end)
    return Spot(
        context,
        alone=context is Context.BARE and end - start == 1,
        open=_is_open(script[max(0, position - 1) : position], script[position + 1 : position + 2]),
        slash="/" in script[run_start:run_end],
        beside=tuple(numbers[place] for place in range(run_start, run_end) if place in numbers),
    )


def _is_open(before: str, behind: str) -> bool:
    """Not in `{a,HOLE}`, `HOLE=x`, `HOLE(`, `HOLE>`: there a value could become part of the shell's own notation."""
    return bool(re.fullmatch(r"|[\s;&|(]|[A-Za-z0-9_/=:.@-]", before) and re.fullmatch(r"|[\s;&|)]|[/.:-]", behind))


__all__ = ["HOLE", "Context", "Spot", "pipes", "spots"]
