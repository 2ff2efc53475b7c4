"""Which names the steps before have given to results and variables, and on which hosts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from executor.model.actions import SetVars
from executor.model.places import Place
from executor.model.runbooks import Runbook
from executor.model.steps import Block, Include, Step, StepNode


@dataclass(frozen=True, slots=True)
class Origin:
    """A step that gives a name: by `register`, or by `set`."""

    kind: Literal["register", "set"]
    step: str
    place: Place


@dataclass(slots=True)
class Ledger:
    """`origins` holds every name that any step of the runbook gives; the rest grows as planning goes on."""

    origins: dict[str, tuple[Origin, ...]]
    _everywhere: set[str] = field(default_factory=set)
    _on: dict[str, set[str]] = field(default_factory=dict)

    def given(self, name: str, host: str) -> bool:
        """Whether a step before has given the name on this host."""
        return name in self._everywhere or host in self._on.get(name, ())

    def holders(self, name: str) -> tuple[str, ...]:
        """The hosts on which the name is given by now."""
        return tuple(sorted(self._on.get(name, ())))

    def give(self, step: Step, hosts: Iterable[str]) -> None:
        """Note what a step gives, once it is planned."""
        for name in given_names(step):
            if step.once is not None:
                self._everywhere.add(name)
            else:
                self._on.setdefault(name, set()).update(hosts)


def ledger(runbook: Runbook) -> Ledger:
    """The names that a runbook's steps give, none of them given yet."""
    origins: dict[str, list[Origin]] = {}
    for step in _steps(runbook):
        for name in given_names(step):
            kind: Literal["register", "set"] = "register" if name == step.register else "set"
            title = step.name if isinstance(step.name, str) else getattr(step.name, "text", "")
            origins.setdefault(name, []).append(Origin(kind, title, step.place))
    return Ledger({name: tuple(found) for name, found in origins.items()})


def given_names(step: Step) -> tuple[str, ...]:
    """The names that a step gives to its result and its variables."""
    registered = (step.register,) if step.register else ()
    return (*registered, *(step.body.action.values if isinstance(step.body.action, SetVars) else ()))


def _steps(runbook: Runbook) -> Iterable[Step]:
    for stage in runbook.stages:
        traffic = stage.traffic
        for nodes in (traffic.drain if traffic else (), stage.steps, traffic.restore if traffic else (), stage.always):
            yield from _within(nodes)
    yield from _within(runbook.always)


def _within(nodes: Iterable[StepNode]) -> Iterable[Step]:
    for node in nodes:
        match node:
            case Step():
                yield node
            case Block() | Include():
                yield from _within(node.steps)
