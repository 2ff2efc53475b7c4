"""`runbook show`: one run's timeline, or the list of runs."""

from __future__ import annotations

import json
import os
import sys

import click

from executor.cli.main import COMMANDS
from executor.errors import InvalidInput


@click.command(epilog="Example: runbook show; runbook show 20260301-101500-k3f9 --format json")
@click.argument("run", required=False)
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text")
@click.option("--verify", is_flag=True, help="Check the chain of the journal, and say nothing else.")
@click.option("-v", "--verbose", is_flag=True, help="Connections and passed probes, too.")
def command(run: str | None, format_: str, verify: bool, verbose: bool) -> None:
    """Show a run's timeline from its journal. Without RUN: the list of runs, newest first.

    RUN is an id, or as much of its beginning or end as makes it plain; `last` is the newest.
    """
    from executor.journal import folders, reading
    from executor.journal.index import unreadable
    from executor.journal.past import plan_now
    from executor.report import show
    from executor.report.safe import inert_json

    state = folders.state_folder(os.environ)
    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    if run is None and not verify:
        rows = []
        for folder in folders.all_runs(state):
            try:
                row = show.row(reading.read(folder.journal))
            except InvalidInput as error:
                click.echo(unreadable(folder, error), err=True)
                continue
            rows += [row] if row is not None else []
        text = (
            inert_json(json.dumps(show.runs_json(rows), indent=2)) + "\n"
            if format_ == "json"
            else show.runs_text(rows, colour=colour)
        )
        click.echo(text, nl=False)
        return
    folder = folders.find(state, None if run in (None, "last") else run)
    if verify:
        count = sum(1 for _ in reading.read(folder.journal))
        click.echo(f"{folder.run}: {count} events, unbroken")
        return
    plan = plan_now(folder)
    events = reading.read(folder.journal)
    if format_ == "json":
        click.echo(inert_json(json.dumps(show.as_json(plan, events), indent=2)))
        return
    for piece in show.timeline(plan, events, commands=COMMANDS, everything=verbose, colour=colour):
        click.echo(piece, nl=False)
