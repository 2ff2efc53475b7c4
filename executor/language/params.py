"""Parameters: what a runbook declares, and what the command line gives."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from executor.errors import InvalidInput, Problem
from executor.language import leaves, names
from executor.language.draft import Draft
from executor.language.nodes import MapNode, Node, Plain, Scalar, plain
from executor.language.probes import check_pattern
from executor.language.reader import parse
from executor.language.sources import read
from executor.language.wording import did_you_mean, listed, quoted
from executor.model.leaves import Value
from executor.model.runbooks import Param, Runbook

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
        default=_written(kind, items["default"]) if "default" in items else None,
        has_default="default" in items,
        pattern=pattern if pattern is not None and _is_pattern(pattern) else None,
        choices=tuple(_written(kind, item) for item in choices),
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
        _check_written(draft, param, item)
    return param


def _check_written(draft: Draft, param: Param, node: Node) -> None:
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
        _typed(param, _written(param.type, node))
    except ValueError as error:
        draft.say(f"{param.name!r} {error}", node.place, code="param")


def _written(kind: str, node: Node) -> Value:
    """A value as its parameter's type reads it: `1.20` as the default of a text is the text 1.20."""
    if kind == "string" and isinstance(node, Scalar) and node.value is not None:
        return node.text
    return _frozen(plain(node))


def _is_pattern(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError):
        return False
    return True


def _frozen(value: Plain) -> Value:
    if isinstance(value, list):
        return tuple(_frozen(item) for item in value)
    if isinstance(value, dict):
        return {key: _frozen(item) for key, item in value.items()}
    return value


# --- the command line ------------------------------------------------------------------------------------------------


def parse_extra_vars(items: Sequence[str]) -> dict[str, Value]:
    """The values of -e flags: `k=v` (text as it stands), a JSON object, or `@file` in YAML or JSON; the last one wins.

    Values are data: none of them is rendered as a template. Raises InvalidInput with all problems.
    """
    values: dict[str, Value] = {}
    problems: list[Problem] = []
    for item in items:
        try:
            values |= _extra(item)
        except InvalidInput as error:
            problems += error.problems
    problems += [
        Problem(f"-e {name}: {reason}", code="name") for name in values if (reason := names.why_not(name)) is not None
    ]
    if problems:
        raise InvalidInput(*problems)
    return values


def _extra(item: str) -> dict[str, Value]:
    if item.startswith("@"):
        source = read(Path(item[1:]).expanduser())
        reading = parse(source)
        if reading.problems:
            raise InvalidInput(*reading.problems)
        found = _frozen(plain(reading.root)) if reading.root is not None else None
        if not isinstance(found, dict):
            raise InvalidInput(Problem(f"{source.name} must hold a mapping of variables", code="extra-vars"))
        return found
    if item.lstrip().startswith("{"):
        return _json_object(item)
    name, separator, value = item.partition("=")
    if not separator:
        raise InvalidInput(
            Problem(
                f"-e {quoted(item)} gives no value",
                hint="write -e name=value, -e '{…JSON…}' or -e @file",
                code="extra-vars",
            )
        )
    if re.search(r"\s[A-Za-z_]\w*=", value):
        raise InvalidInput(
            Problem(
                f"-e {quoted(item)} looks like several variables",
                hint='give each its own -e; a value with spaces and = goes as JSON: -e \'{"name": "a b=c"}\'',
                code="extra-vars",
            )
        )
    return {name.strip(): value}


def _json_object(item: str) -> dict[str, Value]:
    try:
        found = _frozen(json.loads(item))
    except (ValueError, RecursionError) as error:
        column = f" at character {error.pos + 1}" if isinstance(error, json.JSONDecodeError) else ""
        raise InvalidInput(
            Problem(
                f"-e {quoted(item)} is not JSON{column}",
                hint='for example: -e \'{"version": "v1.2.3"}\'',
                code="extra-vars",
            )
        ) from error
    return dict(found) if isinstance(found, Mapping) else {}


def bind_params(runbook: Runbook, extra: Mapping[str, Value]) -> dict[str, Value]:
    """What -e gives, with each declared parameter as its type wants it; other names are variables and stay as they are.

    Raises InvalidInput for each parameter that is missing or does not fit. Defaults are not in the result: they are the
    weakest layer of variables, and these are the strongest.
    """
    problems: list[Problem] = []
    bound = dict(extra)
    unknown = [name for name in extra if name not in {param.name for param in runbook.params}]
    for param in runbook.params:
        if param.name in extra:
            try:
                bound[param.name] = _typed(param, extra[param.name])
            except ValueError as error:
                problems.append(Problem(f"-e {param.name} {error}", hint=_about(param), code="param"))
        elif param.required:
            near = did_you_mean(param.name, unknown)
            hint = f"-e {near.split(chr(39))[1]} is given: was it meant?" if near else f"give it with -e {param.name}=…"
            about = f"; {_about(param)}" if param.description else ""
            problems.append(
                Problem(f"the parameter {param.name!r} is missing", param.place, hint + about, code="param")
            )
    if problems:
        raise InvalidInput(*problems)
    return bound


def _about(param: Param) -> str:
    return f"{param.name}: {param.description}" if param.description else ""


def _typed(param: Param, value: Any) -> Value:
    """`value` as the parameter's type. Raises ValueError, its text going on from the parameter's name."""
    typed = _converted(param.type, value)
    if param.pattern is not None and not re.fullmatch(param.pattern, str(typed)):
        raise ValueError(f"must match {param.pattern}, which {quoted(str(typed))} does not")
    if param.choices and typed not in param.choices:
        raise ValueError(f"must be {listed([str(choice) for choice in param.choices], 'or')}, not {quoted(str(typed))}")
    return typed


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
            found = _frozen(json.loads(text))
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
