"""Our own format of inventories."""

from __future__ import annotations

import os
from pathlib import Path

from executor.errors import Problem
from executor.language import foreign, leaves, secrets
from executor.language.checker import check
from executor.language.draft import Draft
from executor.language.inventory.addresses import MAX_PORT
from executor.language.inventory.entries import Entries, GroupEntry, HostEntry, Listed
from executor.language.nodes import MapNode, Node, Scalar
from executor.language.patterns import LOCALHOST
from executor.language.schemas import language
from executor.language.wording import quoted
from executor.model.inventories import Approvals, Layer

_SSH_KEYS = ("user", "port", "key", "known_hosts", "host_keys", "jump", "config", "connect_timeout")
SIGNERS = "allowed_signers"  # where nothing else is said: beside the inventory
_FILES = {"key", "known_hosts", "config"}
_SHORTCUTS = ("user", "port", "key", "jump")
_RESERVED = {
    "all": "all hosts belong to it by themselves: write their `hosts:` and `vars:` at the top",
    "ungrouped": "hosts without a group belong to it by themselves",
    LOCALHOST: "it is the control node",
}


def read_native(draft: Draft, root: Node, folder: Path) -> Entries:
    """What an inventory of our own says; `folder` is where it lies. What is wrong is noted in the draft."""
    schema = language("inventory")
    kept, problems = check(root, schema.root, schema)
    draft.problems += problems
    return _entries(draft, kept, folder) if isinstance(kept, MapNode) else Entries()


def _entries(draft: Draft, node: MapNode, folder: Path) -> Entries:
    hosts, groups = node.items.get("hosts"), node.items.get("groups")
    found = _groups(draft, groups) if isinstance(groups, MapNode) else {}
    if layers := _vars(draft, "all", node.items.get("vars")):
        found["all"] = GroupEntry(node.keys["vars"], layers=layers)
    return Entries(
        ssh=_ssh(draft, node.items.get("ssh"), folder),
        hosts=_hosts(draft, hosts, folder) if isinstance(hosts, MapNode) else {},
        groups=found,
        files=(draft.files[-1],),
        secrets=secrets.sources(draft, node.items.get("secrets"), folder),
        lock=_lock(node.items.get("policy")),
        approvals=_approvals(draft, node.items.get("policy"), folder),
    )


def _lock(policy: Node | None) -> str | None:
    """The name of the lock; "" where none is wanted."""
    node = policy.items.get("lock") if isinstance(policy, MapNode) else None
    if not isinstance(node, Scalar):
        return None
    return "" if node.value is False else leaves.written(node)


def _approvals(draft: Draft, policy: Node | None, folder: Path) -> tuple[Approvals, ...]:
    node = policy.items.get("approvals") if isinstance(policy, MapNode) else None
    if not isinstance(node, MapNode):
        return ()
    items = node.items
    least, wait = items.get("min"), items.get("cool_down")
    signers = leaves.plain_line(draft, items["signers"]) if "signers" in items else SIGNERS
    number = least.value if isinstance(least, Scalar) and isinstance(least.value, int) else 1
    seconds = leaves.duration(draft, wait) if wait is not None else 0.0
    file = Path(os.path.normpath((folder / Path(signers).expanduser()).absolute()))
    return (Approvals(str(file), number, seconds if isinstance(seconds, float) else 0.0),)


def _vars(draft: Draft, name: str, node: Node | None) -> tuple[Layer, ...]:
    """Variables; those by which Ansible reaches a host would do nothing here, and are told."""
    if not isinstance(node, MapNode):
        return ()
    for key in node.items:
        hint = foreign.connection_word(key)
        if hint:
            draft.say(f"the variable {key!r} does nothing here", node.keys[key], hint, "foreign")
    known = {key: item for key, item in node.items.items() if not foreign.connection_word(key)}
    found = leaves.variables(draft, MapNode(node.place, known, node.keys))
    return (Layer(name, found, {key: node.keys[key] for key in found}),) if found else ()


def _ssh(draft: Draft, node: Node | None, folder: Path) -> dict[str, str | int | float]:
    items = node.items if isinstance(node, MapNode) else {}
    return {key: _setting(draft, key, items[key], folder) for key in _SSH_KEYS if key in items}


def _setting(draft: Draft, key: str, node: Node, folder: Path) -> str | int | float:
    """One SSH setting. A file is relative to the inventory that names it."""
    if key == "connect_timeout":
        seconds = leaves.duration(draft, node)
        return seconds if isinstance(seconds, float) else 0.0
    if isinstance(node, Scalar) and isinstance(node.value, int):
        return node.value
    content = leaves.plain_line(draft, node)
    if key == "jump" and int(content.partition(":")[2] or 22) > MAX_PORT:
        draft.say(f"{quoted(content)} has no port from 1 to {MAX_PORT}", node.place, code="port")
    if key == "config" and content == "none":
        return content  # as for ssh's own -F: no configuration at all
    return str(folder / Path(content).expanduser()) if key in _FILES else content


def _hosts(draft: Draft, node: MapNode, folder: Path) -> dict[str, HostEntry]:
    found: dict[str, HostEntry] = {}
    for name, item in node.items.items():
        items = item.items if isinstance(item, MapNode) else {}
        block = _ssh(draft, items.get("ssh"), folder)
        short = {key: _setting(draft, key, items[key], folder) for key in _SHORTCUTS if key in items}
        for key in short.keys() & block.keys():
            draft.say(f"{key!r} is said twice for {name!r}: here and under `ssh:`", items[key].place, code="twice")
        if name == LOCALHOST and items.keys() - {"vars"}:
            draft.say(
                "`localhost` is the control node itself, and reached without SSH",
                node.keys[name],
                "give the host another name; only `vars:` can be said for localhost",
                "localhost",
            )
        found[name] = HostEntry(
            node.keys[name],
            address=leaves.written(items["address"]) if "address" in items else None,
            ssh=block | short,
            layers=_vars(draft, f"host {name}", items.get("vars")),
        )
    return found


def _groups(draft: Draft, node: MapNode) -> dict[str, GroupEntry]:
    found: dict[str, GroupEntry] = {}
    for name, item in node.items.items():
        items = item.items if isinstance(item, MapNode) else {}
        if name in _RESERVED:
            draft.say(f"a group cannot be called {name!r}", node.keys[name], _RESERVED[name], "group-name")
            continue
        found[name] = GroupEntry(
            node.keys[name],
            hosts=_members(draft, name, items.get("hosts")),
            children=_members(draft, name, items.get("children")),
            layers=_vars(draft, f"group {name}", items.get("vars")),
        )
    return found


def _members(draft: Draft, group: str, node: Node | None) -> tuple[Listed, ...]:
    seen: dict[str, Listed] = {}
    for item in leaves.each(node) if node is not None else ():
        member = Listed(leaves.written(item), item.place)
        first = seen.setdefault(member.name, member)
        if first is not member:
            draft.problems.append(
                Problem(
                    f"{member.name!r} stands twice in the group {group!r}",
                    member.place,
                    "remove one",
                    "duplicate",
                    notes=(("the first one", first.place),),
                )
            )
    return tuple(seen.values())
