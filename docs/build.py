"""Makes the parts of the manual that say what the schemas and the code say: `python -m docs.build`, or `make docs`.

A page has them between two comments, `<!-- keys: a stage -->` and `<!-- end -->`; everything around them is written by
hand. The examples are lines of the runbooks in docs/examples, which the tests run.
"""

from __future__ import annotations

import itertools
import json
import re
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from executor.language import foreign
from executor.language.advice import RULES
from executor.language.nodes import ListNode, MapNode, Node, Scalar
from executor.language.reader import parse
from executor.language.scalars import resolve
from executor.language.schemas import Language, Name, Schema, language
from executor.language.sources import lines, read
from executor.model.places import Place

FOLDER = Path(__file__).parent
EXAMPLES = FOLDER / "examples"
LONGEST_EXAMPLE = 68  # characters; beyond it a table is no table

_PART = re.compile(r"<!-- (?P<what>keys|advice|words)(?:: (?P<of>[^>]*?))? -->\n.*?<!-- end -->\n", re.DOTALL)

Uses = Mapping[tuple[str, str], str]  # (a thing of the language, a key of it) -> its shortest use


def pages() -> Iterator[tuple[Path, str]]:
    """Every page with parts that are made, and what it should be."""
    examples = uses()
    makers: dict[str, Callable[[str], str]] = {
        "keys": lambda of: keys(of, examples),
        "advice": lambda _: advice(),
        "words": lambda _: words(),
    }
    for page in sorted(FOLDER.glob("*.md")):
        text = page.read_text("utf-8")
        if _PART.search(text):
            yield page, _PART.sub(lambda found: _made(found, makers[found["what"]](found["of"] or "")), text)


def _made(found: re.Match[str], text: str) -> str:
    of = f": {found['of']}" if found["of"] else ""
    return f"<!-- {found['what']}{of} -->\n\n{text}\n<!-- end -->\n"


# --- keywords ----------------------------------------------------------------------------------------------------


def things(name: Name) -> Mapping[str, Schema]:
    """The things of a language that have keys of their own, by their title ("a stage")."""
    found: dict[str, Schema] = {}
    root = language(name).root
    for schema in (root, *root["definitions"].values()):
        for branch in (schema, *schema.get("anyOf", ())):
            if "properties" in branch:
                found[branch["title"]] = branch
    return found


def keys(thing: str, examples: Uses) -> str:
    """The table of a thing's keys."""
    name: Name = "runbook" if thing in things("runbook") else "inventory"
    schema = things(name)[thing]
    needed = {*schema.get("required", ()), *schema.get("else", {}).get("required", ())}
    below: list[str] = []
    rows = ["| key | takes | meaning | for example |", "|---|---|---|---|"]
    for key, value in schema["properties"].items():
        resolved = language(name).resolve(value)
        meaning = value.get("description") or resolved["description"]
        required = " (required)" if key in needed else ""
        example = examples.get((thing, key), "")  # one that has none is for a test to tell
        short = len(example) <= LONGEST_EXAMPLE and "\n" not in example
        rows.append(
            f"| `{key}`{required} | {_takes(resolved)} | {_cell(meaning)} | {_code(example) if short else 'below'} |"
        )
        if not short:
            below.append(f"```yml\n{example}\n```\n")
    return "\n".join(["\n".join(rows), *([""] if below else []), *below]).rstrip("\n") + "\n"


def _takes(schema: Schema) -> str:
    if "enum" in schema:
        return ", ".join(f"`{word}`" for word in schema["enum"])
    return _cell(schema["title"])


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _code(text: str) -> str:
    return f"`{text.replace('|', chr(92) + '|')}`" if text else ""


# --- examples ----------------------------------------------------------------------------------------------------


def uses() -> Uses:
    """For each key of each thing its shortest use in the example files: in one line where that is possible."""
    found: dict[tuple[str, str], str] = {}
    for file in sorted(EXAMPLES.rglob("*.yml")):
        source = read(file)
        node = parse(source).root
        if node is None or file.name == "answers.yml":
            continue
        name: Name = "inventory" if file.name == "hosts.yml" else "runbook"
        for use in _used(node, _schema_of(node, language(name)), language(name)):
            text = f"{use.key}: {written(use.value)}"
            if len(text) > LONGEST_EXAMPLE and use.at.line != use.value.place.end_line:
                text = _lines(lines(source.text), use)
            if len(text) < len(found.get((use.thing, use.key), text + " ")):
                found[use.thing, use.key] = text
    return found


def _lines(source: list[str], use: Use) -> str:
    """The lines of a use as they stand in their file, from the left edge of the page: those that stand further in."""
    margin = use.at.column - 1
    below = source[use.at.line : use.value.place.end_line]
    inner = itertools.takewhile(lambda line: not line.strip() or line[: margin + 1].isspace(), below)
    first = " " * margin + source[use.at.line - 1][margin:]
    return textwrap.dedent("\n".join([first, *inner])).rstrip()


def _schema_of(node: Node, of: Language) -> Schema:
    """What a file is: a whole one, or a list of stages or steps that others include."""
    if not isinstance(node, ListNode):
        return of.root
    first = node.items[0]
    return of.part("stages" if isinstance(first, MapNode) and "hosts" in first.items else "steps")


@dataclass(frozen=True)
class Use:
    """One key in a file, of which thing, and its value."""

    thing: str
    key: str
    at: Place
    value: Node


def _used(node: Node, schema: Schema, of: Language) -> Iterator[Use]:
    """Every key in a node with the thing that it belongs to."""
    branches = list(_branches(schema, of))
    match node:
        case MapNode(items=items, keys=places):
            fit = max(branches, key=lambda branch: sum(key in branch.get("properties", {}) for key in items))
            for key, value in items.items():
                part = fit.get("properties", {}).get(key)
                if part is not None:
                    yield Use(fit["title"], key, places[key], value)
                part = part or fit.get("additionalProperties")
                if isinstance(part, dict):
                    yield from _used(value, part, of)
        case ListNode(items=entries):
            inner: Schema = next((branch["items"] for branch in branches if "items" in branch), {})
            for entry in entries:
                yield from _used(entry, inner, of)


def _branches(schema: Schema, of: Language) -> Iterator[Schema]:
    resolved = of.resolve(schema)
    if "anyOf" not in resolved:
        yield resolved
    for branch in resolved.get("anyOf", ()):
        yield from _branches(branch, of)


def written(node: Node) -> str:
    """A value in one line of YAML, as somebody would write it."""
    match node:
        case Scalar(value=str()):
            return _text(node.text)
        case Scalar():
            return node.text
        case ListNode(items=items):
            return f"[{', '.join(map(_within, items))}]"
        case MapNode(items=entries):
            return "{" + ", ".join(f"{key}: {_within(value)}" for key, value in entries.items()) + "}"
        case _:
            return "…"


def _within(node: Node) -> str:
    """A value within brackets, where more has to be quoted."""
    text = written(node)
    plain = isinstance(node, Scalar) and text == node.text
    return json.dumps(text, ensure_ascii=False) if plain and re.search(r"[,\[\]{}]", text) else text


def _text(text: str) -> str:
    """A text, in quotes where YAML would read something else."""
    if "\n" in text.rstrip("\n") or not text:
        return json.dumps(text, ensure_ascii=False)
    shown = text.rstrip("\n")
    if re.match(r"[\[\]{}&*!|>%@`'\"#,?-]", shown) or re.search(r": | #|:$", shown) or text != shown:
        return json.dumps(text, ensure_ascii=False) if "\\" not in text else f"'{text}'"
    return shown if isinstance(resolve(shown), str) else f"'{shown}'"


# --- advice ------------------------------------------------------------------------------------------------------


def advice() -> str:
    """What the rules of advice say of themselves."""
    parts = []
    for rule in RULES:
        parts.append(f"## {rule.id}\n\n{rule.title[:1].upper()}{rule.title[1:]}.\n\n{rule.reason}\n\n")
        parts.append(f"```yaml\n{rule.instead}```\n\n")
    return "".join(parts).rstrip("\n") + "\n"


# --- other tools' words --------------------------------------------------------------------------------------------


def words() -> str:
    """What the program says of Ansible's words."""
    rows = ["| Ansible | here |", "|---|---|"]
    rows += [f"| `{word}` | {_cell(said)} |" for word, said in foreign.words().items()]
    return "\n".join(rows) + "\n"


def main() -> None:
    for page, text in pages():
        page.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
