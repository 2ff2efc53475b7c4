"""What planning knows before it looks at any step: hosts, layers of variables, names that steps will give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from executor.errors import Problem
from executor.model.inventories import HostSpec, Inventory
from executor.model.leaves import Value
from executor.model.places import Place
from executor.model.runbooks import Runbook
from executor.model.secrets import FETCHED
from executor.planning.ledger import Ledger, ledger
from executor.planning.options import PlanOptions
from executor.planning.problems import Problems
from executor.planning.sharing import NOTHING, Fingerprints, Look, Question
from executor.planning.views import HostView
from executor.templates import did_you_mean

# Names that mean something of their own in every template.
LOCALHOST: Final = "localhost"

BUILT_IN: Final = frozenset(
    {"host", "hosts", "groups", "run", "stage", "batch", "item", "inventory_hostname", "hostvars", "ansible_host"}
    | {FETCHED}
)
# Of these, what only the run knows.
ANY_HOST: Final = ""  # a delegate that only the run knows
OF_THE_RUN: Final = frozenset({"run", "batch", FETCHED})


@dataclass(frozen=True, slots=True)
class Site:
    """The fixed part of a plan in the making, and what is gathered on the way."""

    runbook: Runbook
    inventory: Inventory
    options: PlanOptions
    defaults: Mapping[str, Value]  # of the parameters
    extra: Mapping[str, Value]  # -e, bound to the parameters' types
    own: Mapping[str, Value]  # vars_files, then the runbook's vars
    groups: Mapping[str, tuple[str, ...]]
    variables: frozenset[str]  # every name that the inventory, the parameters, -e or the runbook's vars have
    ledger: Ledger
    problems: Problems = field(default_factory=Problems)
    fingerprints: Fingerprints = field(default_factory=Fingerprints)
    produced: dict[str, Place] = field(default_factory=dict)  # local files that steps make, by their path
    views: dict[str, HostView] = field(default_factory=dict)  # of hosts that templates have looked at
    delegates: dict[str, None] = field(default_factory=dict)  # hosts that steps are delegated to
    needed: set[str] = field(default_factory=set)  # all names that late templates wait for

    @property
    def secretive(self) -> bool:
        """Whether any template has asked for a secret so far."""
        return FETCHED in self.needed

    def spec(self, host: str) -> HostSpec:
        """A host of the inventory; "" is no host in particular, with the variables that all hosts have."""
        if host:
            return self.inventory.hosts[host]
        return HostSpec("", "", vars=self.inventory.vars)

    def look(self, host: str, items: Mapping[str, Value] | None = None) -> Look:
        """Answers what may differ between hosts. `items`: the block's loop item, by host."""
        spec = self.spec(host)

        def answer(question: Question) -> Any:
            match question:
                case ("var", name):
                    return spec.vars.get(name, NOTHING)
                case ("given", name):
                    return self.ledger.given(name, host)
                case ("become", "user"):
                    return spec.become_user
                case ("become", _):
                    return spec.become
                case ("local", _):
                    return spec.local
                case ("item", _):
                    return NOTHING if items is None else items.get(host, NOTHING)
                case _:
                    return host

        return answer

    def no_such_host(self, name: str, place: Place) -> Problem:
        hint = did_you_mean(name, self.inventory.hosts) or "delegate_to names a host of the inventory, or localhost"
        return Problem(f"there is no host {name!r} in the inventory", place, hint, "unknown-host")


def survey(runbook: Runbook, inventory: Inventory, options: PlanOptions, extra: Mapping[str, Value]) -> Site:
    """Everything known before the first step."""
    own: dict[str, Value] = {}
    for file in runbook.vars_files:
        own |= file
    return Site(
        runbook=runbook,
        inventory=inventory,
        options=options,
        defaults={param.name: param.default for param in runbook.params if param.has_default},
        extra=extra,
        own=own | dict(runbook.vars),
        variables=frozenset().union(
            *(spec.vars for spec in inventory.hosts.values()),
            inventory.vars,
            own,
            runbook.vars,
            extra,
            (param.name for param in runbook.params),
        ),
        groups={name: group.hosts for name, group in inventory.groups.items()} | _all(inventory),
        ledger=ledger(runbook),
    )


def _all(inventory: Inventory) -> dict[str, tuple[str, ...]]:
    """The group of all hosts where the inventory has none: without the localhost that is always there."""
    if "all" in inventory.groups:
        return {}
    return {"all": tuple(name for name, spec in inventory.hosts.items() if not spec.local)}
