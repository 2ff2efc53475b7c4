"""Waits, questions and watches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from executor.events.keys import Key
from executor.model.outcomes import Verdict


@dataclass(frozen=True, slots=True)
class WaitStarted:
    key: Key
    seconds: float
    why: str


@dataclass(frozen=True, slots=True)
class WaitEnded:  # answer
    key: Key
    cut_short: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """What a person is asked. `choices` empty: any text (`evidence`) or nothing (a plain go-on)."""

    kind: Literal["checklist", "pause", "failure", "interrupt", "step", "outcome"]
    text: str
    name: str = ""  # "stage/step/item", for --confirm and --answers
    choices: tuple[str, ...] = ()
    default: str = ""  # what happens after `timeout` seconds of silence
    timeout: float | None = None
    evidence: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    key: Key
    question: Question


@dataclass(frozen=True, slots=True)
class Answered:  # answer
    key: Key
    choice: str  # one of the choices; "yes" / "no" for a checklist; "" when withdrawn
    by: str = ""
    text: str = ""  # evidence
    how: Literal["terminal", "flag", "file", "silence", "withdrawn", "inferred"] = "terminal"


@dataclass(frozen=True, slots=True)
class WatchStarted:
    key: Key
    what: str


@dataclass(frozen=True, slots=True)
class WatchTurned:  # answer
    """A watch has become good, bad (not yet for long enough), inconclusive, or failed (for good)."""

    key: Key
    state: Literal["good", "bad", "inconclusive", "failed"]
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class WatchEnded:
    key: Key
