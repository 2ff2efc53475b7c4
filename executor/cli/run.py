"""`runbook run`: the main job."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from executor.cli.options import check_option, plan_options, run_options
from executor.cli.planned import plan_of
from executor.cli.sealed import sealed_file
from executor.errors import Problem, WrongUsage


@click.command(epilog="Example: runbook run production-deploy -i prod -e version=v1.2.3")
@click.argument("runbook")
@plan_options
@run_options
@click.option("--dry-run", is_flag=True, help="Only show what would be done, as `runbook plan` does.")
@check_option
@click.option("--again", is_flag=True, help="Run a sealed plan that has been run already. The record says so.")
def command(runbook: str, dry_run: bool, check: bool, again: bool, **flags: Any) -> int:
    """Run a runbook on the hosts of an inventory, host by host, and undo it where it fails.

    RUNBOOK is a path, a name under runbooks/, or a sealed plan (FILE.json), which runs as it is or not at all. At a
    terminal the plan's outline is shown and a question asked first; -y goes at once. Ctrl-C asks what to do; a second
    one stops the run.
    """
    from executor.cli.session import attended, begin

    if (path := sealed_file(runbook)) is not None:
        return of_sealed(path, flags, check=check, dry_run=dry_run, again=again)
    if again:
        raise WrongUsage(Problem("--again is for sealed plans: a runbook can be run as often as you like"))
    plan = plan_of(runbook, flags, at_terminal=attended(flags))
    if dry_run or check:
        from executor.cli.plan import shown

        return shown(plan, flags, check=check)
    return begin(plan, flags)


def of_sealed(path: Path, flags: dict[str, Any], *, check: bool, dry_run: bool, again: bool) -> int:
    """What `run` does with a sealed plan: run it, or only show it."""
    from executor.cli.sealed_run import run_sealed, shown_sealed

    if not (dry_run or check):
        return run_sealed(path, flags, again=again)
    from executor.cli.plan import shown
    from executor.cli.sealed import flags_of

    plan, sealed = shown_sealed(path, flags)
    return shown(plan, flags_of(sealed, flags), check=check, sealed=sealed)
