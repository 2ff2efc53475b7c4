"""Other hosts as a template sees them: `hosts['web1'].port`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from executor.errors import InvalidInput
from executor.model.inventories import HostSpec
from executor.templates import KnownLater


def facts(spec: HostSpec) -> dict[str, Any]:
    """What `host` is in a template."""
    return {"name": spec.name, "address": spec.address, "groups": list(spec.groups)}


def facts_for_others(spec: HostSpec) -> dict[str, Any]:
    """As `facts`, with the names that Ansible has for them."""
    return facts(spec) | {"inventory_hostname": spec.name, "ansible_host": spec.address}


@dataclass(frozen=True, slots=True, eq=False)
class HostsView(Mapping[str, Any]):
    """`hosts` in a template, each host looked at when it is asked for."""

    names: Mapping[str, HostSpec]
    view: Callable[[str], HostView]

    def __getitem__(self, name: str) -> HostView:
        if name not in self.names:
            raise KeyError(name)
        return self.view(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True, slots=True, eq=False)
class HostView(Mapping[str, Any]):
    """One host: its facts, its variables, and the names that only its steps will give (`later`).

    Asking for one of those, or for everything there is, raises KnownLater.
    """

    facts: Mapping[str, Any]
    names: frozenset[str]
    variable: Callable[[str], Any]  # raises KeyError for one that is not known before the run
    later: frozenset[str]

    def __getitem__(self, name: str) -> Any:
        if name in self.facts:
            return self.facts[name]
        if name in self.later:
            raise KnownLater("hosts")
        return self.variable(name)

    def known(self) -> dict[str, Any]:
        """Everything that is known before the run. A variable that cannot be told yet is left out."""
        values = dict(self.facts)
        for name in sorted(self.names - self.facts.keys()):
            try:
                values[name] = self.variable(name)
            except (KeyError, InvalidInput):
                continue  # whoever asks for it will be told that it is not there
        return values

    def __contains__(self, name: object) -> bool:
        if name in self.later:
            raise KnownLater("hosts")
        return name in self.facts or name in self.names

    def __iter__(self) -> Iterator[str]:
        if self.later:
            raise KnownLater("hosts")
        return iter((*self.facts, *sorted(self.names - self.facts.keys())))

    def __len__(self) -> int:
        return sum(1 for _ in self)
