"""The order of version numbers."""

from __future__ import annotations

import re
from typing import TypeAlias

from executor.templates.faults import Fault

Part: TypeAlias = tuple[int, int, str]

_NAMES = {"eq": "==", "=": "==", "ne": "!=", "<>": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}


def key(version: str) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    """Something that sorts as the version does: v1.9 < v1.10, and 1.0-rc1 < 1.0. What follows a + does not count."""
    numbers, _, early = version.strip().removeprefix("v").partition("+")[0].partition("-")
    parts = [*_parts(numbers)]
    while parts and parts[-1] == (1, 0, ""):
        parts.pop()  # 1.0 is 1
    # A version without a pre-release comes after all of its pre-releases.
    return tuple(parts), tuple(_parts(early)) if early else ((2, 0, ""),)


def _parts(text: str) -> list[Part]:
    return [(1, int(part), "") if part.isdigit() else (0, 0, part) for part in re.findall(r"\d{1,18}|[A-Za-z]+", text)]


def holds(left: str, operator: str, right: str) -> bool:
    """Whether `left operator right`, with the operators of Ansible's `version` test."""
    first, second = key(left), key(right)
    match _NAMES.get(operator, operator):
        case "==":
            return first == second
        case "!=":
            return first != second
        case "<":
            return first < second
        case "<=":
            return first <= second
        case ">":
            return first > second
        case ">=":
            return first >= second
    raise Fault(f"{operator!r} does not compare versions", hint="one of ==, !=, <, <=, >, >=")
