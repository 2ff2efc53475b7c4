"""`runbook prune`: remove the records of runs that are old enough, here and on the hosts."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from executor.cli.options import inventory_option, limit_option, login_options
from executor.cli.session import at_terminal, operator
from executor.errors import Exit, Problem, RunbookError

if TYPE_CHECKING:
    from executor.drive.leftovers import Leftover, Rule
    from executor.hosts.pool import Hosts
    from executor.journal.index import Glance
    from executor.journal.pruning import Kept


@click.command(epilog="Example: runbook prune; runbook prune --keep 50 --days 90 -y; runbook prune --hosts -i prod")
@click.option(
    "--keep", type=click.IntRange(min=0), default=20, show_default=True, help="Keep so many of the last runs."
)
@click.option("--days", type=click.IntRange(min=0), default=30, show_default=True, help="And all younger than this.")
@click.option("-y", "--yes", is_flag=True, envvar="RUNBOOK_YES", help="Remove, without the question.")
@click.option(
    "--hosts", "on_hosts", is_flag=True, help="Also what runs have left on the hosts of -i; with -b root's, too."
)
@inventory_option
@limit_option
@login_options
def command(keep: int, days: int, yes: bool, on_hosts: bool, **flags: Any) -> int:
    """Show which runs are kept here and why, and remove the others: their journals and the output of their steps.

    What is removed can be neither shown nor undone any more. An unfinished run is never removed. With --hosts the same
    for the hosts: records of steps, and what files held before. A run that comes to a host bounds both there, too.
    """
    from executor.journal import folders
    from executor.journal.index import glances
    from executor.journal.pruning import sort_out

    known = list(glances(folders.state_folder(os.environ)))
    found = sort_out(known, datetime.now(UTC), runs=keep, days=days)
    going = _show(found)
    if not on_hosts:
        if going:
            _must_be_wanted(_amount(going), yes=yes)
            _remove(going)
        else:
            click.echo(_nothing(found))
        return Exit.DONE
    with _hosts(flags) as (hosts, there, away):
        rule = _rule(known, keep, days)
        left = _show_hosts(rule, hosts, there, away, become=flags["become"])
        if not going and not left:
            click.echo("nothing to remove")
            return Exit.UNREACHABLE if away else Exit.DONE
        _must_be_wanted("; ".join([*([_amount(going)] if going else []), *left.values()]), yes=yes)
        _remove(going)
        _remove_there(rule, hosts, list(left), become=flags["become"])
    return Exit.UNREACHABLE if away else Exit.DONE


# --- here -------------------------------------------------------------------------------------------------------------


def _show(found: Sequence[Kept]) -> list[Kept]:
    """Tell of every run; those that go."""
    from executor.report.phrasing import size

    for one in found:
        when = f"{one.run.last.astimezone():%Y-%m-%d %H:%M}"
        click.echo(f"{one.run.folder.run}  {when}  {size(one.size):>8}  {one.run.started.name}: {one.why or 'GOES'}")
    return [one for one in found if not one.why]


def _nothing(found: Sequence[Kept]) -> str:
    from executor.report.phrasing import count

    return f"{count(len(found), 'run')} kept, nothing to remove" if found else "There is no run yet."


def _amount(going: Sequence[Kept]) -> str:
    from executor.report.phrasing import count, size

    return f"{count(len(going), 'run')}, {size(sum(one.size for one in going))}"


def _must_be_wanted(what: str, *, yes: bool) -> None:
    """Raises RunbookError (exit 11) where nobody says so."""
    if not yes and not at_terminal():
        raise RunbookError(
            Problem(f"not removed: {what}", hint="-y removes them", code="prune"), exit_code=Exit.REFUSED
        )
    if not yes and not click.confirm(f"Remove {what}?", default=False, err=True):
        raise RunbookError(Problem("nothing was removed"), exit_code=Exit.REFUSED)


def _remove(going: Sequence[Kept]) -> None:
    from executor.journal.holding import holding
    from executor.journal.pruning import remove

    for one in going:
        with holding(one.run.folder, operator()):
            remove(one.run.folder)
    if going:
        click.echo(f"removed {_amount(going)}")


# --- on the hosts -----------------------------------------------------------------------------------------------------


def _rule(known: Sequence[Glance], keep: int, days: int) -> Rule:
    """The same there as here; what is unfinished here is needed there."""
    from executor.drive.leftovers import Rule

    return Rule(keep, days, tuple(one.folder.run for one in known if one.standing != "finished"))


@contextmanager
def _hosts(flags: Mapping[str, Any]) -> Iterator[tuple[Hosts, list[str], dict[str, str]]]:
    """Connections without a trace, the hosts that are there, and why others are not."""
    from executor.cli.loading import as_flagged, load_hosts, root_here
    from executor.cli.passwords import become_password
    from executor.hosts.pool import Hosts
    from executor.language import match_hosts

    root = root_here()
    known = load_hosts(flags["inventory"], root)
    names = [name for name in match_hosts(flags["limit"] or "all", known) if not known.hosts[name].local]
    password = become_password() if flags["ask_become_pass"] else None
    with Hosts(
        as_flagged(known.hosts, flags),
        run="prune",
        root=root,
        become_password=password,
        patience=flags["lost_after"],
        secret=lambda name: known.vaulted[name].reveal(),
        traceless=True,
    ) as hosts:
        met = hosts.reach(names)
        away = {name: failure.reason for name, failure in met.items() if failure is not None}
        yield hosts, [name for name in names if name not in away], away


def _show_hosts(
    rule: Rule, hosts: Hosts, there: Sequence[str], away: dict[str, str], *, become: bool
) -> dict[str, str]:
    """Tell of every host; what goes on those where something does. Who gives no answer is away, too."""
    from executor.drive.leftovers import look
    from executor.report.safe import inert, visible

    left: dict[str, str] = {}
    for name, found in look(rule, there, hosts, become=become).items():
        if isinstance(found, str):
            away[name] = found
            continue
        going = [one for one in found if one.goes]
        click.echo(f"{name}: {_said(found)}{f', of which GO {_said(going)}' if going else ''}")
        if going:
            left[name] = f"{name}: {_said(going)}"
    for name, why in away.items():
        click.echo(f"{name}: {inert(visible(why))}", err=True)
    return left


def _said(found: Sequence[Leftover]) -> str:
    from executor.report.phrasing import count, size

    parts = []
    for kind, what in (("runs", "records of"), ("undo", "what was replaced by")):
        some = [one for one in found if one.kind == kind]
        if some:
            parts.append(f"{what} {count(len(some), 'run')} ({size(sum(one.size for one in some))})")
    return " and ".join(parts) or "nothing is kept there"


def _remove_there(rule: Rule, hosts: Hosts, names: Sequence[str], *, become: bool) -> None:
    from executor.drive.leftovers import remove

    for name, found in remove(rule, names, hosts, become=become).items():
        if isinstance(found, str):
            raise RunbookError(Problem(f"{name}: {found}"), exit_code=Exit.UNREACHABLE)
        click.echo(f"{name}: removed {_said([one for one in found if one.goes])}")
