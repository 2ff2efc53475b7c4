"""The `secrets:` of an inventory: where each value is fetched from, and nothing of the value itself."""

from __future__ import annotations

import re
from pathlib import Path

from executor.language import leaves
from executor.language.draft import Draft
from executor.language.nodes import MapNode, Node, Scalar
from executor.model.secrets import FromCommand, FromDotenv, FromFile, FromVariable, SecretSource

_VARIABLE = re.compile(r"\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)\})", re.ASCII)
_WAYS = "$VARIABLE, $(command), {file: path} or {dotenv: path, key: NAME}"


def sources(draft: Draft, node: Node | None, folder: Path) -> dict[str, SecretSource]:
    """Each secret's source by its name; files are relative to `folder`, the inventory's own."""
    if not isinstance(node, MapNode):
        return {}
    found: dict[str, SecretSource] = {}
    for name, item in node.items.items():
        source = _file(draft, item, folder) if isinstance(item, MapNode) else _text(draft, name, item)
        if source is not None:
            found[name] = source
    return found


def _file(draft: Draft, node: MapNode, folder: Path) -> SecretSource | None:
    named = node.items["file"] if "file" in node.items else node.items["dotenv"]
    path = str(folder / Path(leaves.plain_line(draft, named)).expanduser())
    if "file" in node.items:
        return FromFile(path, named.place)
    return FromDotenv(path, leaves.plain_line(draft, node.items["key"]), named.place)


def _text(draft: Draft, name: str, node: Node) -> SecretSource | None:
    content = leaves.written(node).strip()
    if "{{" in content:
        draft.say(
            "where a secret comes from is no template: it is known before any variable is",
            node.place,
            f"write {_WAYS}",
            "secret",
        )
        return None
    variable = _VARIABLE.fullmatch(content)
    if variable is not None:
        return FromVariable(variable[1] or variable[2], node.place)
    if content.startswith("$(") and content.endswith(")") and content[2:-1].strip():
        return FromCommand(content[2:-1].strip(), node.place)
    # What stands here may be the secret itself: it is not repeated.
    place = node.place if isinstance(node, Scalar) else None
    draft.say(f"the secret {name!r} is not to be written here, but fetched", place, f"write {_WAYS}", "secret")
    return None
