"""The few signs that the live view draws with."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Glyphs:
    working: str = "●"
    waiting: str = "·"
    done: str = "✓"
    failed: str = "✗"
    back: str = "↶"
    watch: str = "◉"
    clock: str = "◷"
    ask: str = "?"
    rule: str = "─"
    quote: str = "│"
    full: str = "━"
    empty: str = "┈"
    dot: str = "·"
    more: str = "…"


UNICODE = Glyphs()
ASCII = Glyphs(
    working="*",
    waiting=".",
    done="+",
    failed="x",
    back="<",
    watch="o",
    clock="~",
    rule="-",
    quote="|",
    full="=",
    empty=".",
    dot="-",
    more=">",
)


def glyphs_for(encoding: str) -> Glyphs:
    """The signs that a terminal of this encoding can show."""
    return UNICODE if encoding.lower().replace("-", "").startswith("utf") else ASCII
