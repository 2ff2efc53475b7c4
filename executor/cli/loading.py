"""From flags to a project, an inventory and a runbook."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from executor.cli.options import Sources
from executor.errors import InvalidInput, Problem, WrongUsage
from executor.model.inventories import HostSpec, Inventory, Ssh


def root_here() -> Path:
    """The project's root, seen from the working directory."""
    from executor.language import project_root

    return project_root(Path.cwd())


def load_hosts(sources: Sources, root: Path | None = None, *, beside: Path | None = None) -> Inventory:
    """The inventory of `-i`. `beside` is the folder of the runbook that it is for, with variables of its own.

    Raises WrongUsage without one, InvalidInput where it is wrong.
    """
    from executor.language import load_inventory

    if not sources.names:
        hint = "-i prod, -i inventories/prod.yml or -i web1,web2, (or `inventory` in runbook.toml)"
        raise WrongUsage(Problem("no inventory: which hosts?", hint=hint, code="no-inventory"))
    where = root if root is not None else root_here()
    names = [_sandbox(source, where) for source in sources.names]
    return load_inventory(names, root=where, beside=beside, vault_password_files=sources.vault_password_files)


def _sandbox(source: str, root: Path) -> str:
    """`-i sandbox` is the running sandbox, unless the project has an inventory of that name."""
    if source != "sandbox" or any((root / "inventories" / f"sandbox{end}").exists() for end in (".yml", ".yaml", "")):
        return source
    from executor.sandbox import inventory_path

    path = inventory_path()
    if not path.exists():
        raise InvalidInput(Problem("the sandbox is not up", hint="runbook sandbox up", code="no-sandbox"))
    return str(path)


def host_named(inventory: Inventory, name: str) -> HostSpec:
    """One host by its name. Raises InvalidInput with a suggestion."""
    spec = inventory.hosts.get(name)
    if spec is None:
        close = difflib.get_close_matches(name, inventory.hosts, 1)
        hint = f"did you mean '{close[0]}'?" if close else "runbook inventory --graph -i … shows what there is"
        raise InvalidInput(Problem(f"no host '{name}' in the inventory", hint=hint, code="unknown-host"))
    return spec


def as_flagged(hosts: Mapping[str, HostSpec], flags: Mapping[str, Any]) -> dict[str, HostSpec]:
    """The hosts with the user and the key of the command line, where the inventory does not say."""

    def flagged(ssh: Ssh) -> Ssh:
        return replace(ssh, user=ssh.user or flags["user"], key=ssh.key or flags["private_key"])

    return {name: replace(spec, ssh=flagged(spec.ssh)) for name, spec in hosts.items()}
