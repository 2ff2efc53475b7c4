"""Hosts and groups as they were written, and what follows from it: members, variables, how each host is reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from executor.errors import Problem
from executor.language.draft import Draft
from executor.language.patterns import LOCALHOST
from executor.language.wording import did_you_mean, quoted
from executor.model.inventories import Group, HostSpec, Inventory, Ssh
from executor.model.leaves import Value
from executor.model.places import Place
from executor.model.secrets import SecretSource

_RESERVED = {
    "all": "all hosts belong to it by themselves: write their `hosts:` and `vars:` at the top",
    "ungrouped": "hosts without a group belong to it by themselves",
    LOCALHOST: "it is the control node",
}

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
    vars: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GroupEntry:
    place: Place
    hosts: tuple[Listed, ...] = ()
    children: tuple[Listed, ...] = ()
    vars: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entries:
    """What one source says, or several together."""

    vars: Mapping[str, Value] = field(default_factory=dict)
    ssh: SshSettings = field(default_factory=dict)
    hosts: Mapping[str, HostEntry] = field(default_factory=dict)
    groups: Mapping[str, GroupEntry] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    secrets: Mapping[str, SecretSource] = field(default_factory=dict)


def merge(first: Entries, second: Entries) -> Entries:
    """Both together; where they say different things, the second one wins."""
    hosts = dict(first.hosts)
    for name, host in second.hosts.items():
        old = hosts.get(name, host)
        hosts[name] = HostEntry(
            host.place, host.address or old.address, {**old.ssh, **host.ssh}, {**old.vars, **host.vars}
        )
    groups = dict(first.groups)
    for name, group in second.groups.items():
        known = groups.get(name, group)
        groups[name] = GroupEntry(
            group.place,
            _united(known.hosts, group.hosts),
            _united(known.children, group.children),
            {**known.vars, **group.vars},
        )
    return Entries(
        {**first.vars, **second.vars},
        {**first.ssh, **second.ssh},
        hosts,
        groups,
        (*first.files, *second.files),
        {**first.secrets, **second.secrets},
    )


def _united(first: tuple[Listed, ...], second: tuple[Listed, ...]) -> tuple[Listed, ...]:
    names = {member.name for member in first}
    return (*first, *(member for member in second if member.name not in names))


def resolve(draft: Draft, entries: Entries) -> Inventory:
    """The inventory that the entries mean; what is wrong among them is noted in the draft."""
    _check_group_names(draft, entries)
    _check_members(draft, entries)
    _check_jumps(draft, entries)
    depths = _depths(entries)
    if len(depths) < len(entries.groups):
        _tell_cycle(draft, entries, depths)
        return Inventory({}, {})
    members: dict[str, frozenset[str]] = {}
    for name in sorted(depths, key=lambda group: -depths[group]):
        group = entries.groups[name]
        below = (members[child.name] for child in group.children if child.name in members)
        members[name] = frozenset(host.name for host in group.hosts).union(*below)
    ordered = sorted(depths, key=lambda group: (depths[group], group))
    hosts = {name: _host(name, entries, members, ordered) for name in entries.hosts}
    if LOCALHOST not in hosts:
        hosts[LOCALHOST] = HostSpec(LOCALHOST, LOCALHOST, vars=dict(entries.vars), local=True)
    return Inventory(hosts, _groups(entries, members), dict(entries.vars), entries.files, secrets=dict(entries.secrets))


def _host(name: str, entries: Entries, members: Mapping[str, frozenset[str]], parents_first: list[str]) -> HostSpec:
    entry = entries.hosts[name]
    merged: dict[str, Value] = dict(entries.vars)
    for group in parents_first:
        if name in members[group]:
            merged |= entries.groups[group].vars
    settings: dict[str, Any] = {**entries.ssh, **entry.ssh}
    return HostSpec(
        name,
        entry.address or name,
        ssh=Ssh(**settings) if name != LOCALHOST else Ssh(),
        vars={**merged, **entry.vars},
        groups=tuple(group for group in entries.groups if name in members[group]),
        local=name == LOCALHOST,
        place=entry.place,
    )


def _groups(entries: Entries, members: Mapping[str, frozenset[str]]) -> dict[str, Group]:
    """The groups as written, and the two that are always there: `all` and `ungrouped`."""
    grouped = frozenset[str]().union(*members.values())
    children = {child.name for group in entries.groups.values() for child in group.children}
    top = tuple(name for name in entries.groups if name not in children)
    groups = {"all": Group("all", tuple(entries.hosts), (*top, "ungrouped"), dict(entries.vars))}
    for name, group in entries.groups.items():
        hosts = tuple(host for host in entries.hosts if host in members[name])
        groups[name] = Group(name, hosts, tuple(child.name for child in group.children), dict(group.vars), group.place)
    alone = tuple(host for host in entries.hosts if host not in grouped)
    return groups | {"ungrouped": Group("ungrouped", alone)}


def _depths(entries: Entries) -> dict[str, int]:
    """How far each group is below `all`, by the longest way; groups in a circle, and below one, are left out."""
    waiting = dict.fromkeys(entries.groups, 0)
    for group in entries.groups.values():
        for child in group.children:
            if child.name in waiting:
                waiting[child.name] += 1
    depths = {name: 1 for name, parents in waiting.items() if not parents}
    ready = list(depths)
    for name in ready:  # grows while it is gone through
        for child in entries.groups[name].children:
            if child.name in waiting:
                waiting[child.name] -= 1
                depth = max(depths.get(child.name, 1), depths[name] + 1)
                depths[child.name] = depth
                if not waiting[child.name]:
                    ready.append(child.name)
    return {name: depths[name] for name in ready}


def _tell_cycle(draft: Draft, entries: Entries, depths: Mapping[str, int]) -> None:
    def next_of(name: str) -> Listed | None:
        children = entries.groups[name].children
        return next((child for child in children if child.name in entries.groups and child.name not in depths), None)

    for start in entries.groups:
        if start in depths:
            continue
        way: dict[str, Listed] = {}
        name = start
        while name not in way and (child := next_of(name)) is not None:
            way[name] = child
            name = child.name
        if name in way:
            circle = [*list(way)[list(way).index(name) :], name]
            draft.say(f"the group {name!r} contains itself: {' → '.join(circle)}", way[name].place, code="group-cycle")
            return


def _check_group_names(draft: Draft, entries: Entries) -> None:
    for name, group in entries.groups.items():
        if name in _RESERVED:
            draft.say(f"a group cannot be called {name!r}", group.place, _RESERVED[name], "group-name")
        elif name in entries.hosts:
            draft.problems.append(
                Problem(
                    f"{name!r} is both a host and a group",
                    group.place,
                    "a pattern could mean either: give one of them another name",
                    "group-name",
                    notes=(("the host", entries.hosts[name].place),),
                )
            )


def _check_members(draft: Draft, entries: Entries) -> None:
    for name, group in entries.groups.items():
        for host in group.hosts:
            if host.name not in entries.hosts and host.name != LOCALHOST:
                hint = did_you_mean(host.name, entries.hosts) or "list it under `hosts:` at the top"
                if host.name in entries.groups:
                    hint = "it is a group: list it under `children:`"
                draft.say(
                    f"{name!r} has a host {quoted(host.name)} that is not there", host.place, hint, "unknown-host"
                )
        for child in group.children:
            if child.name not in entries.groups:
                hint = did_you_mean(child.name, entries.groups)
                if child.name in entries.hosts:
                    hint = "it is a host: list it under `hosts:`"
                draft.say(
                    f"{name!r} has a child {quoted(child.name)} that is no group", child.place, hint, "unknown-group"
                )


def _check_jumps(draft: Draft, entries: Entries) -> None:
    """A host is never reached through itself, whatever the number of jumps between."""
    for name, entry in entries.hosts.items():
        seen = [name]
        while (jump := _jump(entries, seen[-1])) in entries.hosts and jump not in seen:
            seen.append(jump)
        if jump == name:
            way = " → ".join([*seen, name])
            hint = "say `jump: none` for the host that is reached directly"
            draft.say(f"{name!r} would be reached through itself: {way}", entry.place, hint, "jump-cycle")


def _jump(entries: Entries, name: str) -> str:
    return str({**entries.ssh, **entries.hosts[name].ssh}.get("jump", "none"))
