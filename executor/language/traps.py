"""What goes wrong in YAML, in the words of somebody who writes a runbook.

Each trap has its own message and its own cure; no wording of the parser's is left.
"""

from __future__ import annotations

import re

import yaml

from executor.errors import Problem
from executor.language.nodes import Node, Scalar
from executor.language.sources import Source, lines
from executor.model.places import Place

_QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"\\]|\\.)*\"")


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
        cure = 'put quotes around the whole value: "{{ … }}"'
    return Problem("a value with `{{` needs quotes here: YAML reads `{` as a mapping", place, cure, code="unquoted")


def syntax_error(error: yaml.MarkedYAMLError, source: Source) -> Problem:
    """What the author did, from where the parser gave up."""
    text = lines(source.text)
    mark = error.problem_mark or error.context_mark
    context = error.context_mark or mark
    at = _place(source, text, mark)
    opened = _place(source, text, context)
    line = text[at.line - 1]
    said = f"{error.context or ''} {error.problem or ''}"
    rest = line[at.column - 1 :]

    if (braces := _template_start(line)) is not None:
        return unquoted_template(Place(source.name, at.line, braces + 1), text)
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return _tab(Place(source.name, at.line, line.index("\t") + 1, at.line, line.index("\t") + 2))
    if "scanning a quoted scalar" in said:
        return Problem("the quote that opens here is never closed", opened, code="syntax")
    if "unknown escape" in said or "hexdecimal" in said:
        return Problem(
            f"`{rest[:2]}` is no escape that double quotes know",
            at,
            "use single quotes: within them a backslash is a backslash",
            code="syntax",
        )
    if "flow" in said:
        bracket = text[opened.line - 1][opened.column - 1 : opened.column]
        close = {"[": "]", "{": "}"}.get(bracket, "]")
        return Problem(
            f"the `{bracket}` that opens here is not closed as it should be",
            opened,
            f"a `,` or `{close}` is missing, or a value in it needs quotes",
            code="syntax",
            notes=(("reading stopped", at),) if at != opened else (),
        )
    if "alias" in said or "anchor" in said:
        start = text[opened.line - 1][opened.column - 1 :]
        return Problem(
            f"YAML reads `{start[:1]}` at the start of a value as its own sign",
            opened,
            f"put quotes around the value: '{start.split(' #')[0].rstrip()}'",
            code="syntax",
        )
    return _plain_syntax(said, rest, at, opened)


def _plain_syntax(said: str, rest: str, at: Place, opened: Place) -> Problem:
    if "mapping values" in said:
        return Problem(
            "a `:` makes a key here, where none can stand",
            at,
            "put a value that contains `: ` in quotes, or check the indentation of this line",
            code="syntax",
        )
    if "block sequence entries" in said:
        return Problem(
            "a `-` begins an entry of a list here, where none can stand",
            at,
            "put quotes around the value if it is text, or begin the list in the next line",
            code="syntax",
        )
    if "cannot start" in said and rest:
        return Problem(f"a value cannot begin with `{rest[0]}`", at, "put quotes around it", code="syntax")
    if "expected '-'" in said or "expected key" in said or "could not find expected ':'" in said:
        same = at.line == opened.line
        return Problem(
            "this does not line up with what stands around it",
            at,
            "check the indentation, and that every key has its `:`",
            code="syntax",
            notes=() if same else (("it would belong to the block that begins", opened),),
        )
    return Problem("this is not YAML", at, "check indentation, quotes and brackets here", code="syntax")


def _tab(place: Place) -> Problem:
    return Problem("a tab in the indentation", place, "YAML is indented with spaces alone", code="tab")


def _template_start(line: str) -> int | None:
    """Where `{{` stands in a line outside of quotes, if it does."""
    bare = _QUOTED.sub(lambda found: "x" * len(found[0]), line)
    found = bare.find("{{")
    return found if found >= 0 else None


def _place(source: Source, text: list[str], mark: yaml.Mark | None) -> Place:
    if mark is None:
        return Place(source.name)
    if mark.line >= len(text) or not any(map(str.strip, text[mark.line :])):
        # What is missing at the end of a file is missing after its last line.
        last = max((number for number, line in enumerate(text) if line.strip()), default=0)
        return Place(source.name, last + 1, len(text[last]) + 1, last + 1, len(text[last]) + 2)
    return Place(source.name, mark.line + 1, mark.column + 1, mark.line + 1, mark.column + 2)
