"""Reading a journal back: what a crash cut short at its end is tolerated, other damage is refused with its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from executor.errors import InvalidInput, Problem
from executor.events import Event, Stamp
from executor.journal.lines import GENESIS, NewerJournal, Record, read_line
from executor.model.codec import CodecError
from executor.model.places import Place


@dataclass(frozen=True, slots=True)
class End:
    """Where the whole part of a journal ends: its size in bytes, its number of events, the chain's digest."""

    size: int = 0
    seq: int = 0
    digest: str = GENESIS


START = End()


def read(path: Path) -> Iterator[tuple[Stamp, Event]]:
    """The stamped events of a journal, in order, a decision at a time. Raises InvalidInput where it is damaged."""
    for records, _ in decisions(path):
        for record in records:
            yield record.stamp, record.event


def decisions(path: Path, since: End = START) -> Iterator[tuple[tuple[Record, ...], End]]:
    """The records of a journal in groups that were decided together, each with the end of the whole part after it; of
    one that grows, those that have come since an earlier end.

    A torn last line, and a last group that is not complete, are left out: what they would have allowed never began.
    Raises InvalidInput where the journal is damaged, was written by a newer program, or cannot be read.
    """
    end, size, group = since, since.size, list[Record]()
    try:
        with path.open("rb") as file:
            file.seek(since.size)
            for number, line in enumerate(file, start=since.seq + 1):
                if not line.endswith(b"\n"):
                    return
                record = _record(path, line, group[-1].digest if group else end.digest, number)
                group.append(record)
                size += len(line)
                if not record.more:
                    end = End(size, number, record.digest)
                    yield tuple(group), end
                    group.clear()
    except OSError as error:
        raise InvalidInput(Problem(f"the journal cannot be read: {error.strerror}", Place(str(path)))) from error


def _record(path: Path, line: bytes, digest: str, number: int) -> Record:
    try:
        record = read_line(line, digest)
    except NewerJournal as error:
        hint = "carry it on with the runbook that wrote it, or a newer one"
        message = f"a newer version of runbook wrote this journal (its format is {error})"
        raise InvalidInput(Problem(message, Place(str(path)), hint, "newer-journal")) from error
    except CodecError as error:
        raise _damaged(path, number, str(error)) from error
    if record.stamp.seq != number:
        raise _damaged(path, number, f"this is record {record.stamp.seq}, where {number} belongs")
    return record


def _damaged(path: Path, line: int, what: str) -> InvalidInput:
    return InvalidInput(
        Problem(
            f"the journal is damaged: {what}",
            Place(str(path), line, 1, line, 1),
            hint="it cannot be trusted from here on; the hosts' own state is untouched by reading it",
            code="damaged-journal",
        )
    )
