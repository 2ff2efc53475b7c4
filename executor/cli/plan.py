"""`runbook plan`: everything that run would do, known without a connection or asked of the hosts."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import click

from executor.cli.options import check_option, plan_options
from executor.cli.plan_formats import FORMATS, Format, in_format
from executor.cli.planned import plan_of
from executor.cli.sealed import flags_of, sealed_file
from executor.cli.sealed_run import shown_sealed
from executor.cli.sealing import check_seal_flags, seal_options, write_sealed
from executor.cli.streams import harmless
from executor.errors import Problem, WrongUsage
from executor.model.plans import Plan
from executor.planning.findings import Findings

if TYPE_CHECKING:
    from executor.sealing.opening import Sealed


@click.command(epilog="Example: runbook plan production-deploy -i prod -e version=v1.2.3 --check --diff")
@click.argument("runbook")
@plan_options
@check_option
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 where something would change, with 0 where not.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", *FORMATS]),
    default="text",
    help="For a terminal, a pull request, a browser, programs, or as a diagram.",
)
@seal_options
def command(runbook: str, form: Literal["text"] | Format, check: bool, detailed_exitcode: bool, **flags: Any) -> int:
    """Show stages, batches, hosts, every rendered command, and what rollback would do.

    RUNBOOK is a path, a name under runbooks/, or a sealed plan (FILE.json). Connects to nothing; with --check the hosts
    are asked what can be read of them, and nothing on them is changed. --out seals the plan: what `runbook run` is then
    given runs exactly as it is shown here.
    """
    if (path := sealed_file(runbook)) is not None:
        plan, sealed = shown_sealed(path, flags)
        flags = flags_of(sealed, flags)
        return shown(plan, flags, form, check=check, detailed=detailed_exitcode, sealed=sealed)
    check_seal_flags(flags)
    plan = plan_of(runbook, flags, at_terminal=False)
    if flags["against"] is not None:
        from executor.cli.comparing import against

        if check:
            raise WrongUsage(Problem("--against compares two plans, and --check asks hosts: take one of them"))
        code = against(plan, flags, form, detailed=detailed_exitcode)
    else:
        code = shown(plan, flags, form, check=check, detailed=detailed_exitcode)
    if flags["out"] is not None:
        write_sealed(plan, flags)
    return code


def shown(
    plan: Plan,
    flags: Mapping[str, Any],
    form: Literal["text"] | Format = "text",
    *,
    check: bool,
    detailed: bool = False,
    sealed: Sealed | None = None,
) -> int:
    """Print the plan, checked on its hosts if that is asked for. Returns the exit code.

    `detailed`: it says whether anything would change; `sealed` is what is shown, where it is a sealed plan.
    Raises RunbookError where a check cannot be begun.
    """
    from executor.cli.checking import checked, exit_code

    if not check:
        from executor.checking.checking import foreseen

        findings = foreseen(plan)
        _print(plan, findings, form, sealed, whole=flags["diff"])
        return exit_code(findings, detailed=True) if detailed else 0
    with checked(plan, flags) as found:
        _print(found.plan, found.findings, form, sealed)
        return exit_code(found.findings, detailed=detailed)


def _print(
    plan: Plan, findings: Findings, form: Literal["text"] | Format, sealed: Sealed | None, *, whole: bool = False
) -> None:
    """`whole`: what files are to hold is shown whole, for nobody has said what they hold now."""
    if form == "text":
        said = as_text(plan, findings, whole=whole)
    elif sealed is None:
        said = in_format(plan, form, findings=findings, whole=whole)
    else:
        from executor.sealing.notes import seal_notes

        notes = tuple(seal_notes(sealed.origin, sealed.expires, sealed.sent_late))
        said = in_format(plan, form, digest=sealed.digest, notes=notes, findings=findings, whole=whole)
    click.echo(harmless(said), nl=form == "text")


def as_text(plan: Plan, findings: Findings | None = None, *, whole: bool = False) -> str:
    """The plan for the width and the colours of standard output."""
    from executor.planning.show import text

    color = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 100
    return text(plan, findings=findings, whole=whole, width=width, color=color)
