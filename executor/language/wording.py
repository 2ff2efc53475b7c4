"""How a mistake is put into words: what was found, what was meant, what would be right."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence

from executor.language.nodes import Broken, ListNode, MapNode, Node, Scalar
from executor.language.scalars import TooManyDigits, resolve
from executor.language.schemas import Schema
from executor.model.durations import parse_duration

_LONGEST = 40  # of a text that is shown in a message
_NEAR = 0.45  # the share of letters in which two words may differ and still be meant alike
_LIKE_TRUE = {"yes", "on", "y", "true"}
_LIKE_FALSE = {"no", "off", "n", "false"}


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The one of `known` that was probably meant, if any is near enough: fewer than half of its letters differ."""
    if len(word) > _LONGEST:
        return None
    best: tuple[float, str] | None = None
    for name in known:
        longer = max(len(word), len(name))
        if abs(len(word) - len(name)) < longer / 2:
            share = _slips(word.lower(), name.lower()) / longer
            if share < _NEAR and (best is None or share < best[0]):
                best = share, name
    return best[1] if best else None


def _slips(word: str, other: str) -> int:
    """How many slips of the fingers lie between two words: a letter more, less or other, or two of them swapped."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(word, 1):
        above, row = row, [i]
        for j, wanted in enumerate(other, 1):
            same = letter == wanted
            slips = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (not same))
            if i > 1 and j > 1 and letter == other[j - 2] and word[i - 2] == wanted:
                slips = min(slips, before[j - 2] + 1)
            row.append(slips)
        before = above
    return row[-1]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The hint "did you mean …?", or "" where nothing is near."""
    found = nearest(word, known)
    return f"did you mean {found!r}?" if found else ""


def listed(words: Sequence[str], last: str = "and") -> str:
    """Words as a sentence has them: a, b and c."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def quoted(text: str) -> str:
    """A text of the operator's, in quotes, in one line, shortened where it is long."""
    cut = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    shown = "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in cut)
    return f'"{shown}"' if "'" in shown and '"' not in shown else f"'{shown}'"


def describe(node: Node) -> str:
    """What stands there: "the text 'abc'", "5", "a list"."""
    match node:
        case Scalar(value=None):
            return "nothing"
        case Scalar(value="", text=""):
            return "an empty text"
        case Scalar(value=str()):
            return f"the text {quoted(node.text)}"
        case Scalar():
            return node.text
        case ListNode():
            return "a list"
        case MapNode(items=items):
            return f"a mapping with {quoted(next(iter(items)))}" if items else "an empty mapping"
        case Broken():
            return "something else"


def cure(node: Node, wanted: str, schema: Schema) -> str:
    """What would be right in place of `node`, where `wanted` was expected; "" where nothing better is known."""
    found = ""
    match node:
        case Scalar(value=str()):
            found = _of_text(node, wanted, schema)
        case Scalar(value=int() | float() as number) if not isinstance(number, bool):
            found = _of_number(node.text, number, wanted)
        case MapNode(items={"cmd": Scalar(text=command)}) if wanted == "a shell command":
            found = f"write the command itself: {command}"
        case ListNode(items=(MapNode(items=first), *_)) if "stages" in schema.get("properties", {}):
            found = _of_list(first)
    if found:
        return found
    if schema.get("type") == "array" and describe(node) != "nothing":
        return "it is a list: begin each entry with `- `"
    if isinstance(node, Scalar) and "shell" in schema.get("properties", {}) and node.text:
        return f"write `shell: {node.text}`" if len(node.text) < _LONGEST else "write it after `shell:`"
    if required := schema.get("required"):
        return f"{schema['title']} is a mapping with {listed([repr(key) for key in required])}"
    examples = schema.get("examples") if "such as" not in wanted and " from " not in wanted else None
    return f"for example: {json.dumps(examples[0], ensure_ascii=False)}" if examples else ""


def _of_text(node: Scalar, wanted: str, schema: Schema) -> str:
    """What a text was meant to be."""
    low = node.text.lower()
    if wanted.startswith("true or false") and low in _LIKE_TRUE | _LIKE_FALSE:
        return f"write {'true' if low in _LIKE_TRUE else 'false'}, without quotes"
    if wanted.startswith("a size"):
        size = re.fullmatch(r"([0-9.]+)\s*([kmg])(i?)b?", low)
        return f"write {size[1]}{size[2].upper()}{size[3]}B" if size else ""
    if "duration" in wanted:
        return _reason(node.text)
    if "octal digits" in wanted:
        octal = re.fullmatch(r"0o?([0-7]{3,4})", node.text)
        return f"write 0{octal[1]}" if octal else "three digits say what owner, group and others may do: 0755"
    if re.fullmatch(r"0\d{1,9}", node.text) and not node.style:
        return f"a number has no 0 in front: {int(node.text)}"
    if node.style and _is_number(node.text):
        return f"remove the quotes: {node.text}"
    known = [word for word in schema.get("enum", ()) if isinstance(word, str)]
    near = nearest(node.text, known) or _SYNONYMS.get(node.text)
    return f"did you mean {near!r}?" if near in known else ""


def _of_list(first: Mapping[str, Node]) -> str:
    """What a list was meant to be that stands where a runbook is wanted, by its first entry."""
    if {"hosts", "tasks", "roles"} & first.keys() and "steps" not in first:
        return "what Ansible calls plays are stages here: put `name:` at the top, and the list under `stages:`"
    if "steps" in first:
        return "a list of stages is checked with the runbook that includes it, or put under `stages:` of one"
    return "a list of steps is checked with the runbook that includes it"


def _of_number(text: str, number: int | float, wanted: str) -> str:
    if "percentage such as" in wanted and number >= 1:
        return f"write {text}%"
    return "100% takes all hosts at once" if "number of hosts" in wanted and number == 0 else ""


_SYNONYMS = {
    "int": "integer",
    "str": "string",
    "text": "string",
    "bool": "boolean",
    "float": "number",
    "dict": "object",
    "map": "object",
    "array": "list",
}


def example(key: str, schema: Schema) -> str:
    """The hint that shows a key with a value, where the schema has an example of one."""
    found = schema.get("properties", {}).get(key, {}).get("examples")
    return f"for example: {key}: {_plainly(found[0])}" if found else ""


def _plainly(value: object) -> str:
    return (
        value if isinstance(value, str) and re.fullmatch(r"[\w./-]+", value) else json.dumps(value, ensure_ascii=False)
    )


def _reason(text: str) -> str:
    try:
        parse_duration(text)
    except ValueError as error:
        return str(error)
    return ""


def _is_number(text: str) -> bool:
    try:
        return isinstance(resolve(text), int | float)
    except TooManyDigits:
        return False
