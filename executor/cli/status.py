"""`runbook status`: unfinished runs, and which run every host is on."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable

import click

from executor.journal.index import Glance
from executor.report.standing import OnHost, OpenRun


@click.command(epilog="Example: runbook status; runbook status --format json")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text")
def command(format_: str) -> None:
    """Show what needs somebody: runs that were stopped or cut off, with what to type; then what each host is on.

    A host is on the last run that has left something on it. It is told from the runs that are kept here.
    """
    from executor.journal import folders
    from executor.journal.index import glances
    from executor.report import standing

    known = list(glances(folders.state_folder(os.environ)))
    open_runs = [_open(one) for one in known if one.open or one.held]
    hosts = _hosts(known)
    if format_ == "json":
        click.echo(json.dumps(standing.as_json(open_runs, hosts), indent=2))
        return
    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    click.echo(standing.text(open_runs, hosts, colour=colour), nl=False)


def _open(one: Glance) -> OpenRun:
    run = one.folder.run
    match one.standing:
        case "running":
            return OpenRun(run, one.started.name, f"running: {one.held}", one.last, (f"runbook show {run}",))
        case "cut off":
            how = "cut off: the program that ran it is gone"
        case _:
            how = one.ended.status if one.ended is not None else one.standing
    commands = (f"runbook resume {run}", f"runbook rollback {run}", f"runbook show {run}")
    return OpenRun(run, one.started.name, how, one.last, commands if one.standing != "incomplete" else commands[::2])


def _hosts(known: Iterable[Glance]) -> list[OnHost]:
    """The newest run that has left something on each host, by host and inventory."""
    from executor.journal.past import recall
    from executor.journal.pruning import DAYS, kept_until

    found: dict[tuple[str, str], OnHost] = {}
    for one in known:
        past = recall(one.folder)
        inventory = ", ".join(past.started.inventory)
        for name, host in past.state.hosts.items():
            left = [entry for entry in host.armed.values() if entry.status == "armed" and not entry.unchanged]
            if not left or (name, inventory) in found:
                continue
            able = any(entry.pending for entry in left)
            said = past.ended.hosts[name].state if past.ended is not None and name in past.ended.hosts else one.standing
            params = " ".join(f"{key}={value}" for key, value in past.started.params.items())
            found[name, inventory] = OnHost(
                name,
                inventory,
                one.started.name,
                one.folder.run,
                one.last,
                params,
                said,
                "yes" if able else "no",
                kept_until(one, DAYS) if able else None,
            )
    return [found[key] for key in sorted(found)]
