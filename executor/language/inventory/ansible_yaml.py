"""Ansible's YAML format: groups at the top, each with hosts, children and vars."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from executor.language.draft import Draft
from executor.language.inventory import addresses
from executor.language.inventory.entries import Entries, EntriesBuilder, Listed
from executor.language.inventory.values import VarsReader, priority
from executor.language.nodes import Broken, MapNode, Node, Scalar
from executor.language.wording import describe, did_you_mean, quoted
from executor.model.inventories import Layer
from executor.model.places import Place

_KEYS = ("hosts", "children", "vars")
_OURS = {"hosts", "groups"}


def is_ansibles(root: Node) -> bool:
    """Whether a YAML inventory is in Ansible's format: its top has groups where ours has `hosts:` or `groups:`."""
    if not isinstance(root, MapNode) or root.items.keys() & _OURS:
        return False
    if root.items.keys() & {"all", "ungrouped", "plugin"}:
        return True
    ours = {"vars", "ssh", "secrets", "policy"}
    groups = (item for name, item in root.items.items() if name not in ours)
    return any(isinstance(item, MapNode) and item.items.keys() & set(_KEYS) for item in groups)


@dataclass(slots=True)
class _Reading:
    draft: Draft
    reader: VarsReader
    built: EntriesBuilder = field(default_factory=EntriesBuilder)


def read_yaml(draft: Draft, reader: VarsReader, root: Node, name: str) -> Entries:
    """What an inventory in Ansible's YAML says; what is wrong with it is noted in the draft."""
    reading = _Reading(draft, reader)
    if not isinstance(root, MapNode):
        draft.say(
            f"an inventory is a mapping of groups, not {describe(root)}",
            root.place,
            "for example: all: {hosts: {web1: }}",
            "type",
        )
    elif "plugin" in root.items:
        draft.say(
            "this configures a plugin of Ansible's, which is not run here",
            root.keys["plugin"],
            f"let Ansible run it, as an executable inventory: #!/bin/sh, then exec ansible-inventory -i {name} --list",
            "plugin",
        )
    else:
        for group, node in root.items.items():
            _group(reading, group, node, root.keys[group], ())
    return reading.built.entries((name,))


def _group(reading: _Reading, name: str, node: Node, place: Place, above: tuple[str, ...]) -> None:
    if not addresses.is_group_name(name):
        hint = "a name has no spaces, quotes, separators or brackets, and does not begin with a dash"
        reading.draft.say(f"{quoted(name)} is no name for a group", place, hint, "group-name")
        return
    reading.built.group(name, place)
    match node:
        case Scalar(value=None) | Broken():
            return
        case MapNode():
            pass
        case _:
            reading.draft.say(
                f"the group {name!r} is a mapping with hosts, children and vars, not {describe(node)}",
                node.place,
                "",
                "type",
            )
            return
    for key, item in node.items.items():
        match key:
            case "vars":
                _vars(reading, name, _mapping(reading, name, "vars", item))
            case "children":
                children = _mapping(reading, name, "children", item)
                for child, content in children.items.items():
                    _group(reading, child, content, children.keys[child], (*above, name))
                    reading.built.child(name, Listed(child, children.keys[child]))
            case "hosts":
                _hosts(reading, name, _mapping(reading, name, "hosts", item))
            case _:
                near = did_you_mean(key, _KEYS)
                hint = near or "a group has hosts, children and vars; a group within it stands under children:"
                reading.draft.say(f"the group {name!r} cannot have {quoted(key)}", node.keys[key], hint, "unknown-key")


def _mapping(reading: _Reading, group: str, key: Literal["vars", "children", "hosts"], node: Node) -> MapNode:
    """What stands under a key of a group; a single name may stand for a mapping of it."""
    match node:
        case MapNode():
            return node
        case Scalar(value=None) | Broken():
            return MapNode(node.place, {}, {})
        case Scalar(value=str()) if key != "vars":
            nothing = Scalar(node.place, "", None, "", node.place)
            return MapNode(node.place, {node.text: nothing}, {node.text: node.place})
    what = {"vars": "name: value", "children": "group:", "hosts": "host:"}[key]
    reading.draft.say(
        f"`{key}` of {group!r} is a mapping, not {describe(node)}",
        node.place,
        f"write each as `{what}`, without a dash",
        "type",
    )
    return MapNode(node.place, {}, {})


def _vars(reading: _Reading, group: str, node: MapNode) -> None:
    items = dict(node.items)
    strength = items.pop("ansible_group_priority", None)
    if isinstance(strength, Scalar):
        reading.built.priority(group, priority(reading.draft, strength.value, strength.place))
    if items:
        label = group if group == "all" else f"group {group}"
        layer = reading.reader.layer(label, MapNode(node.place, items, {name: node.keys[name] for name in items}))
        reading.built.group(group, node.place, layers=(layer,))


def _hosts(reading: _Reading, group: str, node: MapNode) -> None:
    for pattern, content in node.items.items():
        place = node.keys[pattern]
        try:
            written = addresses.hosts_of(pattern)
        except ValueError as reason:
            reading.draft.say(str(reason), place, code="host")
            continue
        layers: tuple[Layer, ...] = ()
        if isinstance(content, MapNode):
            first = reading.reader.layer(f"host {written.names[0]}", content)
            layers = (first,) if first.vars else ()
        elif not isinstance(content, Broken) and not (isinstance(content, Scalar) and content.value is None):
            reading.draft.say(
                f"the host {quoted(pattern)} is a mapping of its variables, not {describe(content)}",
                content.place,
                "",
                "type",
            )
        for name in written.names:
            named = tuple(Layer(f"host {name}", layer.vars, layer.places) for layer in layers)
            reading.built.host(name, place, port=written.port, layers=named)
            reading.built.member(group, name, place)
