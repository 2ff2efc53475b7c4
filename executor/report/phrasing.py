"""Small phrases: durations, host lists, counts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

PARTLY = "partly undone"  # of a host that is rolled back, and on which something of the run is there still
_NUMBERED = re.compile(r"(.*?)(\d+)([^\d]*)")


def duration(seconds: float) -> str:
    """Seconds for people: `35ms`, `0.4s`, `12s`, `1m 12s`, `2h 05m`, `3d 04h`."""
    seconds = max(seconds, 0.0)
    if seconds < 0.0995:
        return f"{seconds * 1000:.0f}ms"
    if seconds < 9.95:
        return f"{seconds:.1f}s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m {whole % 60:02}s"
    if whole < 86400:
        return f"{whole // 3600}h {whole % 3600 // 60:02}m"
    return f"{whole // 86400}d {whole % 86400 // 3600:02}h"


def span(seconds: float) -> str:
    """A length of time as an operator wrote it: `30m`, `10s`, `1h 30m`, `500ms`."""
    if seconds < 1:
        return f"{seconds * 1000:g}ms"
    if seconds % 1:
        return f"{seconds:g}s"
    rest = int(seconds)
    parts = []
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m"), (1, "s")):
        if rest >= size:
            parts.append(f"{rest // size}{unit}")
            rest %= size
    return " ".join(parts)


def size(amount: int) -> str:
    """Bytes for people: `512 B`, `1.5 MB`."""
    if amount < 1000:
        return f"{amount} B"
    value = float(amount)
    for unit in ("kB", "MB", "GB"):
        value /= 1000
        if value < 999.5 or unit == "GB":
            return f"{value:.1f} {unit}" if value < 9.95 else f"{value:.0f} {unit}"
    raise AssertionError("the last unit takes everything")


def count(number: int, one: str, many: str = "") -> str:
    """`1 host`, `4 hosts`."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def ordinal(number: int) -> str:
    """`1st`, `2nd`, `11th`."""
    if number % 100 in (11, 12, 13):
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"


def names(hosts: Iterable[str]) -> str:
    """Host names, exactly, in their order; runs of three and more consecutive numbers are folded: `web1…web40`."""
    folded: list[str] = []
    run: list[str] = []
    for name in hosts:
        if run and not _follows(run[-1], name):
            folded += _fold(run)
            run = []
        run.append(name)
    folded += _fold(run)
    return ", ".join(folded)


def _follows(before: str, after: str) -> bool:
    first, second = _NUMBERED.fullmatch(before), _NUMBERED.fullmatch(after)
    if first is None or second is None:
        return False
    alike = first[1] == second[1] and first[3] == second[3]
    padded = first[2].startswith("0") or second[2].startswith("0")
    return alike and int(second[2]) == int(first[2]) + 1 and (not padded or len(first[2]) == len(second[2]))


def _fold(run: Sequence[str]) -> list[str]:
    return [f"{run[0]}…{run[-1]}"] if len(run) > 2 else list(run)


def some_names(hosts: Sequence[str], width: int) -> str:
    """Host names in at most `width` columns; those that find no place are counted: `web1, web5 and 12 more`."""
    whole = names(hosts)
    if len(whole) <= width:
        return whole
    for shown in range(min(len(hosts) - 1, width // 2), 0, -1):
        text = f"{names(hosts[:shown])} and {len(hosts) - shown} more"
        if len(text) <= width:
            return text
    return count(len(hosts), "host")
