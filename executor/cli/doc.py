"""`runbook doc`: a runbook as the checklist that a person could follow by hand."""

from __future__ import annotations

import shlex

import click

from executor.cli.loading import load_hosts, root_here
from executor.cli.options import Sources, extra_vars_option, inventory_option
from executor.cli.sealed import sealed_file
from executor.errors import Problem, WrongUsage


@click.command(epilog="Example: runbook doc production-deploy -i prod -e version=v1.2.3 > deploy.md")
@click.argument("runbook")
@inventory_option
@extra_vars_option
@click.pass_context
def command(context: click.Context, runbook: str, inventory: Sources, extra_vars: tuple[str, ...]) -> None:
    """Print a runbook as a Markdown checklist: every step to tick off, its commands, its probes in words, how to undo.

    RUNBOOK is a path, or a name under runbooks/. With -i, every command is as it would be run on those hosts; without,
    what an inventory gives stands there by name.
    """
    from executor.cli.streams import harmless
    from executor.language import find_runbook, load_runbook, parse_extra_vars, project_root
    from executor.planning import PlanOptions, build
    from executor.report.plans.checklist import checklist

    if sealed_file(runbook) is not None:
        hint = f"runbook plan {shlex.quote(runbook)} shows it; doc takes the runbook that it was made of"
        raise WrongUsage(Problem(f"{runbook} is no runbook: a sealed plan ends in .json", hint=hint))
    path = find_runbook(runbook, root_here())
    root = project_root(path)
    book = load_runbook(path, root=root)
    plan = None
    # An inventory of the project's settings is for runs: whoever wants the hosts in the checklist says so.
    if inventory.names and context.get_parameter_source("inventory") is click.core.ParameterSource.COMMANDLINE:
        plan = build(
            book, load_hosts(inventory, root, beside=path.parent), PlanOptions(extra=parse_extra_vars(extra_vars))
        )
    elif extra_vars:
        raise WrongUsage(Problem("-e gives values to a plan, and a plan needs hosts", hint="name them with -i"))
    click.echo(harmless(checklist(book, plan)), nl=False)
