"""`runbook run`: the main job."""

from __future__ import annotations

from typing import Any

import click

from executor.cli.options import check_option, plan_options, run_options
from executor.cli.planned import plan_of


@click.command(epilog="Example: runbook run production-deploy -i prod -e version=v1.2.3")
@click.argument("runbook")
@plan_options
@run_options
@click.option("--dry-run", is_flag=True, help="Only show what would be done, as `runbook plan` does.")
@check_option
def command(runbook: str, dry_run: bool, check: bool, **flags: Any) -> int:
    """Run a runbook on the hosts of an inventory, host by host, and undo it where it fails.

    RUNBOOK is a path, or a name under runbooks/. At a terminal the plan's outline is shown and a question asked
    first; -y goes at once. Ctrl-C asks what to do; a second one stops the run.
    """
    from executor.cli.session import attended, begin

    plan = plan_of(runbook, flags, at_terminal=attended(flags))
    if dry_run or check:
        from executor.cli.plan import shown

        return shown(plan, flags, check=check)
    return begin(plan, flags)
