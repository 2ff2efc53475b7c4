"""From the flags of run and plan to a Plan."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from executor.cli.loading import load_hosts
from executor.errors import Problem, WrongUsage
from executor.model.leaves import Value
from executor.model.plans import Plan

if TYPE_CHECKING:
    from executor.planning import PlanOptions


def plan_of(runbook: str, flags: Mapping[str, Any], *, at_terminal: bool) -> Plan:
    """Read a runbook and an inventory, and plan. `flags` are those of `options.plan_options` and `run_options`.

    Raises InvalidInput and WrongUsage.
    """
    from executor.cli.loading import root_here
    from executor.language import find_runbook, load_runbook, project_root
    from executor.planning import build

    path = find_runbook(runbook, root_here())
    # The project is the runbook's own: a runbook of another project is run with that project's files.
    root = project_root(path)
    book = load_runbook(path, root=root)
    hosts = load_hosts(flags["inventory"], root, beside=path.parent)
    options = options_of(recorded(flags), flags, at_terminal=at_terminal)
    if options.step_mode and not at_terminal:
        raise WrongUsage(Problem("--step asks before each step, and there is no terminal to ask at"))
    with _nothing_thrown_away():
        return build(book, hosts, options)


@contextmanager
def _nothing_thrown_away() -> Iterator[None]:
    """For making what stays: looking for garbage in a large plan, again and again, costs a quarter of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def words(values: tuple[str, ...]) -> tuple[str, ...]:
    """`-t a,b -t c` as (a, b, c)."""
    return tuple(word.strip() for value in values for word in value.split(",") if word.strip())


def recorded(flags: Mapping[str, Any]) -> dict[str, Value]:
    """What the command line says about how to plan, in a form that a journal keeps. Raises InvalidInput."""
    from executor.language import parse_extra_vars

    return {
        "extra": parse_extra_vars(flags.get("extra_vars", ())),
        "limit": flags.get("limit"),
        "tags": list(words(flags.get("tags", ()))),
        "skip_tags": list(words(flags.get("skip_tags", ()))),
        "start_at_stage": flags.get("start_at_stage"),
        "forks": flags.get("forks") or 0,
        "user": flags.get("user"),
        "private_key": flags.get("private_key"),
        "become": bool(flags.get("become")),
        "step_mode": bool(flags.get("step_mode")),
        "on_failure": flags.get("on_failure"),
    }


def options_of(record: Mapping[str, Any], flags: Mapping[str, Any], *, at_terminal: bool) -> PlanOptions:
    """What was said about how to plan, for whoever is there now."""
    from executor.planning import PlanOptions

    now = {
        "tags": tuple(record["tags"]),
        "skip_tags": tuple(record["skip_tags"]),
        "on_failure": flags.get("on_failure") or record.get("on_failure"),
    }
    return PlanOptions(**{**record, **now}, at_terminal=at_terminal, yes=flags.get("yes", False))
