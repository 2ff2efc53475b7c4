"""`runbook simulate`: the whole run in the program alone, with what the operator wants to see fail."""

from __future__ import annotations

import os
import shlex
import shutil
import socket
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from executor.cli.options import plan_options
from executor.cli.planned import plan_of
from executor.cli.sealed import as_here, opened, sealed_file
from executor.model.plans import Plan

if TYPE_CHECKING:
    from executor.report.line import Line
    from executor.report.story import RunView
    from executor.simulation.rehearsal import Rehearsal

RUN = "simulated"  # stands for the run's id


@click.command(epilog="Example: runbook simulate deploy -i prod --fail web2:Activate --unreachable web3")
@click.argument("runbook")
@plan_options
@click.option(
    "--fail",
    multiple=True,
    metavar="HOST:NAME[:ATTEMPT]",
    help="A step, a checklist item, `health` or `watch` that fails there. HOST may be a glob.",
)
@click.option(
    "--fail-handler",
    multiple=True,
    metavar="HOST:NAME[:ATTEMPT]",
    help="The undoing of a step, or `health`, that fails on the way back.",
)
@click.option(
    "--unreachable",
    multiple=True,
    metavar="HOST[:NAME]",
    help="A host that is away: from the start, or from a step on.",
)
@click.option("--stdout", "stdout", multiple=True, metavar="NAME=TEXT", help="What a step prints. Without it: nothing.")
@click.option("--seed", type=int, help="Every step takes a time of its own, drawn from this number.")
@click.option(
    "--output",
    "output",
    type=click.Choice(["text", "jsonl"]),
    default="text",
    envvar="RUNBOOK_OUTPUT",
    help="jsonl: one event a line.",
)
def command(runbook: str, **flags: Any) -> int:  # fmt: skip
    """Go through a whole run, rollback and exit code included, on hosts that exist in the program alone.

    RUNBOOK is a path, a name under runbooks/, or a sealed plan. Nothing is connected to, asked or written. Every step
    passes but for those that are named; NAME is that of the step, with its stage where that is needed ('Roll
    out/Activate').
    """
    if (path := sealed_file(runbook)) is not None:
        return _play(as_here(opened(path), flags, attended=False), flags)
    return _play(plan_of(runbook, flags, at_terminal=False), flags)


def _play(plan: Plan, flags: dict[str, Any]) -> int:
    from executor.cli.session import Chronicle, operator
    from executor.drive.recorder import Reporters
    from executor.events import RunStarted
    from executor.planning.codec import digest
    from executor.report.choose import choose
    from executor.simulation.run import simulate

    script = _script(plan, flags)
    started = RunStarted(
        RUN, plan.name, plan.file, digest(plan), operator(), socket.gethostname(), plan.inventory, plan.params
    )
    click.echo("A simulation: nothing is connected to, and its time is made up.", err=True)
    chronicle = Chronicle(plan)
    report = choose(
        plan,
        flags["output"],
        stdout=sys.stdout,
        stderr=sys.stderr,
        environment=os.environ,
        everything=flags["verbose"] > 0,
    )
    code = simulate(plan, started, script, Reporters([chronicle, report], _complain), at=datetime.now().astimezone())
    _tell(chronicle.view, list(_remarks(plan, script)), as_text=flags["output"] == "text")
    return code


def _script(plan: Plan, flags: dict[str, Any]) -> Rehearsal:
    """Raises WrongUsage where a flag names nothing that the plan has."""
    from executor.simulation.flags import Fault, reading
    from executor.simulation.rehearsal import Rehearsal

    read = reading(plan)
    faults = [read.fault("--fail", text) for text in flags["fail"]]
    faults += [read.fault("--fail-handler", text, back=True) for text in flags["fail_handler"]]
    away = [read.away(text) for text in flags["unreachable"]]
    said = [read.printed(text) for text in flags["stdout"]]
    return Rehearsal(
        faults=faults,
        absent=frozenset(host for one in away if not isinstance(one, Fault) for host in one),
        leaving=[one for one in away if isinstance(one, Fault)],
        prints={one.task: text for steps, text in said for one in steps},
        seed=flags["seed"],
    )


def _remarks(plan: Plan, script: Rehearsal) -> Iterator[Line]:
    """What of the simulation's outcome is made up, and what of the operator's wishes never came to pass."""
    from executor.engine.index import index
    from executor.report.line import line

    steps = index(plan).steps
    for task in script.made_up:
        name = steps[task].step.name if task in steps else task
        cure = f"--stdout {shlex.quote(f'{name}=TEXT')}"
        said = f"'{name}' was taken to print nothing, which may be why something that reads it has failed"
        yield line(f"  {said} ({cure} says what it prints)", tone="warn")
    for fault in (*script.faults, *script.leaving):
        if fault.flag not in script.happened:
            yield line(f"  {fault.flag} never came to pass: the run did not get there", tone="warn")


def _tell(view: RunView, remarks: list[Line], *, as_text: bool) -> None:
    """The summary as `run` tells it, but for commands on a run that is nowhere written down."""
    from executor.report.line import line
    from executor.report.summary import summary, text

    lines = list(summary(view, commands=()))
    lines += [line(""), line("Simulated", tone="head"), line("  nothing was connected to, and nothing was changed")]
    out = sys.stdout if as_text else sys.stderr
    colour = out.isatty() and "NO_COLOR" not in os.environ
    width = shutil.get_terminal_size().columns if out.isatty() else None
    click.echo(text([*lines, *remarks], colour=colour, width=width), nl=False, err=not as_text)


def _complain(text: str) -> None:
    click.echo(f"runbook: {text}", err=True)
