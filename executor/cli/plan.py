"""`runbook plan`: everything that run would do, without a connection."""

from __future__ import annotations

import os
import shutil
import sys
from typing import Any, Literal

import click

from executor.cli.options import plan_options
from executor.cli.plan_formats import FORMATS, Format, harmless, in_format
from executor.cli.planned import plan_of
from executor.model.plans import Plan


@click.command(epilog="Example: runbook plan production-deploy -i prod -e version=v1.2.3")
@click.argument("runbook")
@plan_options
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", *FORMATS]),
    default="text",
    help="For a terminal, a pull request, a browser, programs, or as a diagram.",
)
def command(runbook: str, form: Literal["text"] | Format, **flags: Any) -> None:
    """Show stages, batches, hosts, every rendered command, and what rollback would do. Connects to nothing.

    RUNBOOK is a path, or a name under runbooks/.
    """
    plan = plan_of(runbook, flags, at_terminal=False)
    click.echo(harmless(as_text(plan) if form == "text" else in_format(plan, form)), nl=form == "text")


def as_text(plan: Plan) -> str:
    """The plan for the width and the colours of standard output."""
    from executor.planning.show import text

    color = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 100
    return text(plan, width=width, color=color)
