"""`runbook status`: unfinished runs, and what every host is on; as text and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Literal

from executor.model.codec import Json
from executor.report.paint import paint
from executor.report.phrasing import PARTLY, names
from executor.report.safe import visible

STATUS_VERSION = 1
_ROOM = 30  # characters for what a run was given, where none of it is called a version
_NAMES = 40  # and for the names of hosts that are alike


@dataclass(frozen=True, slots=True)
class OpenRun:
    """A run that waits for somebody, or goes on. `commands`: what to type."""

    run: str
    name: str
    how: str  # in words: "cut off", "stopped: failed", "rollback incomplete", "running: process 17 on laptop"
    last: datetime
    commands: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OnHost:
    """What a host is on: the last run that left something on it. `until`: at least so long it can be undone, back to
    the point of no return `point` where there is one."""

    host: str
    inventory: str
    name: str
    run: str
    at: datetime
    params: str
    state: str
    undo: Literal["yes", "no"]
    until: datetime | None = None
    point: str = ""
    version: str = ""
    partly: bool = False  # it has gone back, and something is there still


def text(
    open_runs: Sequence[OpenRun],
    hosts: Sequence[OnHost],
    *,
    colour: bool = False,
    zone: tzinfo | None = None,
    width: int | None = None,
) -> str:
    """For people: what needs somebody first. `width` is that of the terminal, where there is one."""
    if not open_runs and not hosts:
        return "Nothing is unfinished, and no host is known here.\n"
    lines: list[str] = []
    for one in open_runs:
        at = f"{one.last.astimezone(zone):%Y-%m-%d %H:%M}"
        lines.append(paint(f"UNFINISHED  {visible(one.name)}, {visible(one.how)}, last heard of {at}", "bad", colour))
        lines += [f"  {command}" for command in one.commands]
    if open_runs:
        lines.append("")
    if hosts:
        lines += _table(hosts, colour=colour, zone=zone, width=width)
    return "".join(f"{line}\n" for line in lines)


def _table(hosts: Sequence[OnHost], *, colour: bool, zone: tzinfo | None, width: int | None) -> list[str]:
    """Hosts that are alike share a line, or a paragraph where a line has no room in `width`. All that they were given
    is in the JSON form, and in `show`."""
    several = len({one.inventory for one in hosts}) > 1
    groups: dict[tuple[str, ...], list[str]] = {}
    for one in hosts:
        alike = (
            visible(one.name),
            visible(one.version) or _cut(visible(one.params), _ROOM),
            PARTLY if one.partly and one.state == "rolled back" else one.state,
            one.run,
            _how_long(one, zone),
            visible(one.inventory) if several else "",
        )
        groups.setdefault(alike, []).append(one.host)
    head = ("HOST", "RUNBOOK", "VERSION", "STATE", "RUN", "CAN BE UNDONE", "INVENTORY")
    rows = [(_names(members), *alike) for alike, members in groups.items()]
    # A column in which nothing stands takes no place.
    widths = [max(map(len, column)) if any(column[1:]) else 0 for column in zip(head, *rows, strict=True)]
    lines = [_columns(row, widths) for row in (head, *rows)]
    if width is not None and max(map(len, lines)) > width:
        return [line for row in rows for line in _paragraph(row, colour=colour)]
    return [paint(lines[0], "head", colour), *lines[1:]]


def _paragraph(row: Sequence[str], *, colour: bool) -> list[str]:
    """The same for a narrow terminal."""
    host, name, version, state, run, undo, inventory = row
    lines = [paint(host, "head", colour), f"  {f'{name} {version}'.rstrip()}: {state}", f"  run {run}"]
    lines.append(f"  can be undone: {undo}")
    return [*lines, f"  inventory {inventory}"] if inventory else lines


def _names(hosts: Sequence[str]) -> str:
    """Short enough to stand in a line with the rest."""
    folded = names(hosts)
    if len(folded) <= _NAMES or len(hosts) == 1:
        return folded
    return f"{_cut(hosts[0], _NAMES - 14)} and {len(hosts) - 1} more"


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else f"{text[: room - 1]}…"


def _how_long(one: OnHost, zone: tzinfo | None) -> str:
    if one.undo == "no":
        return f"no, '{visible(one.point)}' is a point of no return" if one.point else "no"
    back = f", back to '{visible(one.point)}'" if one.point else ""
    if one.until is None:
        return f"yes{back}"
    return f"until {one.until.astimezone(zone):%Y-%m-%d %H:%M}{back}"


def _columns(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True) if width).rstrip()


def as_json(open_runs: Sequence[OpenRun], hosts: Sequence[OnHost]) -> Json:
    """For programs."""
    return {
        "v": STATUS_VERSION,
        "unfinished": [
            {
                "run": one.run,
                "name": one.name,
                "how": one.how,
                "last": one.last.isoformat(),
                "commands": list(one.commands),
            }
            for one in open_runs
        ],
        "hosts": [
            {
                "host": one.host,
                "inventory": one.inventory,
                "runbook": one.name,
                "run": one.run,
                "at": one.at.isoformat(),
                "version": one.version,
                "params": one.params,
                "state": one.state,
                "partly": one.partly,
                "undo": one.undo == "yes",
                "until": one.until.isoformat() if one.until else None,
                "point": one.point,
            }
            for one in hosts
        ],
    }
