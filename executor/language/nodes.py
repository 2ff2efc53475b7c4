"""A YAML text as values with places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from executor.model.places import Place

Plain: TypeAlias = "None | bool | int | float | str | list[Plain] | dict[str, Plain]"


@dataclass(frozen=True, slots=True)
class Scalar:
    """A leaf. `text` is what was written; `value` is what it means by the strict rules (`yes`, `012`: text).

    `body` is where the text begins: behind the quote, or at the first line of a block scalar.
    """

    place: Place
    text: str
    value: None | bool | int | float | str
    style: Literal["", "'", '"', "|", ">"]
    body: Place
    tag: str = ""  # `!vault` or `!unsafe`, in files of Ansible's alone


@dataclass(frozen=True, slots=True)
class ListNode:
    place: Place
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class MapNode:
    """A mapping in the order in which it was written; `keys` are the places of its keys."""

    place: Place
    items: Mapping[str, Node]
    keys: Mapping[str, Place]


@dataclass(frozen=True, slots=True)
class Broken:
    """Something that has been found wrong already: it fits everywhere, and nothing is made of it."""

    place: Place


Node: TypeAlias = Scalar | ListNode | MapNode | Broken


def plain(node: Node) -> Plain:
    """The values of a node alone. A broken one is None."""
    match node:
        case Scalar():
            return node.value
        case ListNode():
            return [plain(item) for item in node.items]
        case MapNode():
            return {key: plain(item) for key, item in node.items.items()}
        case Broken():
            return None
