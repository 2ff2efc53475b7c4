"""`runbook` with another seal on its secrets, for the canary: `python canary.py SEAL run …`.

`sealed` is the program as it is. The others show that the canary would find what they let through: `unredacted` hides
nothing, `in-text` writes values into scripts, `crash` is a fault of the program that has a value in its words.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar

from executor.cli import session
from executor.cli.main import call
from executor.model.secrets import SealedScript, Secret
from executor.secrets import Vault, vault

T = TypeVar("T")


class InText(Vault):
    """Opens a script by writing the values into it."""

    def open(self, node: T) -> T:
        written: T = _written_out(Vault(self.secrets).open(node))
        return written


class Crashing(Vault):
    """Opens nothing: it breaks, with a value in its words."""

    def open(self, node: T) -> T:
        if "crash here" in str(node):
            raise RuntimeError("this is broken: " + "; ".join(value.reveal() for value in self.secrets.values()))
        return super().open(node)


def _written_out(node: Any) -> Any:
    match node:
        case SealedScript(text, environment):
            for name, value in environment.items():
                text = text.replace(f'"${{{name}}}"', "'" + value.reveal().replace("'", "'\\''") + "'")
            return text
        case tuple():
            return tuple(map(_written_out, node))
        case _ if dataclasses.is_dataclass(node) and not isinstance(node, type):
            fields = {field.name: _written_out(getattr(node, field.name)) for field in dataclasses.fields(node)}
            return dataclasses.replace(node, **fields)
    return node


SEALS: Mapping[str, Callable[[Mapping[str, Secret]], Vault]] = {
    "sealed": vault,
    "unredacted": Vault,
    "in-text": lambda secrets: InText(secrets, vault(secrets).redactor),
    "crash": lambda secrets: Crashing(secrets, vault(secrets).redactor),
    "unredacted-crash": Crashing,
}

if __name__ == "__main__":
    session.begin = partial(session.begin, seal=SEALS[sys.argv[1]])
    sys.exit(call(sys.argv[2:]))
