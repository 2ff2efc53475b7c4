"""Sealed plans at the command line: which file is one, what may be said beside it, and under whose approval it runs."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from executor.cli.options import Sources
from executor.errors import Problem, Refused, WrongUsage
from executor.model.inventories import Approvals
from executor.model.plans import Plan

if TYPE_CHECKING:
    from executor.approvals.standing import Standing
    from executor.sealing.opening import Sealed

SUFFIX = ".json"
_VARIABLES = {"group_vars", "host_vars"}  # folders in which there are no inventories
# What a sealed plan has settled, by the flags' names in the commands.
_SETTLED = {
    "inventory": "-i",
    "limit": "-l",
    "tags": "-t",
    "skip_tags": "--skip-tags",
    "extra_vars": "-e",
    "forks": "-f",
    "user": "-u",
    "become": "-b",
    "start_at_stage": "--start-at-stage",
    "step_mode": "--step",
    "on_failure": "--on-failure",
}


def sealed_file(name: str) -> Path | None:
    """The file of a sealed plan, where that is what a command was given: a path that ends in .json; else None."""
    path = Path(name).expanduser()
    return path if path.suffix == SUFFIX and not path.is_dir() else None


def opened(path: Path) -> Sealed:
    """A sealed plan that is whole, for this machine. Raises InvalidInput, Refused, and WrongUsage where a flag stands
    beside it that would make it another plan."""
    from executor import __version__
    from executor.sealing.opening import open_sealed, read_sealed
    from executor.sealing.portable import Spot

    refuse_flags(click.get_current_context())
    data = read_sealed(path)
    return open_sealed(path, data, __version__, Spot.of(root_of(path)))


def refuse_flags(context: click.Context) -> None:
    """Raises WrongUsage for each flag on the command line that would change a sealed plan."""
    given = [
        flag for name, flag in _SETTLED.items() if context.get_parameter_source(name) is ParameterSource.COMMANDLINE
    ]
    if given:
        hint = "seal another one with it: runbook plan RUNBOOK -i INVENTORY … --out FILE"
        raise WrongUsage(Problem(f"a sealed plan runs as it is: it takes no {', '.join(given)}", hint=hint))


def root_of(path: Path) -> Path:
    """The project that it is run in: the one of the working folder, or else the one that the file lies in."""
    from executor.cli.loading import root_here
    from executor.language import project_root

    here, there = root_here(), project_root(path)
    marked = any((here / mark).exists() for mark in ("runbook.toml", "runbooks", "inventories", ".git"))
    return here if marked else there


# --- whether it may run ----------------------------------------------------------------------------------------------


def must_be_fit(sealed: Sealed, now: datetime) -> None:
    """Raises Refused where it has expired, or where what it sends or its inventory is not what it was."""
    from executor.sealing.checks import stale

    problems = stale(sealed, now, here=Path.cwd())
    if problems:
        raise Refused(*problems)


def approvals(path: Path, sealed: Sealed, now: datetime) -> Standing:
    """How it stands with its approvals. Raises Refused and InvalidInput where its signers cannot be read."""
    from executor.approvals.standing import standing

    return standing(path, sealed.data, policies(sealed.plan), now)


def policies(plan: Plan) -> tuple[Approvals, ...]:
    """What its own inventory asked for, and what any inventory of the project asks for of the same hosts: whoever
    makes a plan without its policy gets around neither."""
    from executor.engine.index import may_change

    specs = [plan.hosts[name] for name in may_change(plan)]
    here = _policies_here(Path(plan.root), {word.lower() for spec in specs for word in (spec.name, spec.address)})
    return tuple(dict.fromkeys((*plan.approvals, *here)))


def _policies_here(root: Path, hosts: set[str]) -> Iterator[Approvals]:
    from executor.language.inventory.policies import approvals_in

    for path in sorted((root / "inventories").rglob("*.y*ml")):
        if not _VARIABLES.intersection(path.parts) and path.is_file() and _may_ask(path):
            known, wanted = approvals_in(path, root)
            if hosts & {word.lower() for word in known}:
                yield from wanted


def _may_ask(path: Path) -> bool:
    """Whether a file can ask for approvals, without parsing it; what cannot be read may, and is told when it is."""
    from executor.language.sources import read_bytes

    try:
        return b"approvals" in read_bytes(path)
    except (OSError, ValueError):
        return True


# --- to be run -------------------------------------------------------------------------------------------------------


def as_here(sealed: Sealed, flags: Mapping[str, Any], *, attended: bool) -> Plan:
    """The plan for this machine and whoever is there: what runs is the same, only who is asked is not."""
    hosts = sealed.plan.hosts
    if key := flags["private_key"]:
        path = os.path.abspath(Path(key).expanduser())  # noqa: PTH100  links in it are its owner's business
        hosts = {
            name: spec if spec.ssh.key or spec.local else replace(spec, ssh=replace(spec.ssh, key=path))
            for name, spec in hosts.items()
        }
    stages = tuple(
        replace(stage, on_failure="rollback") if stage.on_failure == "ask" and not attended else stage
        for stage in sealed.plan.stages
    )
    return replace(sealed.plan, hosts=hosts, stages=stages, attended=attended)


def flags_of(sealed: Sealed, flags: Mapping[str, Any]) -> dict[str, Any]:
    """The flags with the inventory that the plan was made with, from which its secrets are fetched."""
    given: Sources = flags["inventory"]
    return {**flags, "inventory": Sources(sealed.inventory, given.vault_password_files)}
