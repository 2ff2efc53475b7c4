"""`runbook completion SHELL`: what makes the shell complete commands and flags."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

_USE = {
    "bash": "runbook completion bash > ~/.local/share/bash-completion/completions/runbook",
    "zsh": "runbook completion zsh > ~/.zfunc/_runbook",
    "fish": "runbook completion fish > ~/.config/fish/completions/runbook.fish",
}


@click.command(epilog="Example: " + _USE["bash"])
@click.argument("shell", type=click.Choice(list(_USE)))
def command(shell: str) -> None:
    """Print the completion script for a shell."""
    from executor.cli.main import runbook

    completion = get_completion_class(shell)
    assert completion is not None  # noqa: S101 - click has all three that the choice allows
    click.echo(f"# {_USE[shell]}")
    click.echo(completion(runbook, {}, "runbook", "_RUNBOOK_COMPLETE").source())
