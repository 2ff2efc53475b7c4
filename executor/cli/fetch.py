"""`runbook fetch`: take a run's journal over from its hosts."""

from __future__ import annotations

import os
import socket
import time
from datetime import datetime
from queue import SimpleQueue
from typing import Any

import click

from executor.cli.loading import as_flagged, load_hosts, root_here
from executor.cli.options import Sources, inventory_option, limit_option, reach_options
from executor.errors import Exit, Problem, Refused, Unreachable


@click.command(epilog="Example: runbook fetch 20260301-101500-k3f9 -i prod")
@click.argument("run")
@inventory_option
@limit_option
@reach_options
@click.option("--take-over", is_flag=True, help="Also from a controller that still carries the run on: that one stops.")
def command(run: str, inventory: Sources, limit: str | None, take_over: bool, **flags: Any) -> int:
    """Take a run over from its hosts, to resume it or to undo it from this machine.

    RUN is a run's id, or a part of it. The machine that ran it may be lost: its hosts have the journal as it was at the
    last barrier. Where that machine still shows signs of life the run is left to it.
    """
    from executor.cli.session import operator
    from executor.hosts.pool import Hosts
    from executor.journal.folders import new_run_id, state_folder
    from executor.language import match_hosts
    from executor.mirror.fetching import find, goes_on, keep

    root = root_here()
    known = load_hosts(inventory, root)
    names = [name for name in match_hosts(limit or "all", known) if not known.hosts[name].local]
    own = f"fetch-{new_run_id(datetime.now().astimezone())}"
    with Hosts(as_flagged(known.hosts, flags), run=own, root=root, patience=flags["lost_after"]) as hosts:
        told: SimpleQueue[tuple[str, str]] = SimpleQueue()
        hosts.connect(names, lambda name, _seconds, failure: told.put((name, failure.reason if failure else "")))
        answers = dict(told.get() for _ in names)
        for name, why in answers.items():
            if why:
                click.echo(f"{name}: {why}", err=True)
        reached = {name: hosts.host(name) for name in names if not answers[name]}
        if not reached:
            raise Unreachable(Problem("no host of the inventory could be reached", code="unreachable"))
        copies = find(reached, run)
        if not take_over and (who := goes_on(reached, copies, time.sleep)):
            hint = "stop it there; or, if that cannot be, --take-over makes it stop before its next barrier is passed"
            raise Refused(Problem(f"run {copies[0].run} goes on: {who}", hint=hint, code="goes-on"))
        if take_over:
            click.echo(f"taken from {copies[0].owner.who or 'nobody'}, whether it goes on there or not", err=True)
        fetched = keep(reached, copies, state_folder(os.environ), f"{operator()} on {socket.gethostname()}")
    for note in fetched.notes:
        click.echo(f"not used: {note}", err=True)
    for name in fetched.silent:
        click.echo(f"{name}: its copy could not be marked as taken over", err=True)
    name = fetched.folder.run
    click.echo(f"run {name} is here now: {fetched.events} events, from {fetched.source}")
    click.echo(f"  runbook resume {name}\n  runbook rollback {name}")
    return Exit.DONE
