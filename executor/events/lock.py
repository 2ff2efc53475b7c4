"""The deploy lock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Locked:  # answer
    """The hosts are this run's, under the lock `name`: another run finds them taken until they are let go."""

    name: str
    fences: Mapping[str, int]  # host -> the lock's fencing number there
    broken: Mapping[str, str] = field(default_factory=dict)  # with --override: host -> whose it was, for people


@dataclass(frozen=True, slots=True)
class LockAwaited:  # answer
    """Somebody else has the lock on some hosts, and the run waits for it."""

    name: str
    holders: Mapping[str, str]  # host -> who, for people


@dataclass(frozen=True, slots=True)
class LockRefused:  # answer
    """Somebody else has the lock on some hosts: the run ends before it changes anything."""

    name: str
    holders: Mapping[str, str]  # host -> who, for people


@dataclass(frozen=True, slots=True)
class LockLost:  # answer
    """The run's own lock on a host was broken: it may be somebody else's now. The run stops where it is."""

    host: str
    reason: str


@dataclass(frozen=True, slots=True)
class Unlocking:
    """Everything is done: the lock is let go, on all hosts that can be reached."""

    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unlocked:  # answer
    hosts: tuple[str, ...]
    left: Mapping[str, str] = field(default_factory=dict)  # host -> why the lock still lies there
