"""Where a secret may stand in what is planned, and which secrets a plan asks for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

from executor.errors import InvalidInput, Problem
from executor.model.actions import Action, Checklist, Copy, ProbeAction, Shell, TemplateFile
from executor.model.inventories import Inventory
from executor.model.leaves import Kind, Late, Template
from executor.model.places import Place
from executor.model.plans import PlannedStage, PlannedStep
from executor.model.probes import Http, Probe, ShellProbe
from executor.model.steps import Body, Item, Task
from executor.templates import did_you_mean, leaves, place_of_name, secrets_of, unsealed, waits_for_secret

_WAY_ROUND = (
    "a secret can stand in a shell script, in `environment:` and `stdin:`, in what `copy` and `template` write, and in "
    "an http probe's url, headers and data"
)


def unknown(template: Template, inventory: Inventory) -> Iterator[Problem]:
    """A problem for each secret that a template asks for and the inventory does not have."""
    known = {*inventory.secrets, *inventory.vaulted}
    for name in sorted(secrets_of(template) - known):
        hint = did_you_mean(name, known) or "the inventory says under `secrets:` where each one is fetched"
        yield Problem(f"there is no secret {name!r}", place_of_name(template, "secret"), hint, "unknown-secret")


# --- places ------------------------------------------------------------------------------------------------------


def misplaced_in_task(task: Task) -> Iterator[Problem]:
    """A problem for each secret of a task that would be shown, kept or decided by. Handlers are tasks of their own."""
    yield from misplaced(task.name, "in a step's name")
    yield from misplaced(task.loop, "in a loop")
    for item in task.items:
        yield from misplaced(item.value, "in a loop")
        yield from misplaced(item.when, "in a condition")
        yield from _misplaced_in_body(item.body)
        yield from _written_out(item.body)


def misplaced_in_probe(probe: Probe) -> Iterator[Problem]:
    return misplaced(_bare_probe(probe), "here")


def misplaced(tree: object, where: str) -> Iterator[Problem]:
    """A problem for each leaf of a tree that asks for a secret."""
    for leaf in leaves(tree):
        if isinstance(leaf, Late) and waits_for_secret(leaf):
            decides = leaf.template.kind is Kind.EXPRESSION
            place = leaf.template.place
            yield Problem(
                f"a secret cannot stand {'in a condition' if decides else where}", place, _WAY_ROUND, "misplaced-secret"
            )


def _misplaced_in_body(body: Body) -> Iterator[Problem]:
    """Everything of a body but the places that can keep a secret."""
    rest = replace(
        body,
        action=_bare(body.action),
        settings=replace(body.settings, environment={}),
        stdin=None,
        only_if=None,
        unless=None,
        apply=None,
        verify=None if body.verify is None else _bare_probe(body.verify),
    )
    yield from misplaced(rest, "here")


def _written_out(body: Body) -> Iterator[Problem]:
    """A problem for each script into which `raw` would write a secret: found by trying it with a value that is none."""
    for leaf in leaves(body):
        if isinstance(leaf, Late) and leaf.template.kind is Kind.SHELL and waits_for_secret(leaf):
            try:
                unsealed(leaf, dict.fromkeys(secrets_of(leaf), "0000"))
            except InvalidInput as error:
                yield from (problem for problem in error.problems if problem.code == "raw-secret")


def _bare(action: Action) -> Action:
    match action:
        case Shell():
            return Shell("")
        case Copy() | TemplateFile():
            return replace(action, content="")
        case ProbeAction(probe):
            return ProbeAction(_bare_probe(probe))
        case Checklist(items):
            probes = (None if item.probe is None else _bare_probe(item.probe) for item in items)
            return Checklist(
                tuple(replace(item, shell=None, probe=probe) for item, probe in zip(items, probes, strict=True))
            )
    return action


def _bare_probe(probe: Probe) -> Probe:
    match probe.verb:
        case Http() as http:
            return replace(probe, verb=replace(http, url="", headers={}, data=None))
        case ShellProbe() as shell:
            return replace(probe, verb=replace(shell, script=""))
    return probe


# --- names -------------------------------------------------------------------------------------------------------


def asked_for(stages: Iterable[PlannedStage], always: Iterable[PlannedStep]) -> tuple[str, ...]:
    """The names of the secrets that a plan's tasks and probes ask for, sorted. What hosts share is looked at once."""
    found: set[str] = set()
    seen: set[int] = set()
    _gather((*stages, *always), found, seen)
    return tuple(sorted(found))


def _gather(node: Any, found: set[str], seen: set[int]) -> None:
    match node:
        case None | str() | int() | float() | Place() | Template():
            return  # a template that is left in a plan belongs to something that is not done
        case Late():
            found |= secrets_of(node)
        case dict():
            for value in node.values():
                _gather(value, found, seen)
        case tuple() | list():
            for value in node:
                _gather(value, found, seen)
        case _ if is_dataclass(node) and id(node) not in seen:
            seen.add(id(node))
            if not (isinstance(node, Item) and _never(node)):
                for field in fields(node):
                    _gather(getattr(node, field.name), found, seen)


def _never(item: Item) -> bool:
    """Known not to be done: one of its conditions is false."""
    return any(when is False or (isinstance(when, Late) and not when.needs) for when in item.when)
