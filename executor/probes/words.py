"""Measured values in words for people."""

from __future__ import annotations

from collections.abc import Sequence


def duration(seconds: float) -> str:
    """212ms, 4.2s, 10s, 1m30s, 2h: as short as it can be said."""
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f}ms"
    if seconds < 59.95:
        return f"{seconds:.1f}".removesuffix(".0") + "s"
    whole = round(seconds)
    parts = [(whole // 86400, "d"), (whole // 3600 % 24, "h"), (whole // 60 % 60, "m"), (whole % 60, "s")]
    said = [f"{number}{unit}" for number, unit in parts if number]
    return "".join(said[:2])


def percent(fraction: float) -> str:
    """1%, 2.5%: a limit as it was written."""
    return f"{fraction * 100:.4f}".rstrip("0").rstrip(".") + "%"


def percent_beside(fraction: float, limit: float) -> str:
    """A measured share, with as many decimals as tell it from the limit: never "1.0% (limit 1%)" for 1.04%."""
    for digits in (1, 2, 3):
        text = f"{fraction * 100:.{digits}f}"
        if fraction == limit or float(text) != round(limit * 100, 6):
            return f"{text}%"
    return f"{fraction * 100:.4g}%"


def count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def alternatives(items: Sequence[object]) -> str:
    """200, 204 or 301."""
    *first, last = map(str, items)
    return f"{', '.join(first)} or {last}" if first else last


def excerpt(text: str, limit: int = 80) -> str:
    """The beginning of some text, in one line."""
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"
