"""Whether a sealed plan that is whole may run now, and here."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from executor.errors import Problem
from executor.planning.inputs import changed
from executor.sealing.opening import Sealed

_SHOWN = 12  # files that one message names


def stale(sealed: Sealed, now: datetime, *, here: Path) -> tuple[Problem, ...]:
    """Everything that keeps it from running: it has expired, or what it sends or where it goes is not what it was.

    Of what it was read from only the inventory counts: a sealed plan has everything else in it.
    """
    return tuple(_stale(sealed, now, here))


def _stale(sealed: Sealed, now: datetime, here: Path) -> Iterator[Problem]:
    if sealed.expires is not None and now >= sealed.expires:
        when = f"{sealed.expires.astimezone(now.tzinfo):%Y-%m-%d %H:%M:%S %Z}".rstrip()
        yield Problem(f"the plan expired at {when}", hint="seal it again, and have it read again", code="expired")
    if files := changed(sealed.sent):
        hint = "put back what it was, or seal the plan again"
        yield Problem(f"what it sends is not what was sealed: {_named(files, here)}", hint=hint, code="file-changed")
    inventory = {os.path.normpath(here / name) for name in sealed.plan.inventory}
    known = {path: digest for path, digest in sealed.inputs.items() if path in inventory}
    if files := changed(known):
        hint = "its hosts, its policy or where its secrets come from may be others: seal the plan again"
        yield Problem(f"its inventory has changed since: {_named(files, here)}", hint=hint, code="inventory-changed")


def moved_on(sealed: Sealed, *, here: Path) -> str:
    """What the plan was read from and has changed since, for people: it runs as it was sealed. "" for nothing."""
    files = changed(sealed.inputs)
    return _named(files, here) if files else ""


def _named(files: Mapping[str, str], here: Path) -> str:
    named = [f"{_from(path, here)} ({what})" for path, what in files.items()]
    more = f" and {len(named) - _SHOWN} more" if len(named) > _SHOWN else ""
    return ", ".join(named[:_SHOWN]) + more


def _from(path: str, here: Path) -> str:
    return os.path.relpath(path, here) if Path(path).is_relative_to(here) else path
