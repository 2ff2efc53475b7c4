"""A check: the hosts of a plan are connected to, without a lock or a trace, and asked what can be read there."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from executor.cli import secrets
from executor.cli.passwords import become_password
from executor.errors import Exit
from executor.model.plans import Plan
from executor.planning.findings import Findings, anything_changes, fails

if TYPE_CHECKING:
    from executor.checking.checking import Checked
    from executor.hosts.pool import Hosts


@contextmanager
def checked(plan: Plan, flags: Mapping[str, Any]) -> Iterator[Checked]:
    """What a check of the plan finds. While this lasts, what is printed is free of the plan's secrets.

    Raises RunbookError where a secret or sudo's password cannot be had.
    """
    from executor.checking.asking import Desk
    from executor.checking.checking import check
    from executor.engine.index import index
    from executor.hosts.pool import Hosts
    from executor.secrets import vault

    password = become_password() if flags["ask_become_pass"] else None
    sealed = vault(secrets.fetched(plan, flags, at_terminal=sys.stdin.isatty() and sys.stderr.isatty()))
    with (
        secrets.concealing(sealed.redactor),
        Hosts(
            plan.hosts,
            run="check",
            root=Path(plan.root),
            become_password=password,
            patience=flags["lost_after"],
            secret=lambda name: sealed.secrets[name].reveal(),
            traceless=True,
        ) as hosts,
    ):
        lost = _connected(hosts, index(plan).remote)
        desk = Desk(hosts.host, plan.hosts, Path(plan.root), vault=sealed, lost=lost, forks=plan.forks)
        with closing(desk):
            found = check(plan, desk.ask_all, lost=lost, diff=flags["diff"])
        yield found


def exit_code(findings: Findings, *, detailed: bool) -> Exit:
    """Unreachable hosts before all else; then what would fail for sure; and if `detailed`, whether anything changes."""
    if findings.unreachable:
        return Exit.UNREACHABLE
    if any(map(fails, findings.all())) or (detailed and anything_changes(findings)):
        return Exit.ROLLED_BACK
    return Exit.DONE


def _connected(hosts: Hosts, names: Sequence[str]) -> dict[str, str]:
    """Connect to all of them, side by side. Returns those that cannot be reached, each with why."""
    if names and sys.stderr.isatty():
        click.echo(f"asking {len(names):,} host{'s' if len(names) > 1 else ''} …", err=True)
    return {name: _why(failure) for name, failure in hosts.reach(names).items() if failure is not None}


def _why(failure: Any) -> str:
    return f"{failure.reason} ({failure.hint})" if failure.hint else str(failure.reason)
