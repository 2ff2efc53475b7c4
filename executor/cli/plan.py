"""`runbook plan`: everything that run would do, without a connection."""

from __future__ import annotations

import os
import shutil
import sys
from typing import Any

import click

from executor.cli.options import plan_options
from executor.cli.planned import plan_of
from executor.model.plans import Plan


@click.command(epilog="Example: runbook plan production-deploy -i prod -e version=v1.2.3")
@click.argument("runbook")
@plan_options
def command(runbook: str, **flags: Any) -> None:
    """Show stages, batches, hosts, every rendered command, and what rollback would do. Connects to nothing.

    RUNBOOK is a path, or a name under runbooks/.
    """
    click.echo(as_text(plan_of(runbook, flags, at_terminal=False)))


def as_text(plan: Plan) -> str:
    """The plan for the width and the colours of standard output."""
    from executor.planning.show import text

    color = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 100
    return text(plan, width=width, color=color)
