"""Hosts and groups as they were written, before anything follows from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from executor.model.inventories import Approvals, Layer
from executor.model.places import Place
from executor.model.secrets import SecretSource

SshSettings = Mapping[str, str | int | float]


@dataclass(frozen=True, slots=True)
class Listed:
    """A name in a group's list."""

    name: str
    place: Place


@dataclass(frozen=True, slots=True)
class HostEntry:
    place: Place
    address: str | None = None
    ssh: SshSettings = field(default_factory=dict)
    layers: tuple[Layer, ...] = ()
    port: int | None = None  # behind its name, where it was first written: `web1:2222`


@dataclass(frozen=True, slots=True)
class GroupEntry:
    """`all` and `ungrouped` may be among the groups: with variables, members and children of their own."""

    place: Place
    hosts: tuple[Listed, ...] = ()
    children: tuple[Listed, ...] = ()
    layers: tuple[Layer, ...] = ()
    priority: int = 1  # of groups side by side, the highest is the strongest


@dataclass(frozen=True, slots=True)
class Entries:
    """What one source says, or several together."""

    ssh: SshSettings = field(default_factory=dict)
    hosts: Mapping[str, HostEntry] = field(default_factory=dict)
    groups: Mapping[str, GroupEntry] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    secrets: Mapping[str, SecretSource] = field(default_factory=dict)
    lock: str | None = None  # what the policy says of it; "": none is wanted, None: nothing is said
    approvals: tuple[Approvals, ...] = ()
    foreign: bool = False  # of Ansible's: hosts come in the order of the groups, and a group may be called as a host


def merge(first: Entries, second: Entries) -> Entries:
    """Both together; where they say different things, the second one wins."""
    hosts = dict(first.hosts)
    for name, host in second.hosts.items():
        old = hosts.get(name)
        if old is None:
            hosts[name] = host
            continue
        hosts[name] = HostEntry(
            host.place,
            host.address or old.address,
            {**old.ssh, **host.ssh},
            (*old.layers, *host.layers),
            old.port,
        )
    groups = dict(first.groups)
    for name, group in second.groups.items():
        known = groups.get(name)
        if known is None:
            groups[name] = group
            continue
        groups[name] = GroupEntry(
            group.place,
            _united(known.hosts, group.hosts),
            _united(known.children, group.children),
            (*known.layers, *group.layers),
            group.priority if group.priority != 1 else known.priority,
        )
    return Entries(
        {**first.ssh, **second.ssh},
        hosts,
        groups,
        tuple(dict.fromkeys((*first.files, *second.files))),
        {**first.secrets, **second.secrets},
        first.lock if second.lock is None else second.lock,
        tuple(dict.fromkeys((*first.approvals, *second.approvals))),
        first.foreign or second.foreign,
    )


def _united(first: tuple[Listed, ...], second: tuple[Listed, ...]) -> tuple[Listed, ...]:
    names = {member.name for member in first}
    return (*first, *(member for member in second if member.name not in names))


@dataclass(slots=True)
class _Host:
    place: Place
    port: int | None
    layers: list[Layer] = field(default_factory=list)


@dataclass(slots=True)
class _Group:
    place: Place
    hosts: dict[str, Listed] = field(default_factory=dict)
    children: dict[str, Listed] = field(default_factory=dict)
    layers: list[Layer] = field(default_factory=list)
    priority: int = 1


@dataclass(slots=True)
class EntriesBuilder:
    """Gathers what a source of Ansible's says, in the order in which it says it. Everything may be said again."""

    _hosts: dict[str, _Host] = field(default_factory=dict)
    _groups: dict[str, _Group] = field(default_factory=dict)

    def host(self, name: str, place: Place, *, port: int | None = None, layers: Iterable[Layer] = ()) -> None:
        self._hosts.setdefault(name, _Host(place, port)).layers += layers

    def group(self, name: str, place: Place, *, layers: Iterable[Layer] = ()) -> None:
        self._groups.setdefault(name, _Group(place)).layers += layers

    def member(self, group: str, host: str, place: Place) -> None:
        self.group(group, place)
        self._groups[group].hosts.setdefault(host, Listed(host, place))

    def child(self, group: str, child: Listed) -> None:
        self.group(group, child.place)
        self._groups[group].children.setdefault(child.name, child)

    def priority(self, group: str, number: int) -> None:
        self._groups[group].priority = number

    def entries(self, files: tuple[str, ...]) -> Entries:
        hosts = {name: HostEntry(h.place, layers=tuple(h.layers), port=h.port) for name, h in self._hosts.items()}
        groups = {
            name: GroupEntry(g.place, tuple(g.hosts.values()), tuple(g.children.values()), tuple(g.layers), g.priority)
            for name, g in self._groups.items()
        }
        return Entries(hosts=hosts, groups=groups, files=files, foreign=True)
