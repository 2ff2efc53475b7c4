"""`runbook lock`: the lock that runs hold on their hosts, looked at and held by hand."""

from __future__ import annotations

import os
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import click

from executor.cli.loading import as_flagged, load_hosts, root_here
from executor.cli.options import inventory_option, limit_option, login_options, seconds
from executor.errors import Exit, Problem, Refused, Unreachable, WrongUsage

F = TypeVar("F", bound=Callable[..., Any])


@click.group(epilog="Example: runbook lock status -i prod")
def command() -> None:
    """The lock that runs hold on their hosts: who has it; held, let go and broken by hand."""


def _common(function: F) -> F:
    """What all of them take: which hosts, how to log in, which lock."""
    named = click.option("--name", metavar="NAME", help="The lock. Default: what the inventory's policy says.")
    return inventory_option(limit_option(login_options(named(function))))


@command.command(epilog="Example: runbook lock status -i prod -l web")
@_common
def status(**flags: Any) -> int:
    """Who has locks on the hosts: owner, machine, run, since when, what it does now, when it should be done.

    Shows the locks of all names, or the one that --name says.
    """
    from executor.cli.locking import is_cut_off
    from executor.journal.folders import state_folder
    from executor.locks.telling import whose

    state = state_folder(os.environ)
    with _hosts(flags) as there:
        for host, holders in there.holders().items():
            shown = [holder for holder in holders if flags["name"] in (None, holder.name)]
            for holder in shown:
                told = whose(holder, gone=is_cut_off(state, holder.run))
                there.say(host, f"{holder.name}, number {holder.number}: {told}", "warn")
            if not shown:
                there.say(host, "free", "good")
        return Exit.UNREACHABLE if there.lost else Exit.DONE


@command.command(epilog="Example: runbook lock acquire -i prod --reason 'the database is being moved'")
@_common
@click.option("--wait", type=seconds, default="0s", metavar="TIME", help="How long to wait for others.")
@click.option("--reason", required=True, metavar="TEXT", help="Why; whoever is refused is told.")
def acquire(wait: float, reason: str, **flags: Any) -> int:
    """Hold the lock in your name, on all hosts that can be reached or on none, until you release it.

    Nobody's run, yours neither, changes the hosts meanwhile.
    """
    from executor.locks.gather import Blocked, Gathered, gather
    from executor.locks.party import OwnTime
    from executor.locks.telling import whose
    from executor.locks.words import Beat

    with _hosts(flags, reason) as there:
        party = there.party
        met = gather(
            party.take(there.names),
            party,
            party.wish.token,
            wait=wait,
            time=OwnTime(threading.Event()),
            waiting=lambda blocked: there.tell_waiting({h: whose(one) for h, one in blocked.holders.items()}),
        )
        match met:
            case Blocked():
                raise _taken({host: whose(holder) for host, holder in met.holders.items()}, party.wish.name)
            case Gathered(taken, failed):
                party.sign(taken, Beat(1, ""))
                for host in (name for name in there.names if name in taken):
                    there.say(host, f"{party.wish.name} is held by you", "good")
                for host, answer in failed.items():
                    there.fail(host, answer.why)
                if not taken:
                    raise Unreachable(Problem("no host could be locked"))
                click.echo("runbook lock release with the same -i lets it go", err=True)
        return Exit.PARTIAL if there.lost else Exit.DONE


@command.command(epilog="Example: runbook lock release -i prod")
@_common
def release(**flags: Any) -> int:
    """Let go of what you hold by hand. What others hold stays."""
    from executor.locks.telling import whose
    from executor.locks.words import BY_HAND

    with _hosts(flags) as there:
        me = there.party.wish.claim
        held = there.named()
        ours = {
            host: holder
            for host, holder in held.items()
            if holder.run == BY_HAND
            and (holder.claim.operator, holder.claim.controller) == (me.operator, me.controller)
        }
        there.end(ours, "released")
        others = {host: whose(holder) for host, holder in held.items() if host not in ours}
        for host, who in others.items():
            there.say(host, f"not yours: {who}", "bad")
        if not held and not there.lost:
            click.echo("nothing is held", err=True)
        return Exit.REFUSED if others else Exit.UNREACHABLE if there.lost else Exit.DONE


@command.command("break", epilog="Example: runbook lock break -i prod -l web2 --reason 'its laptop is gone'")
@_common
@click.option("--reason", default="", metavar="TEXT", help="Why; its holder is told.")
@click.option("-y", "--yes", is_flag=True, help="Break it without the question.")
def break_(reason: str, yes: bool, **flags: Any) -> int:
    """Take the lock from whoever has it. Their next step is refused by the host, and their run stops.

    What they have running goes on to its end: look at `runbook lock status` first, and talk to them.
    """
    from executor.locks.telling import whose

    with _hosts(flags, reason) as there:
        held = there.named()
        for host, holder in held.items():
            there.say(host, f"{holder.name} is held: {whose(holder)}", "warn")
        if not held:
            click.echo("nothing is held", err=True)
            return Exit.UNREACHABLE if there.lost else Exit.DONE
        if not yes:
            if not (sys.stdin.isatty() and sys.stderr.isatty()):
                raise Refused(Problem("nobody is there to be asked", hint="-y breaks it without the question"))
            if not click.confirm("Break it?", default=False, err=True):
                raise Refused(Problem("not broken: nobody said yes"))
        there.end(held, "broken")
        return Exit.UNREACHABLE if there.lost else Exit.DONE


def _taken(holders: Mapping[str, str], name: str) -> Refused:
    return Refused(
        *(Problem(f"{host}: the lock '{name}' is taken: {who}", code="lock") for host, who in holders.items())
    )


# --- the hosts -----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _There:
    """The hosts that are meant, as far as they can be reached, and what has been said of them."""

    party: Any  # locks.party.Party; imported when a command runs
    names: list[str]
    lost: list[str]
    colour: bool

    def say(self, host: str, text: str, tone: str) -> None:
        from executor.report.paint import paint
        from executor.report.safe import inert, visible

        click.echo(paint(f"{host}: {inert(visible(text))}", tone, self.colour))  # type: ignore[arg-type]  # one of its tones

    def fail(self, host: str, why: str) -> None:
        self.lost.append(host)
        self.say(host, f"NOT REACHED: {why}", "bad")

    def tell_waiting(self, holders: Mapping[str, str]) -> None:
        from executor.report.safe import inert, visible

        for host, who in holders.items():
            click.echo(f"waiting for {host}: {inert(visible(who))}", err=True)

    def holders(self) -> dict[str, tuple[Any, ...]]:
        """All locks on each host; one that does not answer is told."""
        from executor.locks.words import Failed

        found: dict[str, tuple[Any, ...]] = {}
        told = self.party.seen(self.names)
        for host in self.names:
            seen = told[host]
            if isinstance(seen, Failed):
                self.fail(host, seen.why)
            else:
                found[host] = seen
        return found

    def named(self) -> dict[str, Any]:
        """Who holds the lock that is meant, on the hosts where somebody does."""
        name = self.party.wish.name
        every = ((host, holder) for host, holders in self.holders().items() for holder in holders)
        return {host: holder for host, holder in every if holder.name == name}

    def end(self, held: Mapping[str, Any], how: str) -> None:
        claim = self.party.wish.claim
        reason = f": {claim.reason}" if claim.reason else ""
        by = f"{how} by {claim.operator} on {claim.controller}, {claim.since}{reason}"
        told = self.party.end(held, by)
        for host in held:
            why = told[host]
            if why is None:
                self.say(host, f"{self.party.wish.name} is {how}", "good")
            else:
                self.fail(host, why)


@contextmanager
def _hosts(flags: Mapping[str, Any], reason: str = "") -> Iterator[_There]:
    """Connect to the hosts that -l names. Raises WrongUsage where the inventory has no lock and none is named."""
    from executor.cli.locking import new_token
    from executor.cli.passwords import become_password
    from executor.cli.session import operator
    from executor.hosts.pool import Hosts
    from executor.journal.folders import new_run_id
    from executor.language import match_hosts
    from executor.locks.orders import Wish
    from executor.locks.party import Party
    from executor.locks.words import BY_HAND, Claim

    root = root_here()
    known = load_hosts(flags["inventory"], root)
    name = flags["name"] or known.lock
    if name is None:
        raise WrongUsage(Problem("the inventory's policy wants no lock", hint="--name says which one you mean"))
    names = [host for host in match_hosts(flags["limit"] or "all", known) if not known.hosts[host].local]
    now = datetime.now().astimezone().replace(microsecond=0)
    claim = Claim(operator(), socket.gethostname(), now.isoformat(), reason=reason)
    password = become_password() if flags["ask_become_pass"] else None
    run = f"lock-{new_run_id(now)}"
    specs = as_flagged(known.hosts, flags)
    with Hosts(specs, run=run, root=root, become_password=password, patience=flags["lost_after"]) as hosts:
        party = Party(hosts.host, Wish(name, new_token(), BY_HAND, claim))
        there = _There(party, [], [], sys.stdout.isatty() and "NO_COLOR" not in os.environ)
        for host, failure in hosts.reach(names).items():
            if failure is None:
                there.names.append(host)
            else:
                there.fail(host, failure.reason)
        yield there
