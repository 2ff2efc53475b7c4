"""`tcp`: does somebody listen?"""

from __future__ import annotations

from dataclasses import dataclass

from executor.model.probes import Tcp
from executor.probes.answers import Answer, Silence, Unasked, failed, passed, without_answer
from executor.probes.leaves import number
from executor.probes.words import duration


@dataclass(frozen=True, slots=True)
class Open:
    """A connection was accepted, after so many seconds."""

    seconds: float


def judge(verb: Tcp, seen: Open | Silence | Unasked) -> Answer:
    port = int(number(verb.port) or 0)
    match seen:
        case Open(seconds):
            said = f"port {port} is open ({duration(seconds)})"
            return passed(said, {"port": port, "seconds": seconds}, seconds=seconds)
        case Silence(reason):
            return failed(f"port {port}: {reason}", {"port": port})
        case Unasked():
            return without_answer(seen)
