"""`runbook demo`: the main job on hosts of its own."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(epilog="Example: runbook demo")
@click.option(
    "--folder", type=click.Path(file_okay=False, path_type=Path), help="The sandbox's. Default: the state directory."
)
def command(folder: Path | None) -> int:
    """Deploy a good release and then a bad one to a sandbox, and see the bad one undone. Under a minute."""
    from executor.cli.main import call
    from executor.sandbox.demo import run_demo

    return run_demo(call, click.echo, folder)
