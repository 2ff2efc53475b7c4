"""A sealed plan that is run or shown: whole, fit, approved, and exactly as it was read."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from executor.cli.sealed import approvals, as_here, flags_of, must_be_fit, opened
from executor.errors import Problem, Refused, RunbookError, WrongUsage
from executor.model.plans import Plan

if TYPE_CHECKING:
    from executor.sealing.opening import Sealed


def run_sealed(path: Path, flags: Mapping[str, Any], *, again: bool) -> int:
    """Run a sealed plan to its exit code. Raises RunbookError where it may not run."""
    from executor.cli.session import at_terminal, attended, begin, operator
    from executor.cli.warrant import Warrant, files_of
    from executor.sealing.checks import moved_on

    sealed = opened(path)
    now = datetime.now().astimezone()
    must_be_fit(sealed, now)
    standing = approvals(path, sealed, now)
    if problems := standing.problems(str(path)):
        raise Refused(*problems)
    must_be_unused(sealed, again=again)
    if moved := moved_on(sealed, here=Path.cwd()):
        click.echo(f"Since it was sealed these have changed, and what runs is what was sealed: {moved}", err=True)
    if at_terminal() and not flags["yes"]:
        by = "".join(f", approved by {one.told()}" for one in standing.counted)
        click.echo(f"sealed plan, sha256 {sealed.digest}{by}", err=True)
    warrant = Warrant(
        sealed.digest,
        f"{operator()} on {socket.gethostname()}",
        tuple(one.told() for one in standing.counted),
        again,
        files_of(sealed.inputs, sealed.sent, sealed.plan.inventory),
    )
    return begin(as_here(sealed, flags, attended=attended(flags)), flags_of(sealed, flags), warrant=warrant)


def must_be_unused(sealed: Sealed, *, again: bool) -> None:
    """Raises Refused where this machine knows of a use; the hosts are asked later, once they are connected to."""
    from executor.journal.folders import state_folder
    from executor.sealing.register import known
    from executor.sealing.uses import already_used

    before = known(state_folder(os.environ), sealed.digest)
    if before and not again:
        raise already_used("on this machine", before)


def shown_sealed(path: Path, flags: Mapping[str, Any]) -> tuple[Plan, Sealed]:
    """A sealed plan to be looked at; how it stands is told on standard error. Raises RunbookError where it is none."""
    if flags.get("out") or flags.get("against"):
        raise WrongUsage(Problem("a sealed plan is sealed already: it takes no --out and no --against"))
    sealed = opened(path)
    for line in standing_lines(path, sealed, datetime.now().astimezone()):
        click.echo(line, err=True)
    return as_here(sealed, {**flags, "private_key": None}, attended=False), sealed


def standing_lines(path: Path, sealed: Sealed, now: datetime) -> Iterator[str]:
    """What there is to know of a sealed plan beside the plan itself, a line for each thing."""
    from executor.journal.folders import state_folder
    from executor.sealing.checks import stale
    from executor.sealing.register import known

    yield f"sealed plan, sha256 {sealed.digest}"
    if sealed.origin.commit:
        dirty = ", with files that were not as it has them" if sealed.origin.dirty else ""
        yield f"  made from commit {sealed.origin.commit[:12]}{dirty}"
    if sealed.expires is not None:
        yield f"  may be run until {sealed.expires.astimezone(now.tzinfo):%Y-%m-%d %H:%M:%S %Z}"
    for late in sealed.sent_late:
        yield f"  not covered, as only the run knows it: {late}"
    for problem in stale(sealed, now, here=Path.cwd()):
        yield f"  {problem.message}"
    for use in known(state_folder(os.environ), sealed.digest):
        yield f"  used already: run {use.run} by {use.who}, {use.at}"
    yield from _approval_lines(path, sealed, now)


def _approval_lines(path: Path, sealed: Sealed, now: datetime) -> Iterator[str]:
    try:
        standing = approvals(path, sealed, now)
    except RunbookError as error:  # whoever only looks is told, too, that its signers cannot be read
        yield from (f"  {problem.message}" for problem in error.problems)
        return
    for one in standing.counted:
        yield f"  approved by {one.told()}"
    for problem in standing.problems(str(path)):
        yield f"  {problem.message}"
