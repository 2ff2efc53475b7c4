"""YAML as Ansible reads it, so that its files mean here what they mean there: `yes` is true, `012` is ten."""

from __future__ import annotations

import datetime
import json
from typing import Any

import yaml

from executor.language.reader import Dialect, Reading, parse
from executor.language.sources import Source

_STANDARD = frozenset(
    f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "timestamp", "map", "seq")
)
VAULT_TAGS = frozenset({"!vault", "!vault-encrypted"})
_TAGS = _STANDARD | VAULT_TAGS | {"!unsafe"}


class _Rules:
    """YAML 1.1's own rules for single scalars, by a loader that has nothing to load."""

    def __init__(self) -> None:
        self._loader: Any = yaml.SafeLoader("")

    def resolve(self, text: str) -> str:
        return str(self._loader.resolve(yaml.ScalarNode, text, (True, False)))

    def construct(self, tag: str, text: str) -> Any:
        return self._loader.construct_object(yaml.ScalarNode(tag, text))


_RULES = _Rules()


def parse_loosely(source: Source) -> Reading:
    """The nodes of a file of Ansible's. A text that is JSON as a whole is read by the rules of JSON."""
    return parse(source, _JSON if _is_json(source.text) else _YAML)


def _is_json(text: str) -> bool:
    if not text.lstrip().startswith(("{", "[")):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _json_scalar(text: str, _tag: str) -> None | bool | int | float | str:
    found: None | bool | int | float | str = json.loads(text)
    return found


def _yaml_scalar(text: str, tag: str) -> None | bool | int | float | str:
    """The value of a scalar by the rules of YAML 1.1. A date is its text, as in JSON. Raises ValueError."""
    if tag in VAULT_TAGS:
        return text
    standard = tag if tag in _STANDARD else _RULES.resolve(text)
    if standard == "tag:yaml.org,2002:str" or standard not in _STANDARD:
        return text
    try:
        found = _RULES.construct(standard, text)
    except (ValueError, LookupError, AttributeError, OverflowError, yaml.YAMLError) as error:
        # With a tag before it, any text comes to the library's function for that type, which may not expect it.
        raise ValueError(f"{text[:40]!r} is no {standard.rpartition(':')[2]}") from error
    if isinstance(found, datetime.date):
        return found.isoformat()
    value: None | bool | int | float | str = found
    return value


_YAML = Dialect(_yaml_scalar, _TAGS, loose=True)
_JSON = Dialect(_json_scalar, _TAGS, loose=True)
