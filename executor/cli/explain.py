"""`runbook explain VAR`: where a value comes from."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from executor.cli.loading import host_named, load_hosts, root_here
from executor.cli.options import Sources, extra_vars_option, inventory_option
from executor.errors import Exit
from executor.report.line import Tone
from executor.report.paint import paint
from executor.report.safe import inert, visible

if TYPE_CHECKING:
    from executor.planning.explain import Explanation, Origin

_WIDEST = 60  # columns for a value in the list


@click.command(epilog="Example: runbook explain port --host web1 -i prod production-deploy")
@click.argument("variable", metavar="VAR")
@click.argument("runbook", required=False)
@click.option("--host", required=True, metavar="HOST", help="On which host.")
@inventory_option
@extra_vars_option
def command(variable: str, runbook: str | None, host: str, inventory: Sources, extra_vars: tuple[str, ...]) -> int:
    """Show the value of VAR on a host, and every layer that sets it, the strongest last.

    Without RUNBOOK, what the inventory says. With it also the runbook's parameters, files and variables; those of a
    stage, block or step hold within it alone. Exit code 3 where the variable has no value.
    """
    from executor.language import find_runbook, load_runbook, parse_extra_vars, project_root
    from executor.language.mentions import mentions
    from executor.planning.explain import explain

    root, path = root_here(), None
    if runbook is not None:
        path = find_runbook(runbook, root)
        root = project_root(path)
    known = load_hosts(inventory, root, beside=path.parent if path else None)
    host_named(known, host)
    found = explain(
        variable,
        host,
        known,
        runbook=load_runbook(path, root=root) if path else None,
        mentions=mentions(path, variable) if path else (),
        extra=parse_extra_vars(extra_vars),
    )
    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    for line, style in lines(found):
        text = inert(visible(line))
        click.echo(paint(text, style, colour))
    return Exit.DONE if found.defined and found.problem is None else Exit.INVALID


def lines(found: Explanation) -> Iterator[tuple[str, Tone]]:
    """The answer, line by line, each with its style."""
    yield _headline(found), "good" if found.defined and found.problem is None else "bad"
    if found.problem is not None:
        yield f"  {found.problem.message}" + (f" ({found.problem.place})" if found.problem.place else ""), "plain"
    if found.hint and not found.origins:
        yield f"  hint: {found.hint}", "plain"
    if found.built_in:
        yield "  it is built in: every template knows it", "plain"
        return
    general = [origin for origin in found.origins if not origin.only]
    values = [_written(origin) for origin in found.origins]
    width = max((len(value) for value in values), default=0)
    names = max((len(origin.layer) for origin in found.origins), default=0)
    for origin, value in zip(found.origins, values, strict=True):
        wins = bool(general) and origin is general[-1]
        place = f"{origin.place.file}:{origin.place.line}" if origin.place is not None else "the command line"
        only = f"  ({origin.only})" if origin.only else ""
        mark = "→" if wins else " "
        yield f"{mark} {origin.layer:<{names}}  {value:<{width}}  {place}{only}", "good" if wins else "plain"


def _headline(found: Explanation) -> str:
    from executor.planning.shown.words import value

    subject = f"{found.name} on {found.host}"
    if found.problem is not None:
        return f"{subject} cannot be told"
    if not found.defined:
        partly = any(origin.only for origin in found.origins)
        return f"{subject} is not defined{' everywhere' if partly else ''}"
    late = f", known during the run alone (it needs {', '.join(found.needs)})" if found.needs else ""
    secret = ", a secret" if found.secret else ""
    what = "" if found.value is None and found.needs else f" = {value(found.value)}"  # type: ignore[arg-type]  # a Value
    return f"{subject}{what}{secret}{late}"


def _written(origin: Origin) -> str:
    """A value as it stands in its file, in one line."""
    from executor.model.leaves import Template
    from executor.planning.shown.words import value

    if origin.value is None and origin.layer.startswith("the result"):
        return ""
    text = origin.value.text if isinstance(origin.value, Template) else value(origin.value)  # type: ignore[arg-type]  # a Value
    one_line = " ".join(text.split())
    return one_line if len(one_line) <= _WIDEST else one_line[: _WIDEST - 1] + "…"
