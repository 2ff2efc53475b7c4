"""The published schemas are what the program checks by: an editor and `runbook validate` say the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from executor.errors import InvalidInput
from executor.language.checker import check
from executor.language.nodes import plain
from executor.language.reader import parse
from executor.language.schemas import Name, language, schema_text
from executor.language.sources import Source, read
from tests.language.golden import DATA

NAMES: tuple[Name, ...] = ("runbook", "inventory")

# What the program's own reading of the schemas understands; the two first lines are for people and editors.
KNOWN = {
    *("$schema", "$id", "title", "description", "default", "examples"),
    *("definitions", "$ref", "type", "enum", "pattern", "minLength", "maxLength"),
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "items", "minItems"),
    *("properties", "required", "additionalProperties", "propertyNames", "minProperties"),
    *("anyOf", "oneOf", "allOf", "if", "then", "else", "not"),
}
HOLD_SCHEMAS = {"properties", "definitions"}


def schemas(schema: Any) -> Iterator[dict[str, Any]]:
    """A schema and all schemas within it."""
    if isinstance(schema, list):
        for item in schema:
            yield from schemas(item)
    if isinstance(schema, dict):
        yield schema
        for key, value in schema.items():
            if key in HOLD_SCHEMAS:
                yield from schemas(list(value.values()))
            elif key not in {"examples", "default", "enum"}:
                yield from schemas(value)


def validator(name: Name) -> Draft7Validator:
    return Draft7Validator(json.loads(schema_text(name)))


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_valid_and_made_only_of_what_the_program_understands(name: Name) -> None:
    root = json.loads(schema_text(name))
    Draft7Validator.check_schema(root)
    assert {key for schema in schemas(root) for key in schema} <= KNOWN


@pytest.mark.parametrize("name", NAMES)
def test_every_keyword_has_a_description_that_an_editor_shows(name: Name) -> None:
    root = json.loads(schema_text(name))
    for schema in schemas(root):
        for key, value in schema.get("properties", {}).items():
            found = value.get("description") or language(name).resolve(value).get("description")
            assert found, f"{key} in {schema.get('title')}"
            assert found.endswith("."), found


@pytest.mark.parametrize("name", NAMES)
def test_every_example_is_one(name: Name) -> None:
    root = json.loads(schema_text(name))
    for schema in schemas(root):
        for key, value in schema.get("properties", {}).items():
            part = {**root, "title": "x"} | {k: v for k, v in value.items() if k != "description"}
            only = Draft7Validator({"definitions": root["definitions"], "allOf": [value]})
            for example in value.get("examples", ()):
                assert not list(only.iter_errors(example)), (key, example, part["title"])


def own_verdict(text: str, name: Name) -> bool:
    reading = parse(Source("f.yml", text))
    assert reading.root is not None
    assert reading.problems == ()
    return not check(reading.root, language(name).root, language(name))[1]


def corpus() -> Iterator[tuple[Name, Path]]:
    for path in sorted(DATA.glob("*/*.yml")):
        name: Name = "inventory" if path.stem.startswith("inventory") else "runbook"
        try:
            reading = parse(read(path))
        except InvalidInput:
            continue
        if reading.root is not None and not reading.problems:
            yield name, path


@pytest.mark.parametrize(("name", "path"), list(corpus()), ids=lambda value: getattr(value, "stem", value))
def test_an_independent_validator_agrees_about_every_file_here(name: Name, path: Path) -> None:
    root = parse(Source(path.name, path.read_text())).root
    assert root is not None
    assert own_verdict(path.read_text(), name) == validator(name).is_valid(plain(root))


GOOD: dict[Name, Any] = {
    "runbook": plain(parse(Source("g", (DATA / "good" / "everything.yml").read_text())).root),  # type: ignore[arg-type]  # it has one
    "inventory": plain(parse(Source("g", (DATA / "good" / "inventory.yml").read_text())).root),  # type: ignore[arg-type]  # it has one
}
KEYS = st.sampled_from(sorted({*language("runbook").homes, *language("inventory").homes, "apt", "x-y", ""}))
WORDS = ["none", "5s", "-1s", "10%", "101%", "{{ x }}", "run", "host", "a b", "", "0644", "true", "web", "é"]
LEAVES = st.none() | st.booleans() | st.integers(-2, 70_000) | st.sampled_from(WORDS)
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=2))


def paths(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(data, dict | list):
        for key, value in data.items() if isinstance(data, dict) else enumerate(data):
            yield from paths(value, (*path, key))


def changed(data: Any, path: tuple[Any, ...], key: str | None, value: Any) -> Any:
    """The data with a new value at a path, or with a new key in the mapping there."""
    if not path:
        return {**data, key: value} if key is not None and isinstance(data, dict) else value
    first, rest = path[0], path[1:]
    if isinstance(data, list):
        return [changed(item, rest, key, value) if index == first else item for index, item in enumerate(data)]
    return {name: changed(item, rest, key, value) if name == first else item for name, item in data.items()}


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
@pytest.mark.parametrize("name", NAMES)
def test_an_independent_validator_agrees_about_any_change_to_a_right_file(name: Name, data: st.DataObject) -> None:
    wrong = GOOD[name]
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(list(paths(wrong))[1:] or [()]))
        wrong = changed(wrong, path, data.draw(st.none() | KEYS), data.draw(VALUES))
    text = json.dumps(wrong)
    assert own_verdict(text, name) == validator(name).is_valid(wrong), text
