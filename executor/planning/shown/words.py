"""Numbers, times and hosts in words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePath

from executor.model.inventories import Approvals
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


def approvals(of: Approvals) -> str:
    """Whose signatures a sealed plan needs."""
    time = f", each at least {duration(of.cool_down)} before the run" if of.cool_down else ""
    return f"of {counted(of.min, 'person', 'people')} out of {PurePath(of.signers).name}{time}"


def ordinal(number: int) -> str:
    ending = "th" if number % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def counted(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def hosts(names: Sequence[str]) -> str:
    """Host names, those in a row folded, up or down: web1 to web4, db."""
    parts: list[str] = []
    row: list[str] = []
    for name in names:
        if row and not _goes_on(row, name):
            parts += _folded(row)
            row = []
        row.append(name)
    return ", ".join([*parts, *_folded(row)])


def _folded(row: list[str]) -> list[str]:
    return row if len(row) < 3 else [f"{row[0]} to {row[-1]}"]


def _goes_on(row: list[str], name: str) -> bool:
    """Whether a name follows a row of them: the next number, in the row's direction."""
    last, new = _NUMBERED.fullmatch(row[-1]), _NUMBERED.fullmatch(name)
    if last is None or new is None or (last[1], last[3]) != (new[1], new[3]):
        return False
    step = int(new[2]) - int(last[2])
    begin = _NUMBERED.fullmatch(row[-2]) if len(row) > 1 else None
    wanted = {1, -1} if begin is None else {int(last[2]) - int(begin[2])}
    return step in wanted and (len(new[2]) == len(last[2]) or not (new[2] + last[2]).startswith("0"))


_NUMBERED = re.compile(r"(.*?)(\d{1,9})(\D*)")


def joined(parts: Iterable[str], with_what: str = ", ") -> str:
    return with_what.join(part for part in parts if part)
