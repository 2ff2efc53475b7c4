"""One line of a journal: a stamped event in a hash chain.

Each line holds the digest of everything before it, so that a line that was changed, removed or moved is found.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, is_dataclass
from datetime import datetime
from typing import get_args

from executor import events
from executor.errors import Exit
from executor.events import Event, Stamp
from executor.model import outcomes
from executor.model.codec import CodecError, Decoder, encode

JOURNAL_VERSION = 1
GENESIS = "runbook journal 1"


class NewerJournal(Exception):
    """A newer program wrote this journal. The argument is its version."""


def _classes() -> list[type]:
    here = [cls for cls in vars(events).values() if isinstance(cls, type) and is_dataclass(cls)]
    return [*here, outcomes.Result, outcomes.Verdict, outcomes.Status, outcomes.Opinion, Exit]


_DECODER = Decoder(_classes())


@dataclass(frozen=True, slots=True)
class Record:
    """A line that has been read. `more`: the next line belongs to the same decision."""

    stamp: Stamp
    event: Event
    digest: str  # of the chain, after it
    more: bool = False


def write_line(stamp: Stamp, event: Event, before: str, *, more: bool = False) -> tuple[bytes, str]:
    """The line for an event (with its newline), and the chain's digest after it. `before` is the digest so far.

    `more`: what follows was decided with it, and neither counts without the other.
    """
    record = {"seq": stamp.seq, "at": stamp.at.isoformat(), "mono": round(stamp.mono, 6), "event": encode(event)}
    if more:
        record["more"] = True
    # ASCII alone: what a host said may hold half of a character, and must come back as it was.
    body = json.dumps(record, separators=(",", ":"))
    after = chain(before, body)
    return f'{{"chain":"{after}",{body[1:]}\n'.encode("ascii"), after


def read_line(line: bytes, before: str) -> Record:
    """What a line says. Raises CodecError where it is not one of ours, NewerJournal where a newer program wrote it."""
    try:
        text = line.decode("ascii").rstrip("\n")
        record = json.loads(text)
        after = record["chain"]
        body = "{" + text.removeprefix(f'{{"chain":"{after}",')
        stamp = Stamp(record["seq"], datetime.fromisoformat(record["at"]), record["mono"])
    except (ValueError, KeyError, TypeError) as error:
        raise CodecError(f"not a journal line: {error}") from error
    if chain(before, body) != after:
        raise CodecError("the chain is broken: this line or one before it was changed")
    version = record["event"].get("version", JOURNAL_VERSION) if record["seq"] == 1 else JOURNAL_VERSION
    if version > JOURNAL_VERSION:
        raise NewerJournal(version)
    event = _DECODER.decode(record["event"])
    if not isinstance(event, get_args(Event)):
        raise CodecError(f"{type(event).__name__} is not an event")
    return Record(stamp, event, after, more=bool(record.get("more")))


def chain(before: str, body: str) -> str:
    """SHA-256 over the digest so far and a line's body; 32 hexadecimal digits of it."""
    return hashlib.sha256(f"{before}\n{body}".encode("ascii")).hexdigest()[:32]
