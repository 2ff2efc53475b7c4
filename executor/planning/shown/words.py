"""Numbers, times and hosts in words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from executor.model.leaves import Late, Template, Value
from executor.model.runbooks import Amount
from executor.templates import sketch
from executor.templates.text import json_text


def said(leaf: object) -> str:
    """A leaf as text: what only the run knows stands in it by name."""
    if isinstance(leaf, Late | Template):
        return sketch(leaf)
    if isinstance(leaf, Mapping):
        return "{" + ", ".join(f"{key}: {said(item)}" for key, item in leaf.items()) + "}"
    if isinstance(leaf, list | tuple):
        return "[" + ", ".join(said(item) for item in leaf) + "]"
    return leaf if isinstance(leaf, str) else json_text(leaf)


def value(leaf: Value) -> str:
    """As `said`, with quotes around a text."""
    return json_text(leaf) if isinstance(leaf, str) else said(leaf)


def duration(seconds: object) -> str:
    """`1h30m`, `500ms`; what only the run knows by name."""
    if not isinstance(seconds, int | float):
        return said(seconds)
    if 0 < seconds < 1:
        return f"{seconds * 1000:g}ms"
    left, parts = float(seconds), []
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if left >= size:
            parts.append(f"{int(left // size)}{unit}")
            left %= size
    if left or not parts:
        parts.append(f"{left:g}s")
    return "".join(parts)


def percent(fraction: object) -> str:
    return f"{fraction * 100:g}%" if isinstance(fraction, int | float) else said(fraction)


def amount(of: Amount) -> str:
    return f"{of.number:g}%" if of.percent else f"{of.number:g}"


def ordinal(number: int) -> str:
    ending = "th" if number % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def counted(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def hosts(names: Sequence[str]) -> str:
    """Host names, those in a row folded: web1 to web4, db."""
    parts: list[str] = []
    for _, run in groupby(enumerate(names), key=lambda item: _place(*item)):
        row = [name for _, name in run]
        parts += row if len(row) < 3 else [f"{row[0]} to {row[-1]}"]
    return ", ".join(parts)


def _place(index: int, name: str) -> tuple[str, str, int, int]:
    """The same for names that follow each other: web1, web2; not for web09, web010."""
    found = re.fullmatch(r"(.*?)(\d{1,9})(\D*)", name)
    if found is None:
        return name, "", 0, -1
    width = len(found[2]) if found[2].startswith("0") else 0
    return found[1], found[3], int(found[2]) - index, width


def joined(parts: Iterable[str], with_what: str = ", ") -> str:
    return with_what.join(part for part in parts if part)
