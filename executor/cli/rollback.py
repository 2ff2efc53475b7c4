"""`runbook rollback`: undo a run from its journal."""

from __future__ import annotations

import os
from collections.abc import Callable
from time import time
from typing import TYPE_CHECKING, Any

import click

from executor.cli.options import carry_options

if TYPE_CHECKING:
    from executor.secrets import Vault


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
    from executor.cli.looking import must_be_as_left
    from executor.cli.undoing import announce, chosen, must_be_possible, must_be_wanted
    from executor.journal import folders

    state, now = folders.state_folder(os.environ), time()
    folder = chosen(state, run, now)
    with taken(folder) as past:
        wish = Wish(undo=True, hosts=hosts, stages=stages)
        way = must_be_possible(past, folder, wish, state, now=now, overridden="lock" in flags["override"])
        announce(past, way, now)

        def ready(password: Callable[[], str] | None, sealed: Vault) -> None:
            must_be_as_left(past, folder, way.found, state, flags, password=password, sealed=sealed)
            must_be_wanted(yes=flags["yes"])

        return go(past, folder, way.wish, flags, ready=ready)
