"""What `resume` and `rollback` share: a run that was begun earlier, checked, and put to work again."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from executor.cli import secrets
from executor.cli.detaching import check_detached, in_background
from executor.cli.locking import check_override
from executor.cli.moving import here_of
from executor.cli.options import Sources
from executor.cli.passwords import become_password
from executor.cli.session import Seal, at_terminal, attended, conduct, must_be_answered, operator
from executor.errors import Problem, Refused
from executor.events import Replanned, Resumed
from executor.gates import answers as given
from executor.gates.needs import Need, needs, needs_back
from executor.hosts.pool import Hosts
from executor.journal.folders import RunFolder
from executor.journal.holding import handed_over, holding
from executor.journal.past import Past, recall
from executor.mirror.fetching import must_be_ours
from executor.mirror.mirror import has_token
from executor.model.plans import Plan
from executor.model.runbooks import OnFailure
from executor.planning.inputs import changed
from executor.secrets import Vault, vault
from executor.secrets.digests import changed as changed_secrets
from executor.secrets.digests import digests


@contextmanager
def taken(folder: RunFolder) -> Iterator[Past]:
    """The run's past, while the run is this process's own.

    Raises Refused where another process carries it on, InvalidInput where its record cannot be trusted.
    """
    with holding(folder, operator()):
        here = here_of(folder)
        yield recall(folder) if here is None else recall(folder, here.plan)


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants of a run: further on, or back (all of it, or some hosts and stages)."""

    undo: bool = False
    hosts: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()  # ids
    settle: bool = False  # only as far as what is under way has come to its end
    replanned: Replanned | None = None  # by another plan, which the past has already; without its secrets


def go(
    past: Past,
    folder: RunFolder,
    wish: Wish,
    flags: Mapping[str, Any],
    *,
    ready: Callable[[Callable[[], str] | None, Vault], None],
    seal: Seal = vault,
) -> int:
    """Carry the run on, or undo it, to its exit code. `ready` looks and asks, last of all, whether to begin; it gets
    who asks for sudo's password, and the secrets.

    Raises RunbookError where a gate refuses.
    """
    check_override(flags)
    check_detached(flags)
    plan = _as_asked(past.plan, flags)
    confirmed = given.read_answers(flags["confirm"], Path(flags["answers"]) if flags["answers"] else None)
    given.check(confirmed, needs_back(plan) if wish.undo else needs(plan))
    must_be_answered(_to_be_asked(plan, past, wish), confirmed, attended=attended(flags))
    here = here_of(folder)
    flags = {**flags, "inventory": here.sources if here is not None else Sources.of_flags(past.started.sources)}
    password = become_password() if flags["ask_become_pass"] else None
    values = secrets.fetched(plan, flags, at_terminal=at_terminal())
    _same_secrets(changed_secrets(values, past.secrets), folder)
    who = (operator(), socket.gethostname(), flags["reason"])
    opening = Resumed(*who, wish.undo, wish.hosts, wish.stages, wish.settle)
    replanned = wish.replanned
    if replanned is not None:
        fresh = {name: value for name, value in values.items() if name not in past.secrets}
        replanned = replace(replanned, secrets=digests(fresh))
    sealed = seal(values)

    def carry_out(begun: Callable[[], None] | None = None) -> int:
        return conduct(
            plan, opening, folder, flags, answers=confirmed, password=password, sealed=sealed, past=past, begun=begun,
            replanned=replanned,
        )  # fmt: skip

    def elsewhere(begun: Callable[[], None]) -> int:
        handed_over(folder, operator())
        return carry_out(begun)

    with secrets.concealing(sealed.redactor):
        _still_ours(past, folder, plan, flags)
        ready(password, sealed)
        return in_background(folder, elsewhere) if flags["detach"] else carry_out()


def _still_ours(past: Past, folder: RunFolder, plan: Plan, flags: Mapping[str, Any]) -> None:
    """Ask the hosts whose the run is, before its locks are taken from whoever may carry it on by now.

    Raises Refused where it has been taken over. Hosts that do not answer are left to the run itself.
    """
    names = [name for name in past.reached if name in plan.hosts and not plan.hosts[name].local]
    if not names or not has_token(folder):
        return
    with Hosts(plan.hosts, run=folder.run, root=Path(plan.root), patience=flags["lost_after"], traceless=True) as hosts:
        met = hosts.reach(names)
        must_be_ours({name: hosts.host(name) for name, failure in met.items() if failure is None}, folder)


def same_files(past: Past, folder: RunFolder) -> None:
    """Raises Refused, with the list, where what the plan was made of is not what it was.

    Of a run that was fetched that is what it sends alone: its plan needs nothing else of the project.
    """
    moved = here_of(folder)
    found = changed(past.files if moved is None else moved.sent(past.plan, past.files))
    if not found:
        return
    here = Path.cwd()
    names = [f"{_shown(Path(path), here)} ({what})" for path, what in found.items()]
    hint = (
        f"put back what they were; or runbook resume {folder.run} --replan, which shows what is left by the new ones; "
        f"or undo what was done (runbook rollback {folder.run})"
    )
    raise Refused(Problem(f"since the run began, its files have changed: {', '.join(names)}", hint=hint, code="edited"))


def _shown(path: Path, here: Path) -> str:
    return os.path.relpath(path, here) if path.is_relative_to(here) else str(path)


def _as_asked(plan: Plan, flags: Mapping[str, Any]) -> Plan:
    """The plan for whoever is there now: without a person nobody is asked what to do about a failure."""
    watched = attended(flags)
    chosen = flags["on_failure"]

    def then(planned: OnFailure) -> OnFailure:
        if chosen:
            found: OnFailure = chosen
            return found
        return "rollback" if planned == "ask" and not watched else planned

    stages = tuple(replace(stage, on_failure=then(stage.on_failure)) for stage in plan.stages)
    return replace(plan, stages=stages, attended=watched)


def _to_be_asked(plan: Plan, past: Past, wish: Wish) -> tuple[Need, ...]:
    """What a person will be asked from here on. In the stage in progress, what one host has asked another may still."""
    if wish.undo:
        return needs_back(plan)
    if wish.settle:
        return ()
    rest = plan.stages[past.state.done :]
    asked = needs(replace(plan, stages=rest))
    if rest and len(rest[0].hosts) > 1:
        return asked
    return tuple(need for need in asked if not any(need.is_called(name) for name in past.answered))


def _same_secrets(names: tuple[str, ...], folder: RunFolder) -> None:
    if not names:
        return
    listed = ", ".join(names)
    if at_terminal():
        import click

        question = f"Since the run began, these secrets have changed: {listed}. Go on with the new values?"
        if click.confirm(question, default=False, err=True):
            return
    hint = "give them the values that they had, or go on at a terminal, where that can be asked"
    raise Refused(
        Problem(f"run {folder.run} was begun with other values of: {listed}", hint=hint, code="changed-secret")
    )
