"""The published JSON Schemas, as the program itself uses them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeAlias

Schema: TypeAlias = Mapping[str, Any]
Name: TypeAlias = Literal["runbook", "inventory"]

_PACKAGE = Path(__file__).parent.parent
# In the wheel they lie inside the package; in a checkout beside it, where editors find them.
_FOLDERS = (_PACKAGE / "schemas", _PACKAGE.parent / "schemas")


@dataclass(frozen=True, slots=True)
class Language:
    """One schema with its definitions, and for each key the things that it belongs to ("a stage")."""

    root: Schema
    homes: Mapping[str, tuple[str, ...]]

    def resolve(self, schema: Schema) -> Schema:
        """`schema` itself, or what its `$ref` names."""
        ref = schema.get("$ref")
        if ref is None:
            return schema
        found: Schema = self.root["definitions"][ref.removeprefix("#/definitions/")]
        return self.resolve(found)

    def part(self, name: str) -> Schema:
        """One definition by name, e.g. "steps"."""
        return self.resolve({"$ref": f"#/definitions/{name}"})


def schema_text(name: Name | Literal["plan"]) -> str:
    """The schema as it is published, JSON."""
    file = f"{name}.schema.json"
    folder = next((f for f in _FOLDERS if (f / file).is_file()), _FOLDERS[0])
    return (folder / file).read_text("utf-8")


@cache
def language(name: Name) -> Language:
    """The schema, read once in a process: it is a constant of the program."""
    root = json.loads(schema_text(name))
    homes: dict[str, list[str]] = {}
    for schema in (root, *root["definitions"].values()):
        for branch in (schema, *schema.get("anyOf", ())):
            for key in branch.get("properties", ()):
                titles = homes.setdefault(key, [])
                if branch["title"] not in titles:
                    titles.append(branch["title"])
    return Language(root, {key: tuple(titles) for key, titles in homes.items()})
