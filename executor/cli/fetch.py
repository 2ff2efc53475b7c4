"""`runbook fetch`: take a run's journal over from its hosts."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from executor.cli.loading import as_flagged, load_hosts, root_here
from executor.cli.options import Sources, inventory_option, limit_option, reach_options
from executor.errors import Exit, Problem, Refused, Unreachable
from executor.report.phrasing import count

if TYPE_CHECKING:
    from executor.hosts.pool import Hosts
    from executor.hosts.protocol import Host
    from executor.journal.folders import RunFolder

STOPS_WITHIN = 2.0  # seconds: a controller that is alive finds out with the next piece of its journal that it sends


@click.command(epilog="Example: runbook fetch 20260301-101500-k3f9 -i prod")
@click.argument("run")
@inventory_option
@limit_option
@reach_options
@click.option("-K", "--ask-become-pass", is_flag=True, help="Ask once for sudo's password.")
@click.option("--take-over", is_flag=True, help="Also from a controller that still carries the run on: that one stops.")
def command(run: str, inventory: Sources, limit: str | None, take_over: bool, **flags: Any) -> int:
    """Take a run over from its hosts, to resume it or to undo it from this machine.

    RUN is a run's id, or a part of it. The machine that ran it may be lost: its hosts have the journal as it was a
    moment before, and know what they have begun since. Where that machine still shows signs of life the run is left to
    it.
    """
    from executor.cli.passwords import become_password
    from executor.cli.session import operator
    from executor.hosts.pool import Hosts
    from executor.journal.folders import RunFolder, new_run_id, state_folder
    from executor.language import match_hosts
    from executor.mirror.fetching import SILENCE, find, goes_on, keep, looked_for, must_be_elsewhere

    root = root_here()
    known = load_hosts(inventory, root)
    names = [name for name in match_hosts(limit or "all", known) if not known.hosts[name].local]
    password = become_password() if flags["ask_become_pass"] else None
    own = f"fetch-{new_run_id(datetime.now().astimezone())}"
    with Hosts(
        as_flagged(known.hosts, flags), run=own, root=root, become_password=password, patience=flags["lost_after"]
    ) as hosts:
        reached = _reached(hosts, names)
        copies = find(reached, run)
        must_be_elsewhere(RunFolder(state_folder(os.environ) / "runs" / copies[0].run), copies)
        if not take_over and (who := looked_for(copies)):
            click.echo(f"does it go on? Looking for a sign of life from {who}, for {SILENCE:.0f}s at most", err=True)
        if not take_over and (who := goes_on(reached, copies, time.sleep)):
            hint = "stop it there; or, if that cannot be, --take-over makes it stop before its next barrier is passed"
            raise Refused(Problem(f"run {copies[0].run} goes on: {who}", hint=hint, code="goes-on"))
        if take_over:
            click.echo(f"taken from {copies[0].owner.who or 'nobody'}, whether it goes on there or not", err=True)

        def complete(folder: RunFolder) -> None:
            if any(not copy.owner.over for copy in copies):
                time.sleep(STOPS_WITHIN)  # until then it may have begun more
            click.echo(_completed(folder, flags, inventory, reached, password), err=True, nl=False)

        fetched = keep(reached, copies, state_folder(os.environ), f"{operator()} on {socket.gethostname()}", complete)
    for note in fetched.notes:
        click.echo(f"not used: {note}", err=True)
    for name in fetched.silent:
        click.echo(f"{name}: its copy could not be marked as taken over", err=True)
    name = fetched.folder.run
    click.echo(f"run {name} is here now: {fetched.events} events, from {fetched.source}")
    click.echo(f"  runbook resume {name}\n  runbook rollback {name}")
    return Exit.DONE


def _reached(hosts: Hosts, names: Sequence[str]) -> dict[str, Host]:
    """Connect to all of them; who cannot be reached is told. Raises Unreachable where nobody can."""
    met = hosts.reach(names)
    for name, failure in met.items():
        if failure is not None:
            click.echo(f"{name}: {failure.reason}", err=True)
    reached = {name: hosts.host(name) for name, failure in met.items() if failure is None}
    if not reached:
        raise Unreachable(Problem("no host of the inventory could be reached", code="unreachable"))
    return reached


def _completed(
    folder: RunFolder,
    flags: Mapping[str, Any],
    inventory: Sources,
    reached: Collection[str],
    password: Callable[[], str] | None,
) -> str:
    """Complete the run's journal by what the hosts know. Returns what is to be said of it, a line each."""
    from executor.cli import secrets
    from executor.cli.moving import Here, note
    from executor.cli.session import at_terminal
    from executor.drive.completing import complete
    from executor.hosts.pool import Hosts
    from executor.journal.past import plan_of, recall
    from executor.secrets import vault

    here = Here(root_here(), inventory, Path(plan_of(folder).root))
    note(folder, here)
    past = recall(folder, here.plan)
    plan = past.plan
    sealed = vault(secrets.fetched(plan, {"inventory": inventory}, at_terminal=at_terminal()))
    with (
        secrets.concealing(sealed.redactor),
        Hosts(
            as_flagged(plan.hosts, flags),
            run=folder.run,
            root=Path(plan.root),
            become_password=password,
            secret=lambda name: sealed.secrets[name].reveal(),
            known=past.reached,
        ) as hosts,
    ):
        found = complete(folder, past, hosts, reached, sealed)
    lines = list(found.notes)
    if found.steps:
        lines.insert(0, f"its hosts know of {count(found.steps, 'step')} more than the copy")
    return "".join(f"{line}\n" for line in lines)
