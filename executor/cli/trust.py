"""`runbook trust HOST`: look at a new host's key, and keep it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from executor.cli.loading import host_named, load_hosts, root_here
from executor.cli.options import Sources, inventory_option
from executor.errors import Problem, Refused, Unreachable

if TYPE_CHECKING:
    from executor.hosts.host_keys import UnknownKey


@click.command(epilog="Example: runbook trust web1 -i prod --fingerprint SHA256:Nn0…")
@click.argument("host")
@inventory_option
@click.option("--fingerprint", metavar="SHA256:…", help="Keep the key if it has this fingerprint, without a question.")
def command(host: str, inventory: Sources, fingerprint: str | None) -> None:
    """Show the key of a host that is not known yet, and keep it once you have compared it.

    On the host, `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` shows what to compare with. A key that has changed
    is never accepted here.
    """
    from executor.hosts.errors import ConnectionFailed
    from executor.hosts.host_keys import UnknownKey
    from executor.hosts.pool import Hosts

    root = root_here()
    known = load_hosts(inventory, root)
    spec = host_named(known, host)
    with Hosts(known.hosts, run="trust", root=root) as hosts:
        try:
            hosts.host(spec.name).connect()
        except UnknownKey as unknown:
            _decide(unknown, fingerprint)
            if unknown.name != spec.name:
                click.echo(f"{unknown.name} is on the way to {host}: once more for {host} itself")
            return
        except ConnectionFailed as failure:
            raise Unreachable(Problem(failure.reason, hint=failure.hint, code=failure.kind)) from failure
    click.echo(f"{host} is known already: its key is the one that is written down")


def _decide(unknown: UnknownKey, fingerprint: str | None) -> None:
    shown = unknown.shown
    click.echo(f"{unknown.name} shows {shown.short_type} {shown.fingerprint}")
    if fingerprint is not None:
        if fingerprint != shown.fingerprint:
            raise Refused(Problem(f"that is not {fingerprint}", hint="it is not kept", code="fingerprint"))
    elif not sys.stdin.isatty():
        hint = "compare it with the host's own, then: --fingerprint SHA256:…"
        raise Refused(Problem("somebody must look at it, and there is no terminal to ask at", hint=hint, code="trust"))
    elif not click.confirm("Is it the one that the host itself tells?", default=False):
        raise Refused(Problem("not kept", code="trust"))
    unknown.keep()
    click.echo(f"kept in {unknown.file}")
