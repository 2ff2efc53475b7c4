"""Names that values can have, and those that are taken."""

from __future__ import annotations

import re

# What every template knows already.
BUILT_IN = frozenset(
    {
        "host",
        "hosts",
        "groups",
        "run",
        "stage",
        "batch",
        "item",
        "secret",
        "inventory_hostname",
        "hostvars",
        "ansible_host",
    }
)

# What means something else in an expression.
_RESERVED = frozenset(
    {"and", "or", "not", "in", "is", "if", "else", "true", "false", "none", "True", "False", "None", "loop", "self"}
)

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


def why_not(name: str) -> str | None:
    """Why a value cannot have this name, as a clause; None where it can."""
    if not _WORD.fullmatch(name):
        return "a name has letters, digits and _, and does not begin with a digit"
    if name in BUILT_IN:
        return f"{name!r} is built in and cannot be given another meaning"
    if name in _RESERVED:
        return f"{name!r} means something else in expressions"
    return None
