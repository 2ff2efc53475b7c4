"""What the deploy lock means for a run: without it nothing begins, and a broken one stops everything.

Hosts are locked as they are connected to, so a host that was reached is the run's own. The lock is let go before the
run says that it has ended: whoever is killed in between can still be resumed, and lets go then.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from executor.engine.effects import Decision, Unlock
from executor.engine.state import State
from executor.events import LockAwaited, Locked, LockLost, LockRefused, Unlocked, Unlocking

OfLock: TypeAlias = Locked | LockAwaited | LockRefused | LockLost | Unlocking | Unlocked


def evolve_lock(state: State, event: OfLock) -> None:
    """Fold an event of the lock in."""
    lock = state.lock
    match event:
        case Locked(_, fences):
            lock.fences |= fences
            lock.awaited = False
        case LockAwaited():
            lock.awaited = True
        case LockRefused(_, holders):
            lock.refused = "; ".join(f"{', '.join(hosts)}: {who}" for who, hosts in _by_holder(holders).items())
        case LockLost(host, reason):
            lock.fences.pop(host, None)
            lock.lost = lock.lost or f"{host}: {reason}"
        case Unlocking():
            lock.letting_go = "asked"
        case Unlocked(hosts):
            for host in hosts:
                lock.fences.pop(host, None)
            lock.letting_go = "over"
    state.touch_run()


def _by_holder(holders: Mapping[str, str]) -> dict[str, list[str]]:
    """A run that holds the lock on many hosts is told once."""
    held: dict[str, list[str]] = {}
    for host, who in holders.items():
        held.setdefault(who, []).append(host)
    return held


def let_go(state: State) -> Decision | None:
    """What comes before the end of a run that has a lock: None where it has none, or none any more."""
    match state.lock.letting_go:
        case "asked":
            return Decision()
        case "" if state.lock.fences:
            hosts = tuple(host for host in state.lock.fences if not state.hosts[host].lost)
            return Decision((Unlocking(hosts),), (Unlock(hosts),))
        case _:
            return None
