"""`resume --replan`: the runbook or the inventory has been edited, and what is left of a run is done by the new one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from executor.cli.carrying import Wish, go
from executor.cli.loading import load_hosts
from executor.cli.moving import here_of
from executor.cli.options import Sources
from executor.cli.planned import options_of
from executor.cli.session import at_terminal, attended, operator, said_go
from executor.cli.warrant import must_need_no_warrant
from executor.errors import Exit, Problem, Refused
from executor.events import Replanned
from executor.journal.folders import RunFolder
from executor.journal.past import Past, recall
from executor.model.plans import Plan

if TYPE_CHECKING:
    from executor.planning.merging import Merged, Reached


def go_on_replanned(past: Past, folder: RunFolder, flags: Mapping[str, Any]) -> int:
    """Plan what is left anew, show what that changes, ask, and carry the run on to its exit code.

    Where something is under way, it is first waited for, by the plan under which it was begun. Raises Refused where the
    run has not stopped on its way there, or where what was begun is not in the new plan as it was; InvalidInput where
    the runbook is wrong.
    """
    _must_be_on_its_way(past, folder)
    _must_be_sure(flags)
    new = _planned_anew(past, folder, flags)
    _merged(past, new)  # what can be refused is refused before anybody waits
    past = _settled(past, folder, flags)
    merged, reached = _merged(past, new)
    changes = _changes(past, merged.plan, reached)
    if not changes:
        click.echo("nothing of what is left is done otherwise", err=True)
        return go(past, folder, Wish(), flags, ready=lambda _password, _sealed: None)
    click.echo(f"What run {folder.run} has still to do is planned anew:", err=True)
    for line in (*changes, *merged.remarks):
        click.echo(f"  {line}" if line else "", err=True)
    if at_terminal() and not flags["yes"]:
        said_go("nothing was changed, and the run can still be carried on as it was planned")
    return go(*_by_another_plan(past, folder, flags, merged, changes), ready=lambda _password, _sealed: None)


def _must_be_on_its_way(past: Past, folder: RunFolder) -> None:
    aborted, ended = past.state.aborted, past.ended
    undo = f"runbook resume {folder.run} goes on with it"
    if (aborted is not None and aborted.then == "rollback") or (ended is not None and ended.exit is Exit.INCOMPLETE):
        raise Refused(Problem("the run is being rolled back: there is nothing left to plan", hint=undo, code="replan"))
    if past.state.done == len(past.plan.stages):
        why = "all stages of the run are behind: only its closing steps are left, as they were planned"
        raise Refused(Problem(why, hint=undo, code="replan"))
    if past.started.sealed:
        hint = f"undo it (runbook rollback {folder.run}), or seal another plan"
        why = "this is a run of a sealed plan: what was approved is what runs, to its end"
        raise Refused(Problem(why, hint=hint, code="replan"))
    if here_of(folder) is not None:
        why = "the run was fetched from its hosts: it goes on as it was planned on its own machine"
        raise Refused(Problem(why, hint=undo, code="replan"))
    if not past.started.options:
        raise Refused(Problem("this run's journal does not say how it was planned", hint=undo, code="replan"))


def _must_be_sure(flags: Mapping[str, Any]) -> None:
    if not at_terminal() and not flags["yes"]:
        why = "--replan shows what is left by the new plan and asks, and there is no terminal to ask at"
        raise Refused(Problem(why, hint="-y goes without the question", code="replan"))


def _planned_anew(past: Past, folder: RunFolder, flags: Mapping[str, Any]) -> Plan:
    """The plan that the same command line makes today."""
    from executor.language import load_runbook, project_root
    from executor.planning import build

    path = Path(past.plan.files[0])
    if not path.is_file():
        raise Refused(Problem(f"the runbook of run {folder.run} is not there any more: {path}", code="replan"))
    root = project_root(path)
    hosts = load_hosts(Sources.of_flags(past.started.sources), root, beside=path.parent)
    options = options_of(past.started.options, flags, at_terminal=attended(flags))
    plan = build(load_runbook(path, root=root), hosts, options)
    must_need_no_warrant(plan)
    return plan


def _merged(past: Past, new: Plan) -> tuple[Merged, Reached]:
    """What is left by the new plan. Raises Refused with all that stands in the way."""
    from executor.engine.replan import misfits, reached
    from executor.planning.merging import merge

    so_far = reached(past.state)
    found = merge(past.plan, new, so_far)
    problems = found.problems or misfits(found.plan, past.state)
    if problems:
        hint = f"put that back, or undo what was done (runbook rollback {past.started.run}) and run it anew"
        raise Refused(*(replace(one, hint=one.hint or hint, code="replan") for one in problems))
    return found, so_far


def _settled(past: Past, folder: RunFolder, flags: Mapping[str, Any]) -> Past:
    """The run, once nothing of it is under way any more. Raises Refused where that does not come to be."""
    from executor.engine.replan import settled

    if settled(past.state):
        return past
    click.echo("What was under way is waited for first.", err=True)
    go(past, folder, Wish(settle=True), {**flags, "detach": False}, ready=lambda _password, _sealed: None)
    after = recall(folder)
    if not settled(after.state) or after.ended is None or after.ended.exit is not Exit.STOPPED:
        hint = f"runbook show {folder.run} tells how it stands"
        raise Refused(Problem("what was under way has not come to its end: nothing was planned anew", hint=hint))
    return after


def _changes(past: Past, new: Plan, reached: Reached) -> tuple[str, ...]:
    """What is done otherwise from here on, in lines; empty: nothing."""
    from executor.comparing.compare import compare
    from executor.comparing.sides import Side
    from executor.comparing.text import text
    from executor.planning.merging import left_of

    found = compare(Side(left_of(past.plan, reached), past.files), Side(left_of(new, reached)))
    return tuple(text(found).rstrip("\n").split("\n")) if found else ()


def _by_another_plan(
    past: Past, folder: RunFolder, flags: Mapping[str, Any], merged: Merged, changes: tuple[str, ...]
) -> tuple[Past, RunFolder, Wish, Mapping[str, Any]]:
    """The run with the new plan, and the event that says so, for `go`."""
    import socket

    from executor.engine.replan import put_over
    from executor.planning.codec import to_json
    from executor.planning.inputs import inputs

    event = Replanned(
        to_json(merged.plan),
        operator(),
        socket.gethostname(),
        flags["reason"],
        changes,
        inputs(merged.plan),
    )
    after = replace(past, plan=merged.plan, state=put_over(merged.plan, past.state), files=event.files)
    return after, folder, Wish(replanned=event), flags
