"""`runbook ping`: is every host ready for a run?"""

from __future__ import annotations

import os
import sys
from datetime import datetime
from functools import partial
from queue import SimpleQueue
from typing import Any

import click

from executor.cli.loading import as_flagged, load_hosts, root_here
from executor.cli.options import Sources, inventory_option, limit_option, login_options
from executor.cli.passwords import become_password
from executor.errors import Exit
from executor.report.paint import paint
from executor.report.safe import inert, visible


@click.command(epilog="Example: runbook ping -i prod -l web")
@inventory_option
@limit_option
@login_options
def command(inventory: Sources, limit: str | None, **flags: Any) -> int:
    """Can every host be reached, logged in to, written on and forwarded through? Changes nothing but a trial step.

    With -b also: does sudo let us become root there?
    """
    from executor.hosts.pool import Hosts
    from executor.journal.folders import new_run_id
    from executor.language import match_hosts

    root = root_here()
    known = load_hosts(inventory, root)
    names = match_hosts(limit or "all", known)
    specs = as_flagged(known.hosts, flags)
    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    grave = False
    password = become_password() if flags["ask_become_pass"] else None

    def reveal(name: str) -> str:
        return known.vaulted[name].reveal()

    run = f"ping-{new_run_id(datetime.now().astimezone())}"
    with Hosts(
        specs, run=run, root=root, become_password=password, patience=flags["lost_after"], secret=reveal
    ) as hosts:
        look = partial(_look, hosts, become=flags["become"])
        told: SimpleQueue[tuple[str, list[str], bool]] = SimpleQueue()
        hosts.connect(names, lambda name, seconds, failure: told.put(look(name, seconds, failure)))
        answers: dict[str, tuple[list[str], bool]] = {}
        for name in names:  # told in the inventory's order, each as soon as those before it have answered
            while name not in answers:
                answered, said, grave_there = told.get()
                answers[answered] = (said, grave_there)
            lines, bad = answers[name]
            grave = grave or bad
            click.echo(paint(f"{name}: {'NOT READY' if bad else 'ready'}", "bad" if bad else "good", colour))
            for line in lines:
                click.echo(f"  {inert(visible(line))}")
    return Exit.UNREACHABLE if grave else Exit.DONE


def _look(hosts: Any, name: str, seconds: float, failure: Any, *, become: bool) -> tuple[str, list[str], bool]:
    from executor.hosts.checkup import checkup

    if failure is not None:
        return name, [failure.reason, *([failure.hint] if failure.hint else [])], True
    findings = checkup(hosts.host(name), become=become)
    lines = [f"connected in {seconds * 1000:.0f} ms", *(finding.text for finding in findings)]
    return name, lines, any(finding.grave for finding in findings)
