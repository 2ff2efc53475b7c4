"""Nodes as the leaves of a runbook: plain values where nothing is to be rendered, templates with their place elsewhere.

Every function here takes a node that fits the schema. What the schema cannot say is noted in the draft, and a value
that does no harm comes back, so that reading goes on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from executor.language.draft import Draft
from executor.language.nodes import ListNode, MapNode, Node, Scalar
from executor.language.scalars import resolve
from executor.model.durations import parse_duration, parse_fraction
from executor.model.leaves import Duration, Flag, Kind, Number, Size, Template, Text, Value
from executor.model.places import Place
from executor.model.runbooks import Amount, AmountLeaf
from executor.model.sizes import parse_size

_INTERPOLATION = re.compile(r"\{\{\s*(.*?)\s*\}\}", re.DOTALL)
_STATEMENTS = ("{%", "{#")
_SECRET = re.compile(r"\$\{SECRET:([A-Za-z0-9_][A-Za-z0-9_.-]*)\}", re.ASCII)  # as process documents write it


def written(node: Node) -> str:
    """The text of a scalar as it was written: `1.20` stays 1.20."""
    return node.text if isinstance(node, Scalar) else ""


def _is_template(node: Node) -> bool:
    return isinstance(node, Scalar) and isinstance(node.value, str) and "{{" in node.text


def _begin(node: Node) -> Place:
    """Where the text itself begins, behind a quote or in the line after a `|`."""
    return node.body if isinstance(node, Scalar) else node.place


def _template(draft: Draft, node: Node, kind: Kind) -> Template:
    return draft.template(Template(written(node), kind, _begin(node)))


def text(draft: Draft, node: Node, kind: Kind = Kind.TEXT) -> Text:
    """A text, with templates or without. `{%` and `{#` are refused: only whole template files have statements."""
    found = next((mark for mark in _STATEMENTS if mark in written(node)), None)
    if found:
        draft.say(
            f"`{found}` cannot be used here: a text has interpolations {{{{ }}}} alone",
            node.place,
            "choose with {{ a if condition else b }}, or put the text in a `template:` file; "
            f"for the characters themselves write {{{{ '{found}' }}}}",
            "statement",
        )
        return written(node)
    if _SECRET.search(written(node)):
        return draft.template(Template(_SECRET.sub(r"{{ secret('\1') }}", written(node)), kind, _begin(node)))
    return _template(draft, node, kind) if _is_template(node) else written(node)


def line(draft: Draft, node: Node) -> Text:
    """A text of one line: a name, a path, an address."""
    content = written(node).rstrip("\n") if isinstance(node, Scalar) and node.style in {"|", ">"} else written(node)
    if any(ord(char) < 32 or ord(char) == 127 for char in content):
        draft.say("this must be one line, without control characters", node.place, code="line")
        return content.split("\n")[0]
    found = text(draft, node, Kind.LINE)
    return found if isinstance(found, Template) else content


def plain_text(draft: Draft, node: Node) -> str:
    """A text that is no template."""
    if _is_template(node):
        draft.say("this is not a template: it is known before any variable is", node.place, code="no-template")
    return written(node).strip()


def plain_line(draft: Draft, node: Node) -> str:
    """A text of one line that is no template."""
    content = plain_text(draft, node)
    if any(ord(char) < 32 or ord(char) == 127 for char in content):
        draft.say("this must be one line, without control characters", node.place, code="line")
        return ""
    return content


def shell(draft: Draft, node: Node) -> Text:
    """A script. Only `{{ }}` is ours in it; `{%` and `{#` belong to the shell."""
    return _template(draft, node, Kind.SHELL) if _is_template(node) else written(node)


def template_file(draft: Draft, node: Node) -> Text:
    """The content of a template file, with statements."""
    found = isinstance(node, Scalar) and any(mark in node.text for mark in ("{{", *_STATEMENTS))
    return _template(draft, node, Kind.FILE) if found else written(node)


def value(draft: Draft, node: Node) -> Value:
    """A variable's value: anything, with templates at its leaves."""
    match node:
        case Scalar(value=str()):
            return text(draft, node, Kind.VALUE)
        case Scalar():
            return node.value
        case ListNode(items=items):
            return tuple(value(draft, item) for item in items)
        case MapNode(items=entries):
            return {key: value(draft, item) for key, item in entries.items()}
        case _:
            return None


def expression(draft: Draft, node: Node) -> Template:
    """A bare expression."""
    content = written(node)
    if "{{" in content:
        inner = _INTERPOLATION.sub(r"\1", content).strip()
        draft.say(
            "a condition is a bare expression: it has no {{ }}",
            node.place,
            f"write: {inner}" if "\n" not in inner else "remove the braces",
            "braces",
        )
        return Template("true", Kind.EXPRESSION, _begin(node))
    return _template(draft, node, Kind.EXPRESSION)


def expressions(draft: Draft, node: Node) -> tuple[Template, ...]:
    """One bare expression, or a list of them."""
    return tuple(expression(draft, item) for item in each(node))


def conditions(draft: Draft, node: Node) -> tuple[Text | bool, ...]:
    """As expressions, where `true` and `false` stay what they are."""
    return tuple(
        item.value if isinstance(item, Scalar) and isinstance(item.value, bool) else expression(draft, item)
        for item in each(node)
    )


def flag(draft: Draft, node: Node) -> Flag:
    """A boolean, or a template that gives one."""
    if _is_template(node):
        return _template(draft, node, Kind.BOOLEAN)
    return bool(isinstance(node, Scalar) and node.value)


def number(draft: Draft, node: Node, kind: Kind = Kind.INTEGER) -> Number:
    """A number, or a template that gives one."""
    if _is_template(node):
        return _template(draft, node, kind)
    found = node.value if isinstance(node, Scalar) else None
    return found if isinstance(found, int | float) else 0


def duration(draft: Draft, node: Node) -> Duration:
    """Seconds, or a template that gives a duration."""
    if _is_template(node):
        return _template(draft, node, Kind.DURATION)
    try:
        return parse_duration(written(node))
    except ValueError as error:
        draft.say(str(error), node.place, code="duration")
        return 0.0


def size(draft: Draft, node: Node) -> Size:
    """Bytes, or a template that gives a size."""
    if _is_template(node):
        return _template(draft, node, Kind.SIZE)
    try:
        return parse_size(written(node))
    except ValueError as error:
        draft.say(str(error), node.place, code="size")
        return 0


def fraction(draft: Draft, node: Node) -> Number:
    """A fraction out of a percentage, or a template that gives a number or a percentage."""
    if _is_template(node):
        return _template(draft, node, Kind.NUMBER)
    if written(node).endswith("%"):
        return parse_fraction(written(node))
    return number(draft, node)


def amount(draft: Draft, node: Node) -> AmountLeaf:
    """A number of hosts or a percentage of them, or a template that gives one."""
    if _is_template(node):
        return _template(draft, node, Kind.LINE)
    percent = written(node).endswith("%")
    found = resolve(written(node).removesuffix("%"))
    return Amount(found if isinstance(found, int | float) else 0, percent)


def amounts(draft: Draft, node: Node) -> tuple[AmountLeaf, ...]:
    """One amount, or a list of them."""
    return tuple(amount(draft, item) for item in each(node))


def texts(draft: Draft, node: Node | None) -> dict[str, Text]:
    """A mapping of texts: environment variables, headers."""
    if not isinstance(node, MapNode):
        return {}
    return {key: text(draft, item) for key, item in node.items.items()}


def variables(draft: Draft, node: Node | None) -> Mapping[str, Value]:
    """A mapping of variables; each name is noted in the draft."""
    if not isinstance(node, MapNode):
        return {}
    for name in node.items:
        draft.declare("variable", name, node.keys[name])
    return {name: value(draft, item) for name, item in node.items.items()}


def tags(node: Node | None) -> tuple[str, ...]:
    """Tags, from one text, a text with commas, or a list."""
    if node is None:
        return ()
    return tuple(tag.strip() for item in each(node) for tag in written(item).split(","))


def each(node: Node) -> tuple[Node, ...]:
    """The items of a list; anything else is a list of itself."""
    return node.items if isinstance(node, ListNode) else (node,)
