"""`runbook resume`: carry on a run that was stopped, crashed or lost its machine."""

from __future__ import annotations

import os
from time import time
from typing import Any

import click

from executor.cli.options import carry_options
from executor.errors import Exit, Problem, Refused


@click.command(epilog="Example: runbook resume; runbook resume 20260301-101500-k3f9 --replan")
@click.argument("run", required=False)
@click.option("--replan", is_flag=True, help="By the runbook and inventory as they are now: shown first, and asked.")
@carry_options
def command(run: str | None, replan: bool, **flags: Any) -> int:
    """Carry on a run where it stands. Without RUN: the last one that is unfinished.

    What was completed is not run again; what was started is asked for on its host. A run that stopped because it failed
    tries the failed step once more; one whose rollback is not complete goes on with the rollback.

    The run goes on as it was planned. Where its files have been edited it is refused: --replan plans anew what is left.
    """
    from executor.cli.carrying import Wish, go, same_files, taken
    from executor.cli.replanning import go_on_replanned
    from executor.cli.undoing import undoable_of
    from executor.journal import folders
    from executor.journal.index import unfinished

    state = folders.state_folder(os.environ)
    folder = folders.find(state, run) if run is not None else unfinished(state)
    with taken(folder) as past:
        ended = past.ended
        if ended is not None and not ended.resumable and ended.exit is not Exit.INCOMPLETE:
            able = undoable_of(past, time())
            hint = (
                f"runbook rollback {folder.run} undoes it" if able else f"runbook show {folder.run} tells what it did"
            )
            raise Refused(Problem(f"run {folder.run} is finished: {ended.status}", hint=hint, code="finished"))
        if replan:
            return go_on_replanned(past, folder, flags)
        same_files(past, folder)
        return go(past, folder, Wish(), flags, ready=lambda _password, _sealed: None)
