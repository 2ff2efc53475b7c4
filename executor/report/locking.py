"""What is said of the deploy lock: whose it is, who waits for it, and where it stays behind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from executor.events import LockAwaited, Locked, LockLost, LockRefused, Unlocked, Unlocking
from executor.report.line import Line, Tone, line
from executor.report.phrasing import count, names

OfLock: TypeAlias = Locked | LockAwaited | LockRefused | LockLost | Unlocking | Unlocked


def of_lock(event: OfLock) -> tuple[Line, ...]:
    match event:
        case Locked(name, fences, broken):
            whole = line(f"locked {count(len(fences), 'host')} ({name})", tone="quiet", weight="detail")
            taken = (
                line(f"the lock '{name}' was OVERRIDDEN; it was {whose}", host, "warn")
                for host, whose in broken.items()
            )
            return (whole, *taken)
        case LockAwaited(name, holders):
            return tuple(_held(f"waiting for the lock '{name}'", holders, "warn"))
        case LockRefused(name, holders):
            return tuple(_held(f"REFUSED: the lock '{name}' is taken", holders, "bad"))
        case LockLost(host, reason):
            return (line(f"LOCK LOST: {reason}; the run stops, for the host may be somebody else's now", host, "bad"),)
        case Unlocking():
            return ()
        case Unlocked(_, left):
            return tuple(line(f"the lock stays there: {why}", host, "warn") for host, why in left.items())


def _held(what: str, holders: Mapping[str, str], tone: Tone) -> list[Line]:
    """Hosts that one run has locked are told in one line."""
    hosts: dict[str, list[str]] = {}
    for host, who in holders.items():
        hosts.setdefault(who, []).append(host)
    return [line(f"{what} on {names(held)}: {who}", tone=tone) for who, held in hosts.items()]
