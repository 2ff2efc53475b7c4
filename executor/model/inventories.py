"""Hosts and how they are reached."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NoReturn

from executor.model.leaves import Value
from executor.model.places import NOWHERE, Place
from executor.model.secrets import SecretSource

DEFAULT_LOCK = "deploy"


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
    become: bool | None = None  # what the inventory says for all steps; flags are weaker, the runbook's word wins
    become_user: str | None = None
    become_secret: str = ""  # the name of the secret that is its sudo password; "": none is said
    unfit: str = ""  # why it cannot be reached from here, whatever is tried: it needs a password, or is no SSH host


@dataclass(frozen=True, slots=True)
class Layer:
    """Variables that one place of an inventory gives: a group's or a host's, in one file. `places` has each of them."""

    name: str  # "all", "group web", "host web1", "group_vars of web"
    vars: Mapping[str, Value]
    places: Mapping[str, Place] = field(default_factory=dict)


class Vaulted:
    """A value out of an Ansible vault. Its text is `[redacted]`; `reveal` gives the value.

    `reveal` raises InvalidInput where no password opens the vault.
    """

    __slots__ = ("place", "reveal")

    def __init__(self, reveal: Callable[[], str], place: Place) -> None:
        self.reveal = reveal
        self.place = place

    def __repr__(self) -> str:
        return "[redacted]"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a vaulted value cannot be written")


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    hosts: tuple[str, ...] = ()  # its own and its children's, in the inventory's order
    children: tuple[str, ...] = ()
    vars: Mapping[str, Value] = field(default_factory=dict)  # its own alone
    place: Place = NOWHERE
    own: tuple[str, ...] = ()  # the hosts that were listed in it


@dataclass(frozen=True, slots=True)
class Approvals:
    """How many people must have signed a sealed plan before it runs on these hosts, and who they may be."""

    signers: str  # the file of those who may sign, absolute, in the form of ssh-keygen's allowed signers
    min: int = 1
    cool_down: float = 0.0  # seconds that must lie between an approval and the run


@dataclass(frozen=True, slots=True)
class Inventory:
    """All hosts in the order in which they were written. `localhost` is always there."""

    hosts: Mapping[str, HostSpec]
    groups: Mapping[str, Group]
    vars: Mapping[str, Value] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    layers: Mapping[str, tuple[Layer, ...]] = field(default_factory=dict)  # of each host, the strongest last
    vaulted: Mapping[str, Vaulted] = field(default_factory=dict)  # by the name that `secret()` knows them by
    secrets: Mapping[str, SecretSource] = field(default_factory=dict)
    lock: str | None = DEFAULT_LOCK  # the lock that a run holds on its hosts; None: no run needs one
    approvals: tuple[Approvals, ...] = ()  # what each source asks for; all of them hold
