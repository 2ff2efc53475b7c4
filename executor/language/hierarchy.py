"""What follows from hosts and groups as they were written: members, variables, how each host is reached."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from executor.errors import Problem
from executor.language.draft import Draft
from executor.language.inventory.connection import Reach, reach
from executor.language.inventory.entries import Entries, GroupEntry, HostEntry, Listed
from executor.language.inventory.vars_folders import Beside
from executor.language.inventory.vault import Vaults
from executor.language.patterns import LOCALHOST
from executor.language.wording import did_you_mean, quoted
from executor.model.inventories import DEFAULT_LOCK, Group, HostSpec, Inventory, Layer, Ssh
from executor.model.leaves import Value
from executor.model.places import NOWHERE, Place

ALL, UNGROUPED = "all", "ungrouped"


@dataclass(frozen=True, slots=True)
class _Tree:
    """The groups of an inventory, `all` and `ungrouped` among them."""

    groups: Mapping[str, GroupEntry]
    own: Mapping[str, tuple[str, ...]]  # the hosts listed in each
    hosts: Mapping[str, tuple[str, ...]]  # and with those of its children
    children: Mapping[str, tuple[str, ...]]
    by_strength: Mapping[str, tuple[str, ...]]  # the groups of each host but `all`, the weakest first
    as_written: Mapping[str, tuple[str, ...]]


def resolve(draft: Draft, entries: Entries, beside: Sequence[Beside] = (), vaults: Vaults | None = None) -> Inventory:
    """The inventory that the entries mean; what is wrong among them is noted in the draft.

    `beside` are the variables in folders, in their order: of files beside the inventories, then beside the runbook.
    """
    vaults = vaults or Vaults()
    _check_group_names(draft, entries)
    _check_members(draft, entries)
    depths = _depths(entries)
    if len(depths) < len(entries.groups.keys() - {ALL}):
        _tell_cycle(draft, entries, depths)
        return Inventory({}, {})
    tree = _tree(entries, depths)
    order = tree.hosts[ALL] if entries.foreign else tuple(entries.hosts)
    layers = {name: tuple(_layers(name, entries, tree, beside)) for name in order}
    hosts = {name: _host(draft, vaults, name, entries, layers[name], tree.as_written[name]) for name in order}
    if LOCALHOST not in hosts:
        layers[LOCALHOST] = tuple(_layers(LOCALHOST, entries, tree, beside))
        hosts[LOCALHOST] = HostSpec(LOCALHOST, LOCALHOST, vars=_merged(layers[LOCALHOST]), local=True)
    _check_jumps(draft, hosts)
    common = (*_layers_of(entries.groups, ALL), *(layer for folder in beside for layer in folder.groups.get(ALL, ())))
    return Inventory(
        hosts,
        _groups(tree),
        _merged(common),
        entries.files,
        layers,
        vaults.kept,
        dict(entries.secrets),
        lock=DEFAULT_LOCK if entries.lock is None else entries.lock or None,
        approvals=entries.approvals,
    )


# --- groups --------------------------------------------------------------------------------------------------------


def _tree(entries: Entries, depths: Mapping[str, int]) -> _Tree:
    groups = {ALL: GroupEntry(NOWHERE), UNGROUPED: GroupEntry(NOWHERE), **entries.groups}
    depths = {UNGROUPED: 1, **depths, ALL: 0}
    own = {name: tuple(h.name for h in group.hosts if h.name in entries.hosts) for name, group in groups.items()}
    grouped = {host for name, hosts in own.items() if name not in {ALL, UNGROUPED} for host in hosts}
    own[UNGROUPED] = tuple(dict.fromkeys(host for host in (*own[UNGROUPED], *entries.hosts) if host not in grouped))
    children = {name: tuple(child.name for child in group.children) for name, group in groups.items()}
    nested = {child for name, names in children.items() if name != ALL for child in names}
    top = (*children[ALL], *(name for name in groups if name not in nested | {ALL, UNGROUPED}))
    alone = (UNGROUPED,) if UNGROUPED not in nested else ()
    # Ansible has the hosts without a group first; our own inventories name them last.
    children[ALL] = tuple(dict.fromkeys((*alone, *top) if entries.foreign else (*top, *alone)))
    hosts = {name: _below(name, own, children) for name in groups}
    if not entries.foreign:
        order = {name: number for number, name in enumerate(entries.hosts)}
        hosts = {name: tuple(sorted(found, key=order.__getitem__)) for name, found in hosts.items()}
    weakest_first = sorted(groups, key=lambda name: (depths[name], groups[name].priority, name))
    return _Tree(groups, own, hosts, children, _of_hosts(weakest_first, hosts), _of_hosts(groups, hosts))


def _of_hosts(groups: Iterable[str], hosts: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """The groups of each host in the given order, without `all`."""
    found: dict[str, list[str]] = {}
    for group in groups:
        for host in hosts[group] if group != ALL else ():
            found.setdefault(host, []).append(group)
    return {host: tuple(names) for host, names in found.items()}


def _below(group: str, own: Mapping[str, tuple[str, ...]], children: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The hosts of a group and of all groups below it, level by level, each once."""
    ways = [group]
    met = {group}
    for name in ways:  # grows while it is gone through
        for child in children[name]:
            if child not in met and child in own:
                met.add(child)
                ways.append(child)
    return tuple(dict.fromkeys(host for name in ways for host in own[name]))


def _groups(tree: _Tree) -> dict[str, Group]:
    """The groups as they were written, and the two that are always there: `all` first and `ungrouped` last."""
    names = (ALL, *(name for name in tree.groups if name not in {ALL, UNGROUPED}), UNGROUPED)
    return {
        name: Group(
            name,
            tree.hosts[name],
            tree.children[name],
            _merged(tree.groups[name].layers),
            tree.groups[name].place,
            tree.own[name],
        )
        for name in names
    }


# --- hosts ---------------------------------------------------------------------------------------------------------


def _layers(name: str, entries: Entries, tree: _Tree, beside: Sequence[Beside]) -> list[Layer]:
    """The variables of a host, the weakest first: `all` < groups < the same in files beside < the host < its files."""
    groups = tree.by_strength.get(name, ())
    found = [*_layers_of(entries.groups, ALL)]
    for group in groups:
        found += tree.groups[group].layers
    for folder in beside:
        found += folder.groups.get(ALL, ())
    for folder in beside:
        for group in groups:
            found += folder.groups.get(group, ())
    entry = entries.hosts.get(name)
    if entry is not None:
        if entry.port is not None:
            found.append(Layer(f"host {name}", {"ansible_port": entry.port}, {"ansible_port": entry.place}))
        found += entry.layers
    for folder in beside:
        found += folder.hosts.get(name, ())
    return found


def _layers_of(groups: Mapping[str, GroupEntry], name: str) -> tuple[Layer, ...]:
    return groups[name].layers if name in groups else ()


def _merged(layers: Sequence[Layer]) -> dict[str, Value]:
    merged: dict[str, Value] = {}
    for layer in layers:
        merged.update(layer.vars)
    return merged


def _host(  # noqa: PLR0917  all that is known of a host meets here, and nowhere else
    draft: Draft, vaults: Vaults, name: str, entries: Entries, layers: tuple[Layer, ...], groups: tuple[str, ...]
) -> HostSpec:
    entry = entries.hosts[name]
    variables = _merged(layers)

    def place_of(variable: str) -> Place:
        return next((layer.places[variable] for layer in reversed(layers) if variable in layer.places), entry.place)

    found = reach(draft, vaults, name, variables, place_of)
    local = name == LOCALHOST or found.local
    if name == LOCALHOST:
        _check_localhost(draft, entry, found)
    settings: dict[str, Any] = {**entries.ssh, **entry.ssh, **found.ssh}
    if found.ssh.get("jump") == name:
        settings["jump"] = "none"  # what is said for all hosts, the one to go through among them
    return HostSpec(
        name,
        name if local else found.address or entry.address or name,
        ssh=Ssh() if local else Ssh(**settings),
        vars=variables,
        groups=tuple(group for group in groups if group != UNGROUPED),
        local=local,
        place=entry.place,
        become=found.become,
        become_user=found.become_user,
        become_secret=found.become_secret,
        unfit="" if local else found.unfit,
    )


def _check_localhost(draft: Draft, entry: HostEntry, found: Reach) -> None:
    """`localhost` is never another machine, nor another port of this one."""
    elsewhere = found.address not in {None, LOCALHOST, "127.0.0.1", "::1"} or "port" in found.ssh
    if elsewhere and not found.local:
        draft.say(
            "`localhost` is the control node itself, and reached without SSH",
            entry.place,
            "give the host another name, or say ansible_connection=local",
            "localhost",
        )


def _depths(entries: Entries) -> dict[str, int]:
    """How far each group is below `all`, by the longest way; groups in a circle, and below one, are left out."""
    waiting = dict.fromkeys((name for name in entries.groups if name != ALL), 0)
    for name in waiting:
        for child in entries.groups[name].children:
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
        if start in depths or start == ALL:
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


# --- what is wrong -------------------------------------------------------------------------------------------------


def _check_group_names(draft: Draft, entries: Entries) -> None:
    """In our own inventories, a pattern's word means one thing. Ansible's may have a group called as its only host."""
    for name, group in entries.groups.items() if not entries.foreign else ():
        if name in entries.hosts:
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
            if child.name == ALL:
                draft.say(f"{name!r} cannot have `all` as a child: it belongs to it", child.place, code="group-cycle")
            elif child.name not in entries.groups:
                hint = did_you_mean(child.name, entries.groups)
                if child.name in entries.hosts:
                    hint = "it is a host: list it under `hosts:`"
                draft.say(
                    f"{name!r} has a child {quoted(child.name)} that is no group", child.place, hint, "unknown-group"
                )


def _check_jumps(draft: Draft, hosts: Mapping[str, HostSpec]) -> None:
    """A host is never reached through itself, whatever the number of jumps between."""
    for name, spec in hosts.items():
        seen = [name]
        while (jump := hosts[seen[-1]].ssh.jump or "none") in hosts and jump not in seen:
            seen.append(jump)
        if jump == name:
            way = " → ".join([*seen, name])
            hint = "say `jump: none` (or -o ProxyJump=none) for the host that is reached directly"
            draft.say(f"{name!r} would be reached through itself: {way}", spec.place, hint, "jump-cycle")
