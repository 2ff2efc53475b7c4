"""Parameters: what a runbook declares, and values as their types want them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from executor.language import leaves
from executor.language.draft import Draft
from executor.language.nodes import MapNode, Node, Plain, Scalar, plain
from executor.language.probes import check_pattern
from executor.language.regex import compiled
from executor.language.wording import listed, quoted
from executor.model.leaves import Value
from executor.model.runbooks import Param

_KINDS = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "list": "a list",
    "object": "a mapping",
}


def params(draft: Draft, node: Node | None) -> tuple[Param, ...]:
    """The parameters that a runbook declares; their defaults are checked as if they had been given."""
    if not isinstance(node, MapNode):
        return ()
    found = []
    for name, item in node.items.items():
        draft.declare("parameter", name, node.keys[name])
        if isinstance(item, MapNode):
            found.append(_param(draft, name, item))
    return tuple(found)


def _param(draft: Draft, name: str, node: MapNode) -> Param:
    items = node.items
    kind: Any = leaves.written(items["type"]) if "type" in items else "string"
    pattern = leaves.written(items["pattern"]) if "pattern" in items else None
    required = items.get("required")
    choices = leaves.each(items["choices"]) if "choices" in items else ()
    if pattern is not None:
        check_pattern(draft, pattern, items["pattern"])
    param = Param(
        name,
        type=kind,
        required=isinstance(required, Scalar) and required.value is True,
        default=written_as(kind, items["default"]) if "default" in items else None,
        has_default="default" in items,
        pattern=pattern if pattern is not None and compiled(pattern) else None,
        choices=tuple(written_as(kind, item) for item in choices),
        description=leaves.plain_text(draft, items["description"]) if "description" in items else "",
        place=node.place,
    )
    if param.required and param.has_default:
        draft.say(
            f"{name!r} is required, so that its default is never used",
            items["default"].place,
            "remove `required: true` or the default",
            "default",
        )
    default = (items["default"],) if "default" in items else ()  # may be a list, and is one value
    for item in (*choices, *default):
        _check_plain(draft, param, item)
    return param


def _check_plain(draft: Draft, param: Param, node: Node) -> None:
    """A default or a choice must be plain, and what it would have to be if it were given."""
    if "{{" in json.dumps(plain(node)):
        draft.say(
            "a parameter's values are plain, not templates",
            node.place,
            "use `vars:` for what depends on other values; -e wins over them, too",
            "no-template",
        )
        return
    try:
        typed(param, written_as(param.type, node))
    except ValueError as error:
        draft.say(f"{param.name!r} {error}", node.place, code="param")


def written_as(kind: str, node: Node) -> Value:
    """A value as its parameter's type reads it: `1.20` as the default of a text is the text 1.20."""
    if kind == "string" and isinstance(node, Scalar) and node.value is not None:
        return node.text
    return frozen(plain(node))


def from_json(text: str) -> Plain:
    """The value of a JSON text. Raises ValueError, also for NaN and Infinity, which JSON has not."""

    def refuse(name: str) -> float:
        raise ValueError(f"{name} is no JSON")

    found: Plain = json.loads(text, parse_constant=refuse)
    return found


def frozen(value: Plain) -> Value:
    """A plain value as the model keeps it: lists become tuples."""
    if isinstance(value, list):
        return tuple(frozen(item) for item in value)
    if isinstance(value, dict):
        return {key: frozen(item) for key, item in value.items()}
    return value


def typed(param: Param, value: Any) -> Value:
    """`value` as the parameter's type. Raises ValueError, its text going on from the parameter's name."""
    found = _converted(param.type, value)
    if param.pattern is not None and not re.fullmatch(param.pattern, str(found)):
        raise ValueError(f"must match {param.pattern}, which {quoted(str(found))} does not")
    if param.choices and found not in param.choices:
        raise ValueError(f"must be {listed([str(choice) for choice in param.choices], 'or')}, not {quoted(str(found))}")
    return found


def _converted(kind: str, value: Any) -> Value:
    wrong = ValueError(f"must be {_KINDS[kind]}, not {_shown(value)}")
    match kind, value:
        case "string", str():
            return value
        case "integer", bool() | float():
            raise wrong
        case "integer", int():
            return value
        case "number", bool():
            raise wrong
        case "number", int() | float():
            return value
        case "boolean", bool():
            return value
        case "list", list() | tuple():
            return tuple(value)
        case "object", Mapping():
            return dict(value)
        case (("integer" | "number" | "boolean" | "list" | "object"), str()):
            return _from_text(kind, value, wrong)
    raise wrong


def _from_text(kind: str, text: str, wrong: ValueError) -> Value:
    """A value out of `k=v`, which is always text."""
    text = text.strip()
    if kind == "list" and not text.startswith("["):
        return tuple(part.strip() for part in text.split(",")) if text else ()
    if kind == "integer" and re.fullmatch(r"-?\d{1,18}", text, re.ASCII):
        return int(text)
    if kind == "number" and re.fullmatch(r"-?\d{1,18}(\.\d{1,18})?", text, re.ASCII):
        return float(text) if "." in text else int(text)
    if kind == "boolean" and text in {"true", "false"}:
        return text == "true"
    if kind in {"list", "object"}:
        try:
            found = frozen(from_json(text))
        except (ValueError, RecursionError):
            raise wrong from None
        if isinstance(found, tuple if kind == "list" else dict):
            return found
    raise wrong


def _shown(value: Any) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
        case str():
            return f"the text {quoted(value)}"
        case list() | tuple():
            return "a list"
        case Mapping():
            return "a mapping"
    return str(value)
