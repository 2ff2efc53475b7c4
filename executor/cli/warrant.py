"""What allows a run to be: a sealed plan with its approvals, used once. Its use is noted here and on the hosts."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from executor.engine.index import index
from executor.errors import Exit, Problem, Refused
from executor.journal.folders import RunFolder
from executor.model.plans import Plan
from executor.sealing import marks, register
from executor.sealing.uses import Use, already_used

if TYPE_CHECKING:
    from executor.hosts.pool import Hosts

# What a run ends with where it has changed nothing: the plan may still be used.
_NOT_USED = (Exit.REFUSED, Exit.UNREACHABLE)


@dataclass(frozen=True, slots=True)
class Warrant:
    """`digest` is the sealed plan's; `files` are SHA-256 of what a run of it depends on, by absolute path."""

    digest: str
    who: str  # operator and machine, for whoever is refused later
    approvals: tuple[str, ...] = ()  # for the record: who has approved it
    again: bool = False  # also where it has been used
    files: Mapping[str, str] = field(default_factory=dict)


def must_need_no_warrant(plan: Plan) -> None:
    """Raises Refused where its own inventory, or another one of the project that has its hosts, wants approved plans
    alone: this is none."""
    from executor.cli.sealed import policies

    if not policies(plan):
        return
    if plan.file.startswith("<"):
        hint = "write it as a runbook, and have its plan approved; what only reads is free: --read-only"
    else:
        seal = f"runbook plan {shlex.quote(plan.file)} … --out plan.json"
        hint = f"{seal}, then runbook approve plan.json, then runbook run plan.json"
    whose = "the inventory's policy" if plan.approvals else "another inventory of this project"
    why = f"{whose} asks for approvals: on its hosts only sealed plans run that have them"
    raise Refused(Problem(why, hint=hint, code="approval"))


def used(
    warrant: Warrant,
    plan: Plan,
    folder: RunFolder,
    *,
    run: Callable[[Callable[[Hosts], None]], int],
    hosts: Callable[[], Hosts],
) -> int:
    """Carry out a `run` under a warrant. What it gets is to be told the run's hosts before anything begins on them.

    `hosts` makes connections anew, to take marks back. Raises Refused where the plan has been used already.
    """
    state = folder.path.parent.parent
    use = Use(folder.run, warrant.who, f"{datetime.now().astimezone():%Y-%m-%d %H:%M:%S %z}")
    before = register.enter(state, warrant.digest, use, again=warrant.again)
    if before and not warrant.again:
        shutil.rmtree(folder.path, ignore_errors=True)  # there is nothing in it but the plan
        raise already_used("on this machine", before)
    names = _marked(plan)
    told: dict[str, tuple[Use, ...]] = {}

    def first(there: Hosts) -> None:
        told.update(marks.mark(there, names, warrant.digest, use, again=warrant.again))
        if told and not warrant.again:
            raise already_used(f"on {', '.join(list(told)[:3])}", next(iter(told.values())))

    try:
        code = run(first)
    except Refused:
        if told and not warrant.again:
            register.withdraw(state, warrant.digest, use)
            shutil.rmtree(folder.path, ignore_errors=True)
        raise
    if code in _NOT_USED:
        register.withdraw(state, warrant.digest, use)
        with hosts() as there:
            marks.withdraw(there, marks.reached(there, names), warrant.digest, use)
    return code


def _marked(plan: Plan) -> tuple[str, ...]:
    """The hosts that learn of the use: all that the run connects to from its start."""
    return index(plan).remote


def files_of(inputs: Mapping[str, str], sent: Mapping[str, str], inventory: tuple[str, ...]) -> dict[str, str]:
    """What a sealed run depends on of that which lies around: what it sends, and where its secrets come from."""
    wanted = {str(Path(name).absolute()) for name in inventory}
    return {path: digest for path, digest in inputs.items() if path in wanted} | dict(sent)
