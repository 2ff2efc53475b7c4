"""One thing that is said of a run, with its tone; all of its text is safe to show."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from executor.events import Key
from executor.report.safe import visible

Tone: TypeAlias = Literal["plain", "good", "bad", "warn", "undo", "head", "quiet"]
Weight: TypeAlias = Literal["key", "step", "detail"]  # detail: only where everything is told

_PARTS = {
    "only_if": "is it needed?",
    "unless": "is it needed?",
    "apply": "apply",
    "verify": "verify",
    "reapply": "apply again",
    "before": "health beforehand",
    "health": "health",
    "watch": "watch",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that is said. `host` is "" for what concerns the run; `output` is quoted below. All is safe."""

    text: str
    host: str = ""
    tone: Tone = "plain"
    weight: Weight = "key"
    output: tuple[str, ...] = ()
    whole: bool = False  # to be copied: never wrapped


def line(text: str, host: str = "", tone: Tone = "plain", weight: Weight = "key", output: Iterable[str] = ()) -> Line:
    """A line whose parts are made safe to show."""
    return Line(visible(text), visible(host), tone, weight, tuple(visible(said) for said in output))


def label(key: Key, name: str) -> str:
    """What a piece of work is called: the step, and what of it this is."""
    part = _PARTS.get(key.part, "")
    if not name:
        return part or key.part
    return f"{name}, {part}" if part and part != name else name
