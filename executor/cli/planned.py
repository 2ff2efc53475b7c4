"""From the flags of run and plan to a Plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from executor.cli.loading import load_hosts
from executor.errors import Problem, WrongUsage
from executor.model.plans import Plan


def plan_of(runbook: str, flags: Mapping[str, Any], *, at_terminal: bool) -> Plan:
    """Read a runbook and an inventory, and plan. `flags` are those of `options.plan_options` and `run_options`.

    Raises InvalidInput and WrongUsage.
    """
    from executor.cli.loading import root_here
    from executor.language import find_runbook, load_runbook, parse_extra_vars, project_root
    from executor.planning import PlanOptions, build

    path = find_runbook(runbook, root_here())
    # The project is the runbook's own: a runbook of another project is run with that project's files.
    root = project_root(path)
    book = load_runbook(path, root=root)
    hosts = load_hosts(flags["inventory"], root, beside=path.parent)
    options = PlanOptions(
        extra=parse_extra_vars(flags["extra_vars"]),
        limit=flags["limit"],
        tags=words(flags["tags"]),
        skip_tags=words(flags["skip_tags"]),
        start_at_stage=flags["start_at_stage"],
        forks=flags["forks"] or 0,
        user=flags["user"],
        private_key=flags["private_key"],
        become=flags["become"],
        at_terminal=at_terminal,
        yes=flags.get("yes", False),
        on_failure=flags.get("on_failure"),
        step_mode=flags["step_mode"],
    )
    if options.step_mode and not at_terminal:
        raise WrongUsage(Problem("--step asks before each step, and there is no terminal to ask at"))
    return build(book, hosts, options)


def words(values: tuple[str, ...]) -> tuple[str, ...]:
    """`-t a,b -t c` as (a, b, c)."""
    return tuple(word.strip() for value in values for word in value.split(",") if word.strip())
