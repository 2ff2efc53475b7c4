"""`runbook logs`: what the steps of a run printed, each line with its host and step: `[web2] Activate | line`."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from executor.errors import InvalidInput, Problem
from executor.events import Event, Key, Stamp, Started
from executor.report.line import label
from executor.report.safe import Lines, inert, visible


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of work that may have printed something."""

    key: Key
    name: str  # the step's, or the handler's step's


def pieces(
    events: Iterable[tuple[Stamp, Event]], *, host: str | None = None, step: str | None = None
) -> tuple[Piece, ...]:
    """The pieces of work of a run in the order in which they began, of one host or step where one is named.

    A step is named by its name, by its beginning, or by its number (`2.3`). Raises InvalidInput where there is none.
    """
    every = tuple(Piece(event.key, event.name) for _, event in events if isinstance(event, Started))
    chosen = every
    if host is not None:
        chosen = tuple(piece for piece in chosen if piece.key.host == host)
        if not chosen:
            raise _unknown("host", host, {piece.key.host for piece in every})
    if step is not None:
        named = tuple(piece for piece in chosen if step in (piece.name, piece.key.task))
        begun = tuple(piece for piece in chosen if piece.name.lower().startswith(step.lower()))
        if not named and not begun:
            raise _unknown("step", step, {piece.name for piece in chosen})
        chosen = named or begun
    return chosen


def _unknown(what: str, name: str, known: set[str]) -> InvalidInput:
    close = difflib.get_close_matches(name, known, 1)
    hint = f"did you mean '{close[0]}'?" if close else f"there are {', '.join(sorted(known)[:8])}" if known else ""
    message = f"no {what} named '{name}' did anything in this run"
    return InvalidInput(Problem(message, hint=hint, code=f"unknown-{what}"))


def log_lines(piece: Piece, chunks: Iterable[bytes]) -> Iterator[str]:
    """The output of a piece of work as lines for people, without newlines. Constant memory."""
    again = f" (attempt {piece.key.attempt})" if piece.key.attempt > 1 else ""
    back = "rollback: " if piece.key.direction == "back" else ""
    front = f"[{piece.key.host}] {visible(back + label(piece.key, piece.name) + again)} | "
    lines = Lines()
    for chunk in chunks:
        for said in lines.feed(chunk):
            yield inert(front + visible(said)).rstrip()
    for said in lines.flush():
        yield inert(front + visible(said)).rstrip()
