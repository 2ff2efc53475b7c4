"""Flags that several commands share. Names and meaning are ansible-playbook's where it has them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def _stack(*decorators: Callable[[F], F]) -> Callable[[F], F]:
    def decorate(function: F) -> F:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return decorate


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the hosts come from: what -i names, and what opens the vaults in it."""

    names: tuple[str, ...] = ()
    vault_password_files: tuple[str, ...] = ()

    def flags(self, *, absolute: bool = False) -> list[str]:
        """The same on a command line; `absolute`: one that is typed in another folder."""
        names, files = self.names, self.vault_password_files
        if absolute:
            names, files = tuple(map(_absolute, names)), tuple(map(_absolute, files))
        named = [word for name in names for word in ("-i", name)]
        return named + [word for file in files for word in ("--vault-password-file", file)]

    @classmethod
    def of_flags(cls, words: Sequence[str]) -> Sources:
        """From what `flags` gives."""
        pairs = list(zip(words[::2], words[1::2], strict=True))
        return cls(
            tuple(value for flag, value in pairs if flag == "-i"),
            tuple(value for flag, value in pairs if flag != "-i"),
        )


def _absolute(name: str) -> str:
    """A path that is there from here, as it is called from anywhere; other names as they are."""
    return str(Path(name).absolute()) if Path(name).exists() else name


def inventory_option(function: F) -> F:
    """-i and --vault-password-file, for everything that knows hosts; the command gets them as one: `inventory`."""

    @wraps(function)
    def with_sources(*, inventory: tuple[str, ...], vault_password_file: tuple[str, ...], **others: Any) -> Any:
        return function(inventory=Sources(inventory, vault_password_file), **others)

    return _stack(
        click.option(
            "-i", "--inventory", "inventory", multiple=True, metavar="INVENTORY", envvar="RUNBOOK_INVENTORY",
            help="A file or folder, a name under inventories/, or 'web1,web2,'. May be repeated.",
        ),
        click.option(
            "--vault-password-file", "vault_password_file", multiple=True, metavar="FILE",
            envvar=["RUNBOOK_VAULT_PASSWORD_FILE", "ANSIBLE_VAULT_PASSWORD_FILE"],
            help="Opens Ansible's vaults in the inventory; a program is run for the password. May be repeated.",
        ),
    )(with_sources)  # type: ignore[return-value]  # a command by click's rules, as `function` was  # fmt: skip


def limit_option(function: F) -> F:
    """-l, for everything that picks hosts."""
    return click.option(
        "-l",
        "--limit",
        metavar="PATTERN",
        envvar="RUNBOOK_LIMIT",
        help="Only these hosts: web1, 'web:!web3', 'web[0]'.",
    )(function)


def extra_vars_option(function: F) -> F:
    return click.option(
        "-e", "--extra-vars", "extra_vars", multiple=True, metavar="K=V|JSON|@FILE",
        help="Parameters and variables. They win over all others.",
    )(function)  # fmt: skip


def seconds(text: str) -> float:
    """A flag's type: a duration as runbooks write it (90s, 5m)."""
    from executor.model.durations import parse_duration

    try:
        return parse_duration(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


reach_options = _stack(
    click.option("-u", "--user", envvar="RUNBOOK_USER", help="Log in as this user."),
    click.option("--private-key", envvar="RUNBOOK_PRIVATE_KEY", metavar="FILE", help="Log in with this key."),
    click.option(
        "--lost-after",
        type=seconds,
        envvar="RUNBOOK_LOST_AFTER",
        metavar="TIME",
        help="How long a host that goes away is looked for. Default: 60s.",
    ),
)

login_options = _stack(
    reach_options,
    click.option("-b", "--become", is_flag=True, help="Run the steps as root, through sudo."),
    click.option("-K", "--ask-become-pass", is_flag=True, help="Ask once for sudo's password."),
)

connection_options = _stack(
    click.option("-f", "--forks", type=click.IntRange(min=1), envvar="RUNBOOK_FORKS", help="Hosts at once, at most."),
    login_options,
)

plan_options = _stack(
    inventory_option,
    limit_option,
    click.option("-t", "--tags", multiple=True, metavar="TAGS", help="Only steps with these tags (a,b)."),
    click.option("--skip-tags", multiple=True, metavar="TAGS", help="Not the steps with these tags."),
    extra_vars_option,
    connection_options,
    click.option("-D", "--diff", is_flag=True, help="Show what changes in files."),
    click.option("--start-at-stage", metavar="STAGE", help="Leave out the stages before this one."),
    click.option("--step", "step_mode", is_flag=True, help="Ask before each step."),
    click.option("-v", "--verbose", count=True, help="More: -v output as it comes, -vvv internals of errors."),
)

awake_option = click.option(
    "--keep-awake/--no-keep-awake", default=True, envvar="RUNBOOK_KEEP_AWAKE",
    help="Whether this machine is kept from sleeping meanwhile. Default: it is, where the system offers that.",
)  # fmt: skip

check_option = click.option(
    "-C", "--check", is_flag=True,
    help="Ask the hosts what can be read of them (guards, files, read-only steps), and say what would change there.",
)  # fmt: skip

run_options = _stack(
    click.option("-y", "--yes", is_flag=True, envvar="RUNBOOK_YES", help="Go, without the question at the start."),
    click.option("--confirm", multiple=True, metavar="STAGE/STEP/ITEM", help="Answer a checklist item with yes."),
    click.option(
        "--answers", type=click.Path(exists=True, dir_okay=False), metavar="FILE", help="Answers to checklist items."
    ),
    click.option(
        "--on-failure", type=click.Choice(["rollback", "stop", "ask"]), envvar="RUNBOOK_ON_FAILURE",
        help="When a stage is aborted. Default: ask at a terminal without -y, else rollback.",
    ),
    click.option("--wait", type=seconds, metavar="TIME", help="How long to wait for the lock. Default: not at all."),
    click.option(
        "--override", type=click.Choice(["lock"]), multiple=True,
        help="Take the lock from whoever has it. Needs --reason.",
    ),
    click.option("--reason", default="", metavar="TEXT", help="Why; kept with the run."),
    click.option(
        "--output", "output", type=click.Choice(["text", "jsonl"]), default="text", envvar="RUNBOOK_OUTPUT",
        help="jsonl: one event a line.",
    ),
    click.option("--detach", is_flag=True, help="Go on in the background once it has begun; `attach` follows it."),
    awake_option,
)  # fmt: skip

carry_options = _stack(
    click.option("-K", "--ask-become-pass", is_flag=True, help="Ask once for sudo's password."),
    click.option(
        "--lost-after", type=seconds, envvar="RUNBOOK_LOST_AFTER", metavar="TIME",
        help="How long a host that goes away is looked for. Default: 60s.",
    ),
    click.option("-D", "--diff", is_flag=True, help="Show what changes in files."),
    click.option("-v", "--verbose", count=True, help="More: -v output as it comes, -vvv internals of errors."),
    run_options,
)  # fmt: skip
