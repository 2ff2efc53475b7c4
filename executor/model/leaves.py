"""The leaves of a runbook: what may still have to be rendered.

A leaf is a plain value, a `Template` as it was read, or, in a plan, a `Late` value that only a run can know.
The same dataclasses (actions, probes, bodies) serve in all three lives: read with Template leaves, planned with
plain and Late ones, performed with plain ones alone. `executor.templates.fill` maps the leaves of such a tree.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from executor.model.places import NOWHERE, Place


class Kind(StrEnum):
    """How a template's text is read, and what its result must be."""

    TEXT = "text"  # `{{ }}` within text; the result is a string
    LINE = "line"  # a TEXT of one line without control characters (names, paths, hosts, URLs)
    SHELL = "shell"  # a script: `{{ }}` alone is ours, each value escaped for where it stands
    FILE = "file"  # a whole template file with statements; the result is a string
    EXPRESSION = "expression"  # a bare expression; the result is a boolean
    VALUE = "value"  # a variable's value: a lone `{{ x }}` keeps x's type
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DURATION = "duration"  # seconds as a float
    SIZE = "size"  # bytes as an integer
    LIST = "list"


# What YAML and JSON can say. Variables may also hold Template leaves until they are used.
Value: TypeAlias = "None | bool | int | float | str | Sequence[Value] | Mapping[str, Value] | Template | Late"


@dataclass(frozen=True, slots=True)
class Template:
    """A text to be rendered, as it was written. It always contains at least one interpolation or is an expression."""

    text: str
    kind: Kind = Kind.TEXT
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Late:
    """A template that needs something only the run knows.

    `known` holds the values of the names that planning could already give it (they may be Late themselves);
    `needs` are the names it waits for: registered results, `set` variables, `hosts`, `run`, `batch`, `item`.
    """

    template: Template
    known: Mapping[str, Value] = field(default_factory=dict)
    needs: tuple[str, ...] = ()


Text: TypeAlias = "str | Template | Late"
Number: TypeAlias = "int | float | Template | Late"
Flag: TypeAlias = "bool | Template | Late"
Duration: TypeAlias = "float | Template | Late"  # seconds
Size: TypeAlias = "int | Template | Late"  # bytes
