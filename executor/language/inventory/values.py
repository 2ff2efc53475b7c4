"""What variables of Ansible's inventories mean here: texts with `{{` are templates, what was vaulted is a secret."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from executor.errors import InvalidInput, Problem
from executor.language.draft import Draft
from executor.language.inventory.loose import VAULT_TAGS
from executor.language.inventory.vault import Vaults
from executor.language.nodes import Broken, ListNode, MapNode, Node, Scalar
from executor.language.reader import key_text
from executor.language.sources import Source, decode
from executor.model.inventories import Layer
from executor.model.leaves import Kind, Template, Value
from executor.model.places import Place

_STATEMENTS = ("{%", "{#")


@dataclass(frozen=True, slots=True)
class VarsReader:
    """Reads the variables of one file. `vaulted`: all of the file was in a vault, so that its texts are secrets."""

    draft: Draft
    vaults: Vaults
    file: str  # for the names of secrets: "group_vars/all/vault.yml"
    vaulted: bool = False

    def layer(self, name: str, node: MapNode) -> Layer:
        """A mapping of variables."""
        values = {key: self.value(item, key) for key, item in node.items.items()}
        return Layer(name, values, dict(node.keys))

    def value(self, node: Node, name: str) -> Value:
        """A variable's value; `name` says which, for the name of a secret in it."""
        match node:
            case Scalar(tag=tag) if tag in VAULT_TAGS:
                return self.vaults.keep_shut(f"{self.file}:{name}", node.text, node.place)
            case Scalar(tag="!unsafe"):
                return node.value
            case Scalar():
                return self.secret(node.value, name, node.body) if self.vaulted else text(node.value, node.body)
            case ListNode(items=items):
                return tuple(self.value(item, f"{name}[{number}]") for number, item in enumerate(items))
            case MapNode(items=entries):
                return {key: self.value(item, f"{name}.{key}") for key, item in entries.items()}
            case Broken():
                return None

    def secret(self, found: None | bool | float | str, name: str, place: Place) -> Value:
        """A value that was in a vault. `true` and nothing give nothing away, and stay what they are."""
        if found is None or isinstance(found, bool) or found == "":
            return found
        if isinstance(found, str) and "{{" in found:
            self.draft.say(
                f"{name!r} is a template, and lies in a vault",
                place,
                "what is in a vault is not rendered: keep the secret part there, and the template that uses it outside",
                "vault",
            )
            return None
        return self.vaults.keep(f"{self.file}:{name}", lambda: str(found), place)


def text(value: None | bool | float | str, place: Place) -> Value:
    """A text as it is rendered when it is asked for; anything else as it is."""
    if not isinstance(value, str):
        return value
    if any(mark in value for mark in _STATEMENTS):
        return Template(value, Kind.FILE, place)
    return Template(value, Kind.VALUE, place) if "{{" in value else value


def data(value: Any, opened: Callable[[str], Value]) -> Value:
    """What a program printed: nothing of it is rendered. `opened` gets the text of a vault in it."""
    match value:
        case {"__ansible_unsafe": str(found)} if len(value) == 1:
            return found
        case {"__ansible_vault": str(found)} if len(value) == 1:
            return opened(found)
        case Mapping():
            return {str(key): data(item, opened) for key, item in value.items()}
        case list():
            return tuple(data(item, opened) for item in value)
        case None | bool() | int() | float() | str():
            return value
    return str(value)


def literal(written: str, place: Place) -> Value:
    """What stands behind `name=` in an INI inventory: a Python literal where it is one, else a text."""
    try:
        with warnings.catch_warnings():
            # A backslash that is no escape is a matter of Python's, not of the inventory's author.
            warnings.simplefilter("ignore")
            found: object = ast.literal_eval(written)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return text(written, place)
    return _from_python(found, place)


def _from_python(value: object, place: Place) -> Value:
    match value:
        case None | bool() | int() | float() | str():
            return text(value, place)
        case bytes():
            return text(value.decode("utf-8", "replace"), place)
        case Mapping():
            return {key_text(key): _from_python(item, place) for key, item in value.items()}
        case Sequence():
            return tuple(_from_python(item, place) for item in value)
        case set() | frozenset():
            return tuple(_from_python(item, place) for item in sorted(value, key=repr))
    return "..." if value is ... else str(value)


def priority(draft: Draft, found: Value, place: Place) -> int:
    """What `ansible_group_priority` says: the strongest of groups side by side has the highest."""
    if isinstance(found, int | float):
        return int(found)
    if isinstance(found, str) and found.strip().removeprefix("-").isdecimal():
        return int(found)
    draft.say("ansible_group_priority is a whole number", place, code="variable")
    return 1


def opened(source: Source, draft: Draft, vaults: Vaults) -> Source | None:
    """The text of a file that is a vault as a whole; None, with a problem, where it cannot be opened.

    Its name says that it is not the file's own text, so that no message shows a line of the file in its place.
    """
    try:
        content = vaults.open(source.text, Place(source.name))
        return Source(f"{source.name} (decrypted)", decode(content, source.name))
    except InvalidInput as error:
        draft.problems += error.problems
    return None


def hush(draft: Draft, start: int) -> None:
    """Of the problems from `start` on, which are of a text out of a vault, nothing but their places is told."""
    for index, problem in enumerate(draft.problems[start:], start):
        if problem.code != "vault":
            message = "what is in the vault cannot be read from here"
            hint = "ansible-vault view shows it; what is wrong is not told, for it could be a secret"
            draft.problems[index] = Problem(message, problem.place, hint, problem.code)
