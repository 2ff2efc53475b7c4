"""What a run needs of the person and the machine in front of it: gates before it, reports beside it, its summary."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias

import click

from executor.cli import garbage, secrets
from executor.cli.awake import kept_awake
from executor.cli.ci import tell_job
from executor.cli.detaching import Beginning, check_detached, in_background
from executor.cli.locking import check_override, lock_order
from executor.cli.main import COMMANDS
from executor.cli.options import Sources
from executor.cli.passwords import become_password
from executor.cli.planned import recorded
from executor.cli.unwritten import journal_failed
from executor.cli.warrant import Warrant, must_need_no_warrant, used
from executor.drive.recorder import Reporters
from executor.drive.session import run_plan
from executor.drive.signals import listening
from executor.engine import initial
from executor.errors import Exit, Problem, RunbookError
from executor.events import Answered, Event, Key, Replanned, Resumed, RunStarted, Stamp
from executor.gates import answers as given
from executor.gates.answers import Answers
from executor.gates.desk import Desk
from executor.gates.needs import Need, needs, refused
from executor.gates.terminal import Terminal
from executor.hosts.pool import Hosts
from executor.hosts.protocol import Stream
from executor.journal import folders
from executor.journal.folders import RunFolder
from executor.journal.holding import holding
from executor.journal.log import JournalFailed
from executor.journal.past import Past
from executor.journal.reading import read
from executor.model.outcomes import Verdict
from executor.model.plans import Plan
from executor.model.secrets import Secret
from executor.planning.codec import digest, to_json
from executor.planning.inputs import inputs
from executor.report.aside import Aside
from executor.report.choose import choose
from executor.report.fold import fold, heard
from executor.report.plain import Plain
from executor.report.protocol import Reporter
from executor.report.screen import Pausing, Screen
from executor.report.story import RunView, Viewing
from executor.report.summary import summary
from executor.report.summary import text as summary_text
from executor.secrets import Vault, vault
from executor.secrets.digests import digests

Seal: TypeAlias = Callable[[Mapping[str, Secret]], Vault]


def at_terminal() -> bool:
    """Can a person be asked?"""
    return sys.stdin.isatty() and sys.stderr.isatty()


def attended(flags: Mapping[str, Any]) -> bool:
    """Can a person be asked while the run goes on?"""
    return at_terminal() and not flags["detach"]


def begin(
    plan: Plan,
    flags: Mapping[str, Any],
    *,
    seal: Seal = vault,
    warrant: Warrant | None = None,
    only_reads: bool = False,
) -> int:
    """Everything from a plan to the exit code. Raises RunbookError where a gate refuses.

    `seal` makes of the secrets' values what the run opens them with and hides them by. `warrant` is what a sealed plan
    brings with it; one that `only_reads` needs none.
    """
    if warrant is None and not only_reads:
        must_need_no_warrant(plan)
    check_override(flags)
    check_detached(flags)
    confirmed = given.read_answers(flags["confirm"], Path(flags["answers"]) if flags["answers"] else None)
    _gates(plan, confirmed, flags)
    password = become_password() if flags["ask_become_pass"] else None
    sealed = seal(secrets.fetched(plan, flags, at_terminal=at_terminal()))
    with secrets.concealing(sealed.redactor):
        return _run(plan, flags, confirmed, password=password, sealed=sealed, warrant=warrant)


def _run(
    plan: Plan,
    flags: Mapping[str, Any],
    confirmed: Answers,
    *,
    password: Callable[[], str] | None,
    sealed: Vault,
    warrant: Warrant | None,
) -> int:
    run = folders.new_run_id(datetime.now().astimezone())
    folder = folders.create(folders.state_folder(os.environ), run, to_json(plan))
    opening = RunStarted(
        run=run,
        name=plan.name,
        file=plan.file,
        plan_digest=digest(plan),
        operator=operator(),
        controller=socket.gethostname(),
        inventory=plan.inventory,
        params=plan.params,
        reason=flags["reason"],
        secrets=digests(sealed.secrets) if sealed.secrets else {},
        files=inputs(plan) if warrant is None else warrant.files,
        sources=tuple(flags["inventory"].flags(absolute=True)),
        options=recorded(flags),
        sealed=warrant.digest if warrant is not None else "",
        approvals=warrant.approvals if warrant is not None else (),
        again=warrant is not None and warrant.again,
    )

    def carry_out(begun: Callable[[], None] | None = None) -> int:
        def go(first: Callable[[Hosts], None] | None = None) -> int:
            return conduct(
                plan, opening, folder, flags, answers=confirmed, password=password, sealed=sealed, begun=begun,
                first=first,
            )  # fmt: skip

        with holding(folder, operator()):
            if warrant is None:
                return go()
            return used(warrant, plan, folder, run=go, hosts=lambda: _hosts(plan, folder, flags, password, sealed))

    return in_background(folder, carry_out) if flags["detach"] else carry_out()


def conduct(
    plan: Plan, opening: RunStarted | Resumed, folder: RunFolder, flags: Mapping[str, Any], *, answers: Answers,
    password: Callable[[], str] | None, sealed: Vault, past: Past | None = None,
    begun: Callable[[], None] | None = None, first: Callable[[Hosts], None] | None = None,
    replanned: Replanned | None = None,
) -> int:  # fmt: skip
    """A run from its opening event to its exit code, with everything that a person sees of it. The caller holds it.

    `past` is what has happened so far in a run that is carried on or undone; `begun` is for one in the background, and
    called once it has begun. `first` is given the hosts before anything begins on them, and may refuse. `replanned`
    says that the plan is another one from here on. Raises RunbookError where the journal cannot be written.
    """
    garbage.tidy()
    hosts = _hosts(plan, folder, flags, password, sealed, past=past)
    if first is not None:
        with ExitStack() as unless_allowed:
            unless_allowed.callback(hosts.close)
            first(hosts)
            unless_allowed.pop_all()
    chronicle = Chronicle(plan)
    report = _report(plan, flags)
    live = report if isinstance(report, Pausing) else None
    if past is not None:
        views = [chronicle.view, *([report.view] if isinstance(report, Viewing) else [])]
        _remember(views, plan, folder)
    aside = Aside(report)
    screen = Screen(sys.stderr, live=live, colour="NO_COLOR" not in os.environ, settle=aside.settle)
    state = past.state if past is not None else initial(plan)
    reporters = Reporters([chronicle, aside, *([Beginning(begun)] if begun is not None else [])], _complain)
    awake = kept_awake(folder.run, wanted=flags["keep_awake"])
    try:
        with awake:
            exit_code = run_plan(
                plan,
                opening,
                folder=folder,
                state=state,
                end=past.end if past is not None else None,
                hosts=hosts,
                reporters=reporters,
                open_desk=lambda answered: _desk(answers, answered, screen, flags["inventory"]),
                listening=listening,
                diff=flags["diff"],
                vault=sealed,
                lock=lock_order(
                    plan,
                    folder,
                    flags,
                    operator(),
                    chronicle.view,
                    begun=past is not None and bool(past.reached),
                ),
                replanned=replanned,
            )
    except JournalFailed as error:
        raise journal_failed(error, plan, state) from error
    if isinstance(opening, Resumed) and opening.settle and exit_code is Exit.STOPPED:
        return exit_code  # what there is to tell comes with the rest of it
    tell(chronicle.view, as_text=flags["output"] == "text")
    tell_job(plan, chronicle.view)
    return exit_code


def _hosts(
    plan: Plan, folder: RunFolder, flags: Mapping[str, Any], password: Callable[[], str] | None, sealed: Vault,
    *, past: Past | None = None,
) -> Hosts:  # fmt: skip
    """The hosts of a run. Where it is carried on, those on which work is under way are waited for if they are away."""
    return Hosts(
        plan.hosts,
        run=folder.run,
        root=Path(plan.root),
        become_password=password,
        patience=flags["lost_after"],
        secret=lambda name: sealed.secrets[name].reveal(),
        known=past.reached if past is not None else (),
        awaited={flight.on for flight in past.state.flights.values()} if past is not None else (),
    )


def _report(plan: Plan, flags: Mapping[str, Any]) -> Reporter:
    if flags["detach"]:
        return Plain(plan, sys.stderr, everything=flags["verbose"] > 0)
    return choose(
        plan,
        flags["output"],
        stdout=sys.stdout,
        # What the hosts say is the result of `exec`; of a run it is progress.
        stderr=sys.stdout if flags.get("output_is_result") else sys.stderr,
        environment=os.environ,
        everything=flags["verbose"] > 0,
    )


# --- before it ---------------------------------------------------------------------------------------------------


def _gates(plan: Plan, answers: Answers, flags: Mapping[str, Any]) -> None:
    asked = needs(plan)
    given.check(answers, asked)
    must_be_answered(asked, answers, attended=attended(flags))
    if at_terminal() and not flags["yes"]:
        from executor.planning.show import outline

        colour = "NO_COLOR" not in os.environ
        click.echo(outline(plan, width=shutil.get_terminal_size().columns, color=colour), err=True)
        said_go("not started")


def must_be_answered(asked: Sequence[Need], answers: Answers, *, attended: bool) -> None:
    """Raises Refused where somebody will be asked, nobody is there to answer, and no answer was given beforehand."""
    missing = () if attended else given.unanswered(asked, answers)
    if missing:
        raise refused(missing)


def said_go(otherwise: str) -> None:
    """Ask at the terminal. Raises RunbookError (exit 11) where nobody says go."""
    if not click.confirm("Go?", default=False, err=True):
        raise RunbookError(Problem(f"{otherwise}: nobody said go"), exit_code=Exit.REFUSED)


def operator() -> str:
    """Who runs this: RUNBOOK_OPERATOR, or the login's name."""
    named = os.environ.get("RUNBOOK_OPERATOR")
    if named:
        return named
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a uid without a name, as containers have
        return f"uid {os.getuid()}"


# --- beside it -----------------------------------------------------------------------------------------------------


def _complain(text: str) -> None:
    with suppress(OSError):  # nobody is there any more who could be told; the run goes on
        click.echo(f"runbook: {text}", err=True)


def _desk(answers: Answers, answered: Callable[[Answered], None], screen: Screen, inventory: Sources) -> Desk:
    terminal = None
    if at_terminal():
        terminal = Terminal(
            screen,
            answered,
            fd=sys.stdin.fileno(),
            operator=operator(),
            login=lambda host: _login(host, inventory),
        )
    return Desk(answers, answered, operator=operator(), terminal=terminal)


def _login(host: str, inventory: Sources) -> None:
    """A shell on a host, for the question of what to do with it."""
    subprocess.run([sys.executable, "-m", "executor", "ssh", host, *inventory.flags()], check=False)


def _remember(views: Sequence[RunView], plan: Plan, folder: RunFolder) -> None:
    """Take in what happened before, without a word about it."""
    for stamp, event in read(folder.journal):
        for view in views:
            fold(view, plan, stamp, event)


class Chronicle:
    """Keeps the run's story for the summary at its end."""

    def __init__(self, plan: Plan) -> None:
        self.view = RunView()
        self._plan = plan

    def event(self, stamp: Stamp, event: Event) -> None:
        fold(self.view, self._plan, stamp, event)

    def output(self, key: Key, stream: Stream, data: bytes) -> None:
        heard(self.view, key, stream, data)

    def measured(self, key: Key, verdict: Verdict) -> None:
        """What a probe says meanwhile is not part of the summary."""

    def tick(self, mono: float) -> None:
        """Nothing here moves with the time."""

    def close(self) -> None:
        """The view stays."""


# --- after it ------------------------------------------------------------------------------------------------------


def tell(view: RunView, *, as_text: bool) -> None:
    """The summary: on standard output for people; beside JSON it is no result, and goes to standard error."""
    out = sys.stdout if as_text else sys.stderr
    colour = out.isatty() and "NO_COLOR" not in os.environ
    try:
        width = shutil.get_terminal_size().columns if out.isatty() else None
        text = summary_text(summary(view, commands=COMMANDS), colour=colour, width=width)
        click.echo(text, nl=False, err=not as_text)
    except OSError:
        return  # the terminal has gone; the journal has it all
