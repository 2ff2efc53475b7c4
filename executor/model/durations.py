"""Durations and percentages as people write them."""

from __future__ import annotations

import re

_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)", re.ASCII)
_PLAIN = re.compile(r"\d+(?:\.\d+)?", re.ASCII)
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_ORDER = ("d", "h", "m", "s", "ms")

LONGEST = 366 * 86400.0  # seconds; anything beyond a year is a slip of the pen


def parse_duration(text: str) -> float:
    """Seconds from "10s", "5m", "1h30m", "500ms" or a bare number of seconds.

    Raises ValueError, with the reason in words for people, for anything else and for more than a year.
    """
    text = text.strip()
    if _PLAIN.fullmatch(text):
        return _bounded(float(text), text)
    parts = _PART.findall(text)
    units = [unit for _, unit in parts]
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(_reason(text))
    if units != sorted(set(units), key=_ORDER.index):
        raise ValueError(f"{text!r} names its units in the wrong order: from large to small, each once, as in 1h30m")
    return _bounded(sum(float(number) * _SECONDS[unit] for number, unit in parts), text)


def parse_fraction(text: str) -> float:
    """A fraction from a percentage: "5%" is 0.05. Raises ValueError where it is none, or beyond 100%."""
    number = text.strip().removesuffix("%").strip()
    if not text.strip().endswith("%") or not _PLAIN.fullmatch(number):
        raise ValueError(f"{text!r} is not a percentage such as 5% or 0.5%")
    if float(number) > 100:
        raise ValueError(f"{text!r} is more than 100%")
    return float(number) / 100


def _bounded(seconds: float, text: str) -> float:
    if seconds > LONGEST:
        raise ValueError(f"{text!r} is longer than a year")
    return seconds


def _reason(text: str) -> str:
    if text.startswith("-"):
        return f"{text!r} is negative: a duration cannot be"
    clock = re.fullmatch(r"(\d+):(\d{2})", text, re.ASCII)
    if clock:
        minutes, seconds = int(clock[1]), int(clock[2])
        return f"{text!r} could be minutes or hours: write {minutes}m{seconds}s or {minutes}h{seconds}m"
    unit = re.sub(r"[\d.\s]", "", text)
    if unit and unit not in _SECONDS and re.fullmatch(r"[\d.]+\s*[A-Za-z]+", text) and "e" not in unit[:-1]:
        return f"{text!r} has no unit that is known: ms, s, m, h and d are"
    return f"{text!r} is not a duration such as 500ms, 30s, 5m or 1h30m"
