"""`runbook`: finds the command, runs it, and turns what it raises into messages and exit codes."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from typing import Any

import click

from executor import __version__
from executor.cli import garbage, streams
from executor.errors import Exit, Problem, WrongUsage

# name -> its line in `runbook --help`; the module executor.cli.<name> holds `command`.
COMMANDS = {
    "run": "Run a runbook on the hosts of an inventory.",
    "plan": "Show everything that run would do, without a connection.",
    "doc": "A runbook as the checklist that a person could follow by hand.",
    "approve": "Sign a sealed plan with your SSH key.",
    "simulate": "The whole run in the program alone, with what you want to see fail.",
    "validate": "Check runbooks and inventories, offline.",
    "exec": "Run one command on many hosts.",
    "attach": "Follow a run that goes on in another process.",
    "fetch": "Take a run over from its hosts, when the machine that ran it is lost.",
    "ssh": "Log in to a host of the inventory.",
    "ping": "Can every host be reached, logged in to, written on and forwarded through?",
    "trust": "Look at a new host's key and keep it.",
    "resume": "Carry on a run that was stopped, crashed or lost its machine.",
    "rollback": "Undo a run from its journal.",
    "status": "Unfinished runs, and which run every host is on.",
    "show": "One run's timeline, or the list of runs.",
    "logs": "What the steps of a run printed.",
    "prune": "Remove the records of runs that are old enough.",
    "lock": "The lock that runs hold on their hosts: status, acquire, release, break.",
    "inventory": "Hosts, groups and variables of an inventory.",
    "explain": "Where the value of a variable comes from.",
    "init": "Start a new project here.",
    "schema": "Print the JSON Schemas.",
    "completion": "Shell completion for bash, zsh and fish.",
    "sandbox": "SSH hosts on this machine, to try things on.",
    "demo": "A deploy and a failed one, on hosts of its own: a minute.",
}


class Commands(click.Group):
    """The commands, each imported when it is asked for: `--help` starts without any of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"executor.cli.{cmd_name.replace('exec', 'exec_')}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            import difflib

            close = difflib.get_close_matches(args[0], COMMANDS, 1)
            if not close:
                raise
            raise click.UsageError(f"{error.message} Did you mean '{close[0]}'?", ctx) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Try it: runbook demo. Every command has --help with an example.",
)
@click.version_option(__version__, prog_name="runbook")
@click.pass_context
def runbook(ctx: click.Context) -> None:
    """Declarative runbooks over plain SSH: rolling deploys that verify themselves and undo themselves."""
    from executor.cli import settings

    try:
        here = Path.cwd()
    except FileNotFoundError as gone:
        raise WrongUsage(Problem("the working directory is gone", hint="cd to one that exists")) from gone
    defaults = settings.load(here)
    ctx.default_map = dict.fromkeys(COMMANDS, defaults)


def main(arguments: list[str] | None = None) -> None:
    """The entry point of the `runbook` command. Always ends with SystemExit."""
    garbage.stay()
    streams.complete()
    code = call(arguments if arguments is not None else sys.argv[1:])
    garbage.leave()
    sys.exit(code)


def call(arguments: list[str]) -> int:
    """Run one command line and return its exit code: what `main` does, without leaving the process."""
    try:
        result: Any = runbook.main(arguments, prog_name="runbook", standalone_mode=False)
        return int(result) if isinstance(result, int) else Exit.DONE
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return Exit.USAGE
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return Exit.INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone; Python must not complain about it while it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.DONE
    except Exception as error:  # noqa: BLE001 - the last line of defence: nobody sees a traceback unasked
        from executor.cli.failures import tell

        return tell(error, arguments)
