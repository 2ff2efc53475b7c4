"""Traps of YAML that leave the rest of a file readable, each with its own message and its own cure."""

from __future__ import annotations

import re

from executor.errors import Problem
from executor.language.nodes import Node, Scalar
from executor.model.places import Place


def second_document(place: Place) -> Problem:
    return Problem(
        "a second document begins here",
        place,
        "a file holds one: remove the `---`, or make two files of it",
        code="documents",
    )


def too_deep(place: Place, limit: int) -> Problem:
    return Problem(f"lists and mappings are nested more than {limit} levels deep", place, code="too-deep")


def too_many(place: Place, limit: int) -> Problem:
    return Problem(
        f"more than {limit:,} values, with every alias counted as all that it stands for",
        place,
        "split the file with include; repeat less through aliases",
        code="too-many",
    )


def tag(name: str, place: Place) -> Problem:
    if name == "!":
        cure = "put quotes around the whole value: '! test -e file'"
        return Problem("YAML takes the `!` here for a sign of its own, and drops it", place, cure, code="tag")
    written = name.replace("tag:yaml.org,2002:", "!!")
    if name.startswith("!") and not name.startswith("!!"):
        cure = f"YAML reads a leading `!` as a tag; put it in quotes if it belongs to the text: '{written}'"
    else:
        cure = "remove it"
    return Problem(f"the tag `{written}` is not used here", place, cure, code="tag")


def empty_anchor(name: str, place: Place) -> Problem:
    return Problem(
        f"`&{name}` names a YAML anchor here, and nothing is left as the value",
        place,
        f"put it in quotes if it is meant as text: '&{name}'",
        code="anchor",
    )


def unknown_alias(name: str, place: Place) -> Problem:
    return Problem(
        f"`*{name}` stands for an anchor `&{name}` that does not exist before it",
        place,
        f"put it in quotes if it is meant as a pattern: '*{name}'",
        code="alias",
    )


def alias_of_itself(name: str, place: Place) -> Problem:
    return Problem(f"`*{name}` stands within what it stands for, without an end", place, code="alias")


def merge_key(place: Place) -> Problem:
    return Problem(
        "`<<` (merging mappings) is not used here",
        place,
        "write the keys out, set them once for the stage or a block, or include a file of steps",
        code="merge-key",
    )


def key_is_no_text(node: Node) -> Problem:
    if isinstance(node, Scalar) and node.text:
        return Problem(
            f"the key {node.text} is not text", node.place, f'keys are text: write "{node.text}":', code="key"
        )
    return Problem("a key must be one plain text", node.place, code="key")


def duplicate_key(key: str, place: Place, first: Place) -> Problem:
    return Problem(
        f"{key!r} stands here twice",
        place,
        "keep one of them; of two, YAML would silently take the last",
        code="duplicate-key",
        notes=(("the first one", first),),
    )


def unquoted_template(start: Place, text: list[str]) -> Problem:
    """A value that begins with `{{` and has no quotes: to YAML a mapping within a mapping."""
    line = text[start.line - 1]
    rest = line[start.column - 1 :]
    end = rest.find("}}")
    width = end + 2 if end >= 0 else len(rest)
    place = Place(start.file, start.line, start.column, start.line, start.column + width)
    before = line[: start.column - 1].rstrip()
    if before.lstrip() in {"", "-"} or re.fullmatch(r"\s*(- )?[\w. -]+:", before):
        value = rest.split(" #")[0].rstrip().replace('"', "'")
        cure = f'put quotes around the whole value: "{value}"'
    else:
        # Within […] or {…}: from behind the sign that opens the value to the sign that ends it.
        begun = re.split(r"(?:[\w.-]+: +|[\[{,])\s*", line[: start.column - 1])[-1]
        ended = re.match(r"(?:\{\{.*?\}\}|[^,}\]])*", rest)
        value = (begun + (ended[0] if ended else "{{ … }}")).rstrip().replace('"', "'")
        cure = f'put quotes around the whole value: "{value}"'
    return Problem("a value with `{{` needs quotes here: YAML reads `{` as a mapping", place, cure, code="unquoted")
