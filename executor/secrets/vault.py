"""What a run knows of its secrets: their values, for what is performed, and how to take them out of what is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from executor.model.secrets import Secret
from executor.secrets.redact import NOTHING_TO_HIDE, Redactor

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Vault:
    """The secrets of a run by their names. One that is empty costs nothing."""

    secrets: Mapping[str, Secret] = field(default_factory=dict)
    redactor: Redactor = NOTHING_TO_HIDE

    def open(self, node: T) -> T:
        """What is to be performed, with its secrets. Raises InvalidInput where a leaf cannot be rendered with them."""
        if not self.secrets:
            return node
        from executor.templates import unsealed  # noqa: PLC0415 -- a run without secrets may need no templates

        return unsealed(node, {name: secret.reveal() for name, secret in self.secrets.items()})


def vault(secrets: Mapping[str, Secret]) -> Vault:
    """A vault whose redactor hides all its values."""
    return Vault(secrets, Redactor(secret.reveal() for secret in secrets.values())) if secrets else NO_SECRETS


NO_SECRETS = Vault()
