"""A comparison as JSON, for programs. The fields are those of `changes`, with those that are empty left out."""

from __future__ import annotations

import dataclasses
import json
from typing import Any, Final

from executor.comparing.changes import Comparison

VERSION: Final = 1


def data(found: Comparison, old: str) -> str:
    """One JSON object: `differs` says whether there is anything; `against` is what it was compared with."""
    return json.dumps({"v": VERSION, "against": old, "differs": bool(found), **_plain(found)}, indent=2) + "\n"


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return {name: _plain(item) for name, item in fields.items() if item not in ((), "", None, False)}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value
