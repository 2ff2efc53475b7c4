"""`resources`: how full the disk, how used the memory, how long the queue for the processors."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from executor.model.probes import Resources
from executor.probes.answers import Answer, Measured, Silence, Unasked, failed, inconclusive, passed, without_answer
from executor.probes.leaves import number, optional
from executor.probes.shell import Ran
from executor.probes.words import percent, percent_beside

_DF = re.compile(r"\s(\d+)\s+(\d+)\s+(\d+)\s+(?:\d+%|-)\s")


@dataclass(frozen=True, slots=True)
class Usage:
    """Fractions and the one-minute load average; None where the host did not say."""

    disk: float | None = None
    memory: float | None = None
    load: float | None = None


def script(verb: Resources) -> str:
    """For a POSIX shell on the host; it changes nothing."""
    lines = []
    path = optional(verb.disk_path)
    if path is not None:
        lines.append(f"echo '== disk'; df -P {shlex.quote(path if path.startswith('/') else f'./{path}')}")
    if verb.memory_max_used is not None:
        lines.append("echo '== memory'; cat /proc/meminfo")
    if verb.load_max is not None:
        lines.append("echo '== load'; cat /proc/loadavg")
    return "\n".join([*lines, ":", ""])


def read(ran: Ran | Silence | Unasked) -> Usage | Silence | Unasked:
    """What the script said."""
    if not isinstance(ran, Ran):
        return ran
    sections: dict[str, list[str]] = {}
    name = ""
    for line in ran.stdout.decode("utf-8", "replace").splitlines():
        if line.startswith("== "):
            name = line[3:]
        else:
            sections.setdefault(name, []).append(line)
    return Usage(_disk(sections.get("disk", [])), _memory(sections.get("memory", [])), _load(sections.get("load", [])))


def judge(verb: Resources, seen: Usage | Silence | Unasked) -> Answer:
    if not isinstance(seen, Usage):
        return without_answer(seen)
    measured: Measured = {"disk": seen.disk, "memory": seen.memory, "load": seen.load}
    measured = {name: value for name, value in measured.items() if value is not None}
    rows = list(_rows(verb, seen))
    unknown = [what for what, value, _, _ in rows if value is None]
    if unknown:
        return inconclusive(f"the host does not say: {', '.join(unknown)}")
    over = [words for _, value, limit, words in rows if value is not None and limit is not None and value > limit]
    if over:
        return failed(", ".join(over), measured)
    return passed(", ".join(words for _, _, _, words in rows), measured)


def _rows(verb: Resources, seen: Usage) -> Iterator[tuple[str, float | None, float | None, str]]:
    """What was asked for: its name, value, limit, and the words for it."""
    path, limit = optional(verb.disk_path), number(verb.disk_max_used)
    if path is not None:
        yield f"disk {path}", seen.disk, limit, f"disk {path} is {_share(seen.disk, limit)} full{_limit(limit)}"
    limit = number(verb.memory_max_used)
    if limit is not None:
        yield "memory", seen.memory, limit, f"memory is {_share(seen.memory, limit)} used{_limit(limit)}"
    limit = number(verb.load_max)
    if limit is not None:
        yield "load", seen.load, limit, f"load is {seen.load or 0:.2f} (limit {limit:g})"


def _share(value: float | None, limit: float | None) -> str:
    return percent_beside(value or 0.0, 1.0 if limit is None else limit)


def _limit(limit: float | None) -> str:
    return "" if limit is None else f" (limit {percent(limit)})"


def _disk(lines: list[str]) -> float | None:
    """Used of what users can have, as df's own percentage is: without the blocks that are root's."""
    found = _DF.search(lines[-1]) if len(lines) > 1 else None
    if found is None:
        return None
    used, available = int(found[2]), int(found[3])
    return used / (used + available) if used + available else None


def _memory(lines: list[str]) -> float | None:
    sizes = {name: value.split()[0] for name, _, value in (line.partition(":") for line in lines) if value.strip()}
    total = int(sizes.get("MemTotal", 0))
    if not total:
        return None
    free = sizes.get("MemAvailable")
    # Kernels before 3.14 do not say what is available.
    available = int(free) if free is not None else sum(int(sizes.get(n, 0)) for n in ("MemFree", "Buffers", "Cached"))
    return 1 - available / total


def _load(lines: list[str]) -> float | None:
    try:
        return float(lines[0].split()[0])
    except (IndexError, ValueError):
        return None
