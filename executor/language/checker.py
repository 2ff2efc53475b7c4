"""Nodes against a schema, told as an operator would want to hear it.

This reads the same draft-07 schemas that editors use. It knows the few keywords that they are made of, and two things
that a general validator does not: where everything stands in the file, and which of several shapes the author meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from executor.errors import Problem
from executor.language import foreign, wording
from executor.language.nodes import Broken, ListNode, MapNode, Node, Scalar
from executor.language.schemas import Language, Schema
from executor.model.places import Place


def check(node: Node, schema: Schema, language: Language) -> tuple[Node | None, tuple[Problem, ...]]:
    """`node` without everything that is wrong in it (None: nothing is left), and all that is wrong.

    What is left fits the schema, so that it can be read further and more mistakes be found in the same go.
    """
    checker = _Checker(language)
    return checker.check(node, schema, _thing(schema)), tuple(checker.problems)


def _thing(schema: Schema) -> str:
    return str(schema.get("title", "this"))


@cache
def _pattern(text: str) -> re.Pattern[str]:
    # `$` in JSON Schema is the very end; in Python it is also before a last newline.
    return re.compile(text.removesuffix("$") + r"\Z" if text.endswith("$") else text)


def _kind(node: Node) -> str:
    match node:
        case MapNode():
            return "object"
        case ListNode():
            return "array"
        case Scalar(value=None):
            return "null"
        case Scalar(value=bool()):
            return "boolean"
        case Scalar(value=int()):
            return "integer"
        case Scalar(value=float()):
            return "number"
        case _:
            return "string"


def _admits(schema: Schema, kind: str) -> bool:
    """Whether a node of this kind can fit at all."""
    if "enum" in schema and "type" not in schema:
        return kind == "string"
    types = schema.get("type")
    if types is None:
        return True
    if isinstance(types, str):
        types = (types,)
    return kind in types or (kind == "integer" and "number" in types)


def _fits(node: Scalar, schema: Schema) -> bool:
    """Whether a scalar of an admitted kind has a value that the schema allows."""
    value: Any = node.value
    if "enum" in schema:
        return bool(value in schema["enum"])
    if isinstance(value, str):
        if "pattern" in schema and not _pattern(schema["pattern"]).search(value):
            return False
        return bool(schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return bool(
            schema.get("minimum", value) <= value <= schema.get("maximum", value)
            and not value <= schema.get("exclusiveMinimum", value - 1)
            and not value >= schema.get("exclusiveMaximum", value + 1)
        )
    return True


@dataclass(frozen=True, slots=True)
class _Company:
    """With the key `decisive` only `keys` can stand in a mapping."""

    decisive: str
    keys: frozenset[str]


class _Checker:
    def __init__(self, language: Language) -> None:
        self.language = language
        self.problems: list[Problem] = []

    def check(self, node: Node, schema: Schema, subject: str, annotated: Schema | None = None) -> Node | None:
        """`node` with what is wrong taken out. `subject` names it in messages; `annotated` may hold examples."""
        if isinstance(node, Broken):
            return None
        resolved = self.language.resolve(schema)
        kind = _kind(node)
        branches = [branch for branch in self._branches(resolved) if _admits(branch, kind)]
        match node:
            case Scalar() if any(_fits(node, branch) for branch in branches):
                return node
            case ListNode() if branches:
                return self._list(node, branches[0], subject, _thing(resolved))
            case MapNode() if branches:
                return self._mapping(node, _meant(node, branches), subject)
            case _:
                self._mismatch(node, resolved, subject, annotated or schema)
                return None

    def _branches(self, schema: Schema) -> Iterator[Schema]:
        """The shapes that a schema allows: itself, or its alternatives, and theirs."""
        resolved = self.language.resolve(schema)
        if "anyOf" not in resolved:
            yield resolved
        for branch in resolved.get("anyOf", ()):
            yield from self._branches(branch)

    def _say(self, message: str, place: Place, hint: str = "", code: str = "schema") -> None:
        self.problems.append(Problem(message, place, hint, code=code))

    def _mismatch(self, node: Node, resolved: Schema, subject: str, annotated: Schema) -> None:
        wanted = _wanted(resolved, subject)
        found = wording.describe(node)
        where = "this" if subject == wanted else subject
        hint = wording.cure(node, wanted, resolved) or wording.cure(node, wanted, annotated)
        if not hint and "enum" in resolved:
            hint = str(annotated.get("description", "")).partition(". ")[0]
        if found == "nothing":
            self._say(f"{where} has no value: it must be {wanted}", node.place, hint, "type")
        else:
            self._say(f"{where} must be {wanted}, not {found}", node.place, hint, "type")

    # --- lists ---------------------------------------------------------------------------------------------------

    def _list(self, node: ListNode, schema: Schema, subject: str, wanted: str) -> Node | None:
        if len(node.items) < schema.get("minItems", 0):
            self._say(f"{subject} is empty: it must be {wanted}", node.place, code="empty")
            return None
        items = schema.get("items")
        if items is None:
            return node
        entry = f"an entry of {subject}"
        kept = [self.check(item, items, entry) for item in node.items]
        return ListNode(node.place, tuple(item for item in kept if item is not None))

    # --- mappings ------------------------------------------------------------------------------------------------

    def _mapping(self, node: MapNode, schema: Schema, subject: str) -> Node | None:
        properties = schema.get("properties", {})
        if len(node.items) < schema.get("minProperties", 0):
            self._say(f"{subject} is empty", node.place, f"say {wording.listed(list(properties), 'or')}", "empty")
            return None
        items: dict[str, Node] = {}
        hints: list[str] = []
        company = self._company(node, schema)
        for key, value in node.items.items():
            part = self._part(key, node, schema, company, hints)
            kept = self.check(value, part, repr(key), part) if part is not None else None
            if kept is not None:
                items[key] = kept
        complete = self._complete(node, schema, hints)
        lost = any(key in node.items and key not in items for key in self._needed(node, schema))
        return MapNode(node.place, items, node.keys) if complete and not lost else None

    def _part(
        self, key: str, node: MapNode, schema: Schema, company: _Company | None, hints: list[str]
    ) -> Schema | None:
        """The schema of one key's value; None where the key is wrong. `hints` collects what was meant instead."""
        properties = schema.get("properties", {})
        if key in properties:
            choices = (choice["required"] for choice in schema.get("oneOf", ()))
            # Of two actions it is told by itself that there are two.
            if company is None or key in company.keys or [key] in choices:
                part: Schema = properties[key]
                return part
            self._out_of_place(key, node, company)
            return None
        rest = schema.get("additionalProperties", {})
        if rest is False:
            hints.append(self._unknown(key, node, _thing(schema), properties))
            return None
        return dict(rest) if self._key_fits(key, node.keys[key], schema.get("propertyNames", {})) else None

    def _rules(self, node: MapNode, schema: Schema) -> Iterator[Schema]:
        """The rules that hold for this mapping by the keys that it has."""
        for rule in (schema, *schema.get("allOf", ())):
            if "if" in rule:
                holds = all(key in node.items for key in rule["if"]["required"])
                yield self.language.resolve(rule.get("then" if holds else "else", {}))

    def _company(self, node: MapNode, schema: Schema) -> _Company | None:
        """The keys that go with each other here, by the key that decides about it; None: all."""
        for rule in (schema, *schema.get("allOf", ())):
            decisive = rule.get("if", {}).get("required", ())
            names = self.language.resolve(rule.get("then", {})).get("propertyNames", {}).get("enum")
            if names is not None and all(key in node.items for key in decisive):
                return _Company(decisive[0], frozenset(names))
        return None

    def _needed(self, node: MapNode, schema: Schema) -> Iterator[str]:
        """Keys without which nothing can be made of this mapping, and those that say what kind of one it is."""
        yield from schema.get("required", ())
        yield from schema.get("if", {}).get("required", ())
        for rule in self._rules(node, schema):
            yield from rule.get("required", ())
        for choice in schema.get("oneOf", ()):
            yield from choice["required"]

    def _complete(self, node: MapNode, schema: Schema, hints: list[str]) -> bool:
        """Whether everything is there that has to be. What an unknown key's hint names already is not told twice."""
        thing = _thing(schema)
        needed = [*schema.get("required", ())]
        for rule in self._rules(node, schema):
            needed += rule.get("required", ())
        missing = [key for key in needed if key not in node.items]
        untold = [repr(key) for key in missing if not any(f"{key!r}" in hint or f"`{key}:" in hint for hint in hints)]
        if untold:
            hint = wording.example(missing[0], schema) if len(untold) == 1 else ""
            self._say(f"{thing} needs {wording.listed(untold)}", _first(node), hint, "missing")
        exclusive = schema.get("not", {}).get("required", ())
        if exclusive and all(key in node.items for key in exclusive):
            self._one_of(node, thing, exclusive)
            return False
        return self._exactly_one(node, schema, told=bool(hints)) and not missing

    def _exactly_one(self, node: MapNode, schema: Schema, *, told: bool) -> bool:
        names = [choice["required"][0] for choice in schema.get("oneOf", ())]
        present = [key for key in node.items if key in names]
        if not names or len(present) == 1:
            return True
        if len(present) > 1:
            self._one_of(node, _thing(schema), present)
        elif not told:  # else an unknown key stands for the missing one
            message = f"{_thing(schema)} needs one of {wording.listed(names, 'or')}"
            self._say(message, _first(node), code="missing")
        return False

    def _one_of(self, node: MapNode, thing: str, present: list[str]) -> None:
        first, second = present[:2]
        self.problems.append(
            Problem(
                f"{thing} cannot have both {first!r} and {second!r}",
                node.keys[second],
                f"make two steps of it: one with {first!r}, one with {second!r}" if thing == "a step" else "",
                code="two-of-one",
                notes=((f"{first!r} is here", node.keys[first]),),
            )
        )

    def _out_of_place(self, key: str, node: MapNode, company: _Company) -> None:
        others = sorted(company.keys - {company.decisive})
        hint = f"with {company.decisive!r} go {wording.listed(others)}" if len(others) < 20 else ""
        self._say(f"{key!r} does not go with {company.decisive!r}", node.keys[key], hint, "unknown-key")

    def _key_fits(self, key: str, place: Place, schema: Schema) -> bool:
        resolved = self.language.resolve(schema)
        if _fits(Scalar(place, key, key, "", place), resolved):
            return True
        near = re.sub(r"[^A-Za-z0-9_]+", "_", key)
        fits = re.fullmatch(r"[A-Za-z]\w*([.-]\w+)+", key) and _fits(Scalar(place, near, near, "", place), resolved)
        hint = f"for example: {near}" if fits else ""
        self._say(f"{wording.quoted(key)} is not {_thing(resolved)}", place, hint, "name")
        return False

    def _unknown(self, key: str, node: MapNode, thing: str, known: Schema) -> str:
        """Tell of an unknown key; returns the hint."""
        homes = [home for home in self.language.homes.get(key, ()) if home != thing]
        hint = foreign.translate(key, node.items[key], thing, known) or wording.did_you_mean(key, known)
        if not hint and homes:
            hint = f"it belongs to {wording.listed(homes[:3], 'or')}"
        if not hint and len(known) < 16:
            hint = f"{thing} can have {wording.listed([repr(name) for name in known])}"
        self._say(f"unknown key {wording.quoted(key)} in {thing}", node.keys[key], hint, "unknown-key")
        return hint or key


def _wanted(schema: Schema, subject: str) -> str:
    """What a schema asks for, for people. That 'copy' must be a copy says nothing: there its keys are named."""
    title = _thing(schema)
    if "enum" in schema:
        return (
            wording.listed(schema["enum"], "or")
            if len(schema["enum"]) == 1
            else f"one of {wording.listed(schema['enum'], 'or')}"
        )
    if "properties" in schema and subject != title and title.endswith(subject.strip("'")):
        return f"a mapping with {wording.listed(list(schema['properties']), 'or')}"
    return title


def _first(node: MapNode) -> Place:
    """Where a mapping begins, for people: its first key."""
    return next(iter(node.keys.values()), node.place)


def _meant(node: MapNode, branches: list[Schema]) -> Schema:
    """The shape that the author meant: the one that knows most of the keys that are there."""
    return max(branches, key=lambda branch: sum(key in branch.get("properties", {}) for key in node.items))
