"""`runbook sandbox`: SSH hosts on this machine, to try things on."""

from __future__ import annotations

from pathlib import Path

import click

FOLDER = click.option(
    "--folder", type=click.Path(file_okay=False, path_type=Path), help="Where it lives. Default: the state directory."
)


@click.group(epilog="Example: runbook sandbox up && runbook exec 'uname -a' -i sandbox -l web")
def command() -> None:
    """SSH hosts on loopback, with a small web service each and a load balancer in front. Needs no root."""


@command.command(epilog="Example: runbook sandbox up --hosts 10")
@click.option("--hosts", type=click.IntRange(min=1), default=4, show_default=True, help="How many.")
@FOLDER
def up(hosts: int, folder: Path | None) -> None:
    """Start it, and write an inventory for it: `-i sandbox`."""
    from executor.sandbox import up as start

    info = start(folder, hosts)
    click.echo(f"{'It is up already' if info.found else 'Up'}: {', '.join(host.name for host in info.hosts)}")
    click.echo(f"  inventory      {'-i sandbox' if folder is None else info.inventory}")
    click.echo(f"  load balancer  {info.public_url}")
    click.echo(f"  a project      {info.project}")


@command.command(epilog="Example: runbook sandbox down")
@FOLDER
def down(folder: Path | None) -> None:
    """End it, and remove all its files."""
    from executor.sandbox import down as end

    click.echo("Down." if end(folder) else "It was not up.")


@command.command(epilog="Example: runbook sandbox status")
@FOLDER
def status(folder: Path | None) -> int:
    """Show its hosts and what they answer. Exit 4 where it is not up."""
    from executor.errors import Exit
    from executor.sandbox import status as look

    found = look(folder)
    if found.state != "up" or found.info is None:
        click.echo(f"The sandbox is {found.state}: runbook sandbox up")
        return Exit.UNREACHABLE
    click.echo(f"load balancer  {found.info.public_url}")
    for one in found.hosts:
        state = "drained" if one.drained else "healthy" if one.healthy else "not healthy"
        ssh = f"ssh port {one.host.ssh_port}"
        click.echo(f"{one.host.name:<8} {ssh:<16} {one.host.url:<24} {one.version or 'no answer':<10} {state}")
    return Exit.DONE
