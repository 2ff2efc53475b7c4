"""Inventories, from files and lists of hosts, to Inventory."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from executor.errors import InvalidInput, Problem
from executor.language import foreign, leaves, secrets
from executor.language.checker import check
from executor.language.checks import check_names, check_templates
from executor.language.draft import Draft
from executor.language.hierarchy import Entries, GroupEntry, HostEntry, Listed, merge, resolve
from executor.language.nodes import MapNode, Node, Scalar
from executor.language.patterns import LOCALHOST
from executor.language.projects import find, real
from executor.language.reader import parse
from executor.language.schemas import language
from executor.language.sources import read, shown
from executor.language.wording import quoted
from executor.model.inventories import Inventory
from executor.model.leaves import Value
from executor.model.places import NOWHERE

MAX_PORT = 65535

_SSH_KEYS = ("user", "port", "key", "known_hosts", "host_keys", "jump", "config", "connect_timeout")
_FILES = {"key", "known_hosts", "config"}
_SHORTCUTS = ("user", "port", "key", "jump")
_LISTED = re.compile(r"(?P<name>[A-Za-z0-9_]+(?:(?:\.|-+)[A-Za-z0-9_]+)*)(?::(?P<port>\d{1,5}))?", re.ASCII)


def load_inventory(sources: Sequence[str], *, root: Path) -> Inventory:
    """The hosts of all sources together; of what two of them say about a host or a group, the later one wins.

    A source is a path, a name under `inventories/` of the project at `root`, or a list of hosts with a comma in it
    (`web1,web2:2222,`). `localhost` is always there. Raises InvalidInput with every problem of all sources.
    """
    draft = Draft(real(root))
    entries = Entries()
    for source in sources:
        entries = merge(entries, _list(draft, source) if "," in source else _file(draft, source, root))
    check_names(draft)
    inventory = resolve(draft, entries)
    check_templates(draft)
    draft.settle()
    return inventory


def _list(draft: Draft, source: str) -> Entries:
    """`web1,web2:2222,`: each name is its address."""
    hosts: dict[str, HostEntry] = {}
    for item in filter(None, (part.strip() for part in source.split(","))):
        found = _LISTED.fullmatch(item)
        if found is None or len(item) > 253 or int(found["port"] or 22) not in range(1, MAX_PORT + 1):
            draft.say(
                f"-i {quoted(source)}: {quoted(item)} is no host", None, "a list has names, or name:port", "inventory"
            )
            continue
        hosts[found["name"]] = HostEntry(NOWHERE, ssh={"port": int(found["port"])} if found["port"] else {})
    return Entries(hosts=hosts)


def _file(draft: Draft, name: str, root: Path) -> Entries:
    try:
        path = find(name, root, "inventories", "inventory")
        source = read(path)
    except InvalidInput as error:
        hint = f"a list of hosts has a comma in it: -i {name}," if _LISTED.fullmatch(name) else ""
        draft.problems += (replace(problem, hint=problem.hint or hint) for problem in error.problems)
        return Entries()
    draft.files.append(source.name)
    if path.suffix == ".ini" or source.text.lstrip().startswith(("[", "#!")):
        hint = "write it as YAML, with `hosts:`, `groups:` and `vars:`"
        draft.say(
            f"{shown(path)} is not a YAML inventory; others are not read in this version", None, hint, "inventory"
        )
        return Entries()
    reading = parse(source)
    draft.problems += reading.problems
    if reading.root is None:
        return Entries()
    schema = language("inventory")
    kept, problems = check(reading.root, schema.root, schema)
    draft.problems += problems
    return _entries(draft, kept, real(path).parent) if isinstance(kept, MapNode) else Entries()


def _entries(draft: Draft, node: MapNode, folder: Path) -> Entries:
    hosts, groups = node.items.get("hosts"), node.items.get("groups")
    return Entries(
        vars=_vars(draft, node.items.get("vars")),
        ssh=_ssh(draft, node.items.get("ssh"), folder),
        hosts=_hosts(draft, hosts, folder) if isinstance(hosts, MapNode) else {},
        groups=_groups(draft, groups) if isinstance(groups, MapNode) else {},
        files=(draft.files[-1],),
        secrets=secrets.sources(draft, node.items.get("secrets"), folder),
    )


def _vars(draft: Draft, node: Node | None) -> Mapping[str, Value]:
    """Variables; those by which Ansible reaches a host would do nothing here, and are told."""
    if isinstance(node, MapNode):
        for name in node.items:
            hint = foreign.connection_word(name)
            if hint:
                draft.say(f"the variable {name!r} does nothing here", node.keys[name], hint, "foreign")
        known = {name: item for name, item in node.items.items() if not foreign.connection_word(name)}
        return leaves.variables(draft, MapNode(node.place, known, node.keys))
    return {}


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
            vars=_vars(draft, items.get("vars")),
        )
    return found


def _groups(draft: Draft, node: MapNode) -> dict[str, GroupEntry]:
    found: dict[str, GroupEntry] = {}
    for name, item in node.items.items():
        items = item.items if isinstance(item, MapNode) else {}
        found[name] = GroupEntry(
            node.keys[name],
            hosts=_members(draft, name, items.get("hosts")),
            children=_members(draft, name, items.get("children")),
            vars=_vars(draft, items.get("vars")),
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
