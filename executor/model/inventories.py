"""Hosts and how they are reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from executor.model.leaves import Value
from executor.model.places import NOWHERE, Place


@dataclass(frozen=True, slots=True)
class Ssh:
    """How to connect. None means: what ~/.ssh/config or SSH's own default says."""

    user: str | None = None
    port: int | None = None
    key: str | None = None
    known_hosts: str | None = None
    host_keys: Literal["strict", "accept-new"] = "strict"
    jump: str | None = None  # an inventory name or user@host:port; "none": directly, whatever the config says
    config: str | None = None  # instead of ~/.ssh/config
    connect_timeout: float = 10.0  # seconds


@dataclass(frozen=True, slots=True)
class HostSpec:
    """One host of an inventory. `local` is the control node itself, reached without SSH."""

    name: str
    address: str
    ssh: Ssh = Ssh()
    vars: Mapping[str, Value] = field(default_factory=dict)  # all < groups < host, already merged
    groups: tuple[str, ...] = ()
    local: bool = False
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    hosts: tuple[str, ...] = ()  # its own and its children's, in the inventory's order
    children: tuple[str, ...] = ()
    vars: Mapping[str, Value] = field(default_factory=dict)  # its own alone
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Inventory:
    """All hosts in the order in which they were written. `localhost` is always there."""

    hosts: Mapping[str, HostSpec]
    groups: Mapping[str, Group]
    vars: Mapping[str, Value] = field(default_factory=dict)
    files: tuple[str, ...] = ()
