"""`runbook exec`: one command on many hosts, journalled like a run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from executor.cli.loading import load_hosts, root_here
from executor.cli.options import awake_option, connection_options, inventory_option, seconds
from executor.model.actions import Shell
from executor.model.leaves import Kind, Template
from executor.model.places import Place
from executor.model.runbooks import Amount, Runbook, Stage
from executor.model.steps import Body, Settings, Step

PLACE = Place("<the command line>")


@click.command(epilog="Example: runbook exec 'systemctl is-active nginx' -i prod -l web --read-only")
@click.argument("words")
@inventory_option
@click.option("-l", "--limit", required=True, metavar="PATTERN", help="On which hosts: web, 'web[0]', all.")
@connection_options
@click.option("--read-only", is_flag=True, help="It changes nothing: the record says so, and no lock is taken.")
@click.option("--timeout", type=seconds, metavar="TIME", help="End it on a host after so long.")
@click.option("--wait", type=seconds, metavar="TIME", help="How long to wait for the lock. Default: not at all.")
@click.option("--reason", default="", metavar="TEXT", help="Why; kept with the run.")
@click.option("--output", type=click.Choice(["text", "jsonl"]), default="text", envvar="RUNBOOK_OUTPUT")
@awake_option
def command(words: str, read_only: bool, timeout: float | None, limit: str, **flags: Any) -> int:
    """Run WORDS, a command for the hosts' shell, on all hosts that -l names, side by side.

    A host where it fails does not stop the others. `{{ host.name }}` and the inventory's variables can be used.
    """
    from executor.cli.session import begin
    from executor.planning import PlanOptions, build

    root = root_here()
    hosts = load_hosts(flags["inventory"], root)
    options = PlanOptions(
        forks=flags["forks"] or 0,
        user=flags["user"],
        private_key=flags["private_key"],
        become=flags["become"],
        yes=True,
    )
    plan = build(one_command(words, limit, root, read_only=read_only, timeout=timeout), hosts, options)
    no_questions = {
        "confirm": (),
        "answers": None,
        "yes": True,
        "verbose": 1,
        "diff": False,
        "override": (),
        "detach": False,
        "output_is_result": True,
    }
    return begin(replace(plan, lock=None) if read_only else plan, flags | no_questions, only_reads=read_only)


def one_command(words: str, limit: str, root: Path, *, read_only: bool, timeout: float | None) -> Runbook:
    """A runbook of a single step."""
    script = Template(words, Kind.SHELL, PLACE) if "{{" in words else words
    body = Body(Shell(script), Settings(timeout=timeout), read_only=read_only)
    step = Step(words if len(words) <= 60 else words[:59] + "…", body, PLACE, rollback=())
    stage = Stage(
        name="exec",
        hosts=limit,
        steps=(step,),
        place=PLACE,
        hosts_place=PLACE,
        serial=(Amount(100, percent=True),),
        max_failures=Amount(100, percent=True),
        on_failure="rollback",
    )
    return Runbook(name=f"exec: {step.name}", stages=(stage,), file=PLACE.file, root=str(root), place=PLACE)
