"""`runbook rollback`: undo a run from its journal."""

from __future__ import annotations

import os
from typing import Any

import click

from executor.cli.options import carry_options


@click.command(epilog="Example: runbook rollback 20260301-101500-k3f9; runbook rollback production-deploy --host web2")
@click.argument("run", required=False, metavar="[RUN|RUNBOOK]")
@click.option("--host", "hosts", multiple=True, metavar="HOST", help="Only on this host. May be repeated.")
@click.option("--stage", "stages", multiple=True, metavar="STAGE", help="Only what this stage did. May be repeated.")
@carry_options
def command(run: str | None, hosts: tuple[str, ...], stages: tuple[str, ...], **flags: Any) -> int:
    """Undo what a run did, last first, with the handlers and values that it noted at the time.

    RUN is a run's id; a RUNBOOK (its path, its name or the name in it) means its last run that changed something.
    Without either the runs are listed and one is asked for. What will be undone is shown first; -y goes at once.
    """
    from executor.cli.carrying import Wish, go, taken
    from executor.cli.undoing import announce, chosen, must_be_possible
    from executor.journal import folders

    state = folders.state_folder(os.environ)
    folder = chosen(state, run)
    with taken(folder) as past:
        wish = Wish(undo=True, hosts=hosts, stages=stages)
        wish, undoable = must_be_possible(past, folder, wish, state)
        return go(past, folder, wish, flags, ready=lambda: announce(past, undoable, yes=flags["yes"]))
