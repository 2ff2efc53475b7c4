"""Hosts: reached, lost, failed, passed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Connecting:
    """Connections are asked for: at the start of a run, and again for lost hosts that still have something to undo."""

    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HostReached:  # answer
    host: str
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class HostLost:  # answer
    """Unreachable, or login refused. Comes for Connect, and when a connection is gone for good."""

    host: str
    reason: str


@dataclass(frozen=True, slots=True)
class HostFailed:
    """The host counts as failed in this stage; it undoes what it armed and is left out of the rest."""

    host: str
    stage: str
    reason: str
    task: str = ""
    step: str = ""  # its name
    counts: bool = True  # against max_failures; False for the failure of a `once` step, which fails the stage
    unreachable: bool = False  # it, or the delegate that worked for it, could not be reached


@dataclass(frozen=True, slots=True)
class HostPassed:
    """All steps, the gate and restore of the stage are behind this host."""

    host: str
    stage: str


@dataclass(frozen=True, slots=True)
class HostRolledBack:
    """All that could be undone on the host within the scope is; `health` is the gate after it, if there was one."""

    host: str
    clean: bool  # every armed handler within the scope has passed
    healthy: bool = True
    detail: str = ""
