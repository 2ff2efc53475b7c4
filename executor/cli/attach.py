"""`runbook attach`: follow a run that another process carries out on this machine."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Literal

import click

from executor.errors import Exit, Problem, Refused

if TYPE_CHECKING:
    from executor.journal.folders import RunFolder

LOOK = 0.1  # seconds between two looks at the journal
ALIVE = 1.0  # seconds between two looks at whether the run's process is there


@click.command(epilog="Example: runbook attach; runbook attach k3f9 --output jsonl")
@click.argument("run", required=False)
@click.option(
    "--output", type=click.Choice(["text", "jsonl"]), default="text", help="jsonl: one event a line, on stdout."
)
@click.option("-v", "--verbose", is_flag=True, help="Output as it comes, connections and passed probes, too.")
def command(run: str | None, output: Literal["text", "jsonl"], verbose: bool) -> int:
    """Follow a run that goes on in another process: one whose terminal was closed, say. Without RUN: the one that is.

    It ends with the run, and with its exit code; of a run that has ended by then the summary is told. Ctrl-C leaves the
    run going. Questions are answered where it was started.
    """
    from executor.cli.following import Following
    from executor.journal.holding import holder

    folder = _chosen(run)
    going = bool(holder(folder))
    following = Following(folder, output, everything=verbose)
    if not going and following.over:
        following.close()
        return following.tell()
    if not going:
        hint = f"runbook show {folder.run} tells how far it is, runbook resume {folder.run} carries it on"
        raise Refused(Problem(f"run {folder.run} does not go on just now", hint=hint, code="not-running"))
    try:
        click.echo(f"following run {folder.run}; Ctrl-C leaves it going", err=True)
        due = time.monotonic() + ALIVE
        while going:
            time.sleep(LOOK)
            if time.monotonic() >= due:
                going = bool(holder(folder))
                due = time.monotonic() + ALIVE
            following.look()  # once more also when it has gone
            going = going and not following.over
    except KeyboardInterrupt:
        following.close()
        click.echo(f"run {folder.run} goes on; runbook attach {folder.run} follows it again", err=True)
        return Exit.DONE
    following.close()
    return following.tell()


def _chosen(run: str | None) -> RunFolder:
    from executor.journal import folders
    from executor.journal.index import glances

    state = folders.state_folder(os.environ)
    if run is not None:
        return folders.find(state, run)
    running = [one.folder for one in glances(state) if one.standing == "running"]
    if len(running) == 1:
        return running[0]
    if not running:
        raise Refused(Problem("no run goes on just now", hint="runbook status", code="not-running"))
    names = ", ".join(folder.run for folder in running)
    raise Refused(Problem(f"{len(running)} runs go on: which one?", hint=f"runbook attach RUN: {names}"))
