"""`runbook ssh HOST`: a login with what the inventory says."""

from __future__ import annotations

import os
import shutil

import click

from executor.cli.loading import host_named, load_hosts
from executor.cli.options import Sources, inventory_option
from executor.errors import InvalidInput, Problem, WrongUsage
from executor.model.inventories import HostSpec, Inventory, Ssh


@click.command(
    epilog="Example: runbook ssh web1 -i prod -- tail -f /var/log/app.log",
    context_settings={"ignore_unknown_options": True},
)
@click.argument("host")
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="[-- COMMAND…]")
@inventory_option
def command(host: str, words: tuple[str, ...], inventory: Sources) -> None:
    """Log in to a host of the inventory with OpenSSH's own client; or run one command there."""
    known = load_hosts(inventory)
    spec = host_named(known, host)
    if spec.unfit:
        raise InvalidInput(Problem(f"{host} cannot be reached: {spec.unfit}", spec.place, code="unfit"))
    if shutil.which("ssh") is None:
        raise WrongUsage(Problem("there is no ssh client on this machine", hint="install OpenSSH's client"))
    arguments = ["ssh", *login_arguments(spec, known), *words]
    os.execvp("ssh", arguments)  # noqa: S606 - becoming ssh is what the command is for


def login_arguments(spec: HostSpec, inventory: Inventory) -> list[str]:
    """ssh's arguments for a host; the destination is the last one. What is not said is left to ssh's own config."""
    ssh = spec.ssh
    arguments: list[str] = []
    if ssh.config is not None:
        arguments += ["-F", os.path.expanduser(ssh.config)]  # noqa: PTH111 - a word for ssh, not a file we open
    if ssh.port is not None:
        arguments += ["-p", str(ssh.port)]
    if ssh.key is not None:
        arguments += ["-i", os.path.expanduser(ssh.key), "-o", "IdentitiesOnly=yes"]  # noqa: PTH111 - as above
    if ssh.known_hosts is not None:
        arguments += ["-o", f"UserKnownHostsFile={os.path.expanduser(ssh.known_hosts)}"]  # noqa: PTH111 - as above
    if ssh.host_keys == "accept-new":
        arguments += ["-o", "StrictHostKeyChecking=accept-new"]
    arguments += _jump(ssh, inventory)
    destination = f"{ssh.user}@{spec.address}" if ssh.user else spec.address
    return [*arguments, "--", destination]


def _jump(ssh: Ssh, inventory: Inventory) -> list[str]:
    if ssh.jump is None:
        return []
    if ssh.jump == "none":
        return ["-J", "none"]
    through = inventory.hosts.get(ssh.jump)
    if through is None:
        return ["-J", ssh.jump]
    # -J knows neither a key nor known_hosts of its own: a whole command line as the proxy does.
    words = ["ssh", *login_arguments(through, inventory)[:-2], "-W", "[%h]:%p"]
    return ["-o", "ProxyCommand=" + " ".join(map(_word, [*words, *login_arguments(through, inventory)[-2:]]))]


def _word(text: str) -> str:
    """A word for the shell that runs a ProxyCommand; %h and %p stay ssh's."""
    import shlex

    return text if text == "[%h]:%p" else shlex.quote(text).replace("%", "%%")
