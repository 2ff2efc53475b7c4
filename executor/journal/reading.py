"""Reading a journal back: a torn last line is tolerated, any other damage is refused with its place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from executor.errors import InvalidInput, Problem
from executor.events import Event, Stamp
from executor.journal.lines import GENESIS, read_line
from executor.model.codec import CodecError
from executor.model.places import Place


def read(path: Path) -> Iterator[tuple[Stamp, Event]]:
    """The stamped events of a journal, in order, in constant memory. Raises InvalidInput where it is damaged."""
    digest = GENESIS
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if not line.endswith(b"\n"):
                    return  # the write that the crash cut short: its effect never started
                try:
                    stamp, event, digest = read_line(line, digest)
                except CodecError as error:
                    raise _damaged(path, number, str(error)) from error
                if stamp.seq != number:
                    raise _damaged(path, number, f"this is record {stamp.seq}, where {number} belongs")
                yield stamp, event
    except OSError as error:
        raise InvalidInput(Problem(f"the journal cannot be read: {error.strerror}", Place(str(path)))) from error


def _damaged(path: Path, line: int, what: str) -> InvalidInput:
    return InvalidInput(
        Problem(
            f"the journal is damaged: {what}",
            Place(str(path), line, 1, line, 1),
            hint="it cannot be trusted from here on; the hosts' own state is untouched by reading it",
            code="damaged-journal",
        )
    )
