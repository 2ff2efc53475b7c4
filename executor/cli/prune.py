"""`runbook prune`: remove the records of runs that are old enough."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import click

from executor.cli.session import at_terminal, operator
from executor.errors import Exit, Problem, RunbookError


@click.command(epilog="Example: runbook prune; runbook prune --keep 50 --days 90 -y")
@click.option(
    "--keep", type=click.IntRange(min=0), default=20, show_default=True, help="Keep so many of the last runs."
)
@click.option("--days", type=click.IntRange(min=0), default=30, show_default=True, help="And all younger than this.")
@click.option("-y", "--yes", is_flag=True, envvar="RUNBOOK_YES", help="Remove, without the question.")
def command(keep: int, days: int, yes: bool) -> None:
    """Show which runs are kept here and why, and remove the others: their journals and the output of their steps.

    What is removed can be neither shown nor undone any more. An unfinished run is never removed.
    """
    from executor.journal import folders
    from executor.journal.holding import holding
    from executor.journal.index import glances
    from executor.journal.pruning import remove, sort_out
    from executor.report.phrasing import count, size

    found = sort_out(list(glances(folders.state_folder(os.environ))), datetime.now(UTC), runs=keep, days=days)
    for one in found:
        when = f"{one.run.last.astimezone():%Y-%m-%d %H:%M}"
        click.echo(f"{one.run.folder.run}  {when}  {size(one.size):>8}  {one.run.started.name}: {one.why or 'GOES'}")
    going = [one for one in found if not one.why]
    if not going:
        click.echo(f"{count(len(found), 'run')} kept, nothing to remove" if found else "There is no run yet.")
        return
    what = f"{count(len(going), 'run')}, {size(sum(one.size for one in going))}"
    if not yes and not at_terminal():
        raise RunbookError(
            Problem(f"not removed: {what}", hint="-y removes them", code="prune"), exit_code=Exit.REFUSED
        )
    if not yes and not click.confirm(f"Remove {what}?", default=False, err=True):
        raise RunbookError(Problem("nothing was removed"), exit_code=Exit.REFUSED)
    for one in going:
        with holding(one.run.folder, operator()):
            remove(one.run.folder)
    click.echo(f"removed {what}")
