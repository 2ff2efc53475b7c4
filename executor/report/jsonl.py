"""The report for programs: one event a line, as the journal has them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TextIO

from executor.events import Event, Key, Replanned, Stamp
from executor.hosts.protocol import Stream
from executor.model.codec import Json, encode
from executor.model.outcomes import Verdict
from executor.report.safe import inert_json

OUTPUT_VERSION = 1


def record(stamp: Stamp, event: Event) -> Json:
    """An event with its stamp: `v` (the version of this format), `seq`, `at` (ISO 8601), `mono` (seconds), `event`.

    Another plan is told by its digest: the journal has it whole.
    """
    if isinstance(event, Replanned):
        event = replace(event, plan=f"sha256:{hashlib.sha256(event.plan.encode('utf-8', 'surrogatepass')).hexdigest()}")
    return {
        "v": OUTPUT_VERSION,
        "seq": stamp.seq,
        "at": stamp.at.isoformat(),
        "mono": round(stamp.mono, 6),
        "event": encode(event),
    }


class Jsonl:
    """Writes each event as one line of ASCII JSON.

    No text in it can break a line, drive a terminal or give a CI system commands.
    """

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def event(self, stamp: Stamp, event: Event) -> None:
        """Write the event. Raises OSError when nobody reads any more."""
        self._out.write(inert_json(json.dumps(record(stamp, event), separators=(",", ":"))) + "\n")
        self._out.flush()

    def output(self, key: Key, stream: Stream, data: bytes) -> None:
        """Output is no event: the run's folder has it, and `runbook logs` shows it."""

    def measured(self, key: Key, verdict: Verdict) -> None:
        """What a probe says meanwhile is news for a live view alone: its verdict is an event."""

    def tick(self, mono: float) -> None:
        """Time alone is no event."""

    def close(self) -> None:
        """Every line was flushed when it was written."""
