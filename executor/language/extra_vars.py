"""What -e gives: extra variables, and the values of a runbook's parameters."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from executor.errors import InvalidInput, Problem
from executor.language import names
from executor.language.nodes import plain
from executor.language.params import from_json, frozen, typed
from executor.language.reader import parse
from executor.language.sources import read
from executor.language.wording import nearest, quoted
from executor.model.leaves import Value
from executor.model.runbooks import Param, Runbook


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
        found = frozen(plain(reading.root)) if reading.root is not None else None
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
        found = frozen(from_json(item))
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
                bound[param.name] = typed(param, extra[param.name])
            except ValueError as error:
                problems.append(Problem(f"-e {param.name} {error}", hint=_about(param), code="param"))
        elif param.required:
            near = nearest(param.name, unknown)
            hint = f"-e {near} is given: was it meant?" if near else f"give it with -e {param.name}=…"
            about = f"; {_about(param)}" if param.description else ""
            problems.append(
                Problem(f"the parameter {param.name!r} is missing", param.place, hint + about, code="param")
            )
    if problems:
        raise InvalidInput(*problems)
    return bound


def _about(param: Param) -> str:
    return f"{param.name}: {param.description}" if param.description else ""
