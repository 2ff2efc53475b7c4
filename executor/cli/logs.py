"""`runbook logs`: what the steps of a run printed."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import click

CHUNK = 65536  # bytes


@click.command(epilog="Example: runbook logs last --host web2 --step Activate")
@click.argument("run", required=False)
@click.option("--host", metavar="HOST", help="Of this host alone.")
@click.option("--step", metavar="STEP", help="Of this step alone: its name, its beginning, or its number (2.3).")
@click.option("--raw", is_flag=True, help="The bytes as they came, without a prefix.")
def command(run: str | None, host: str | None, step: str | None, raw: bool) -> None:
    """Show the output of a run's steps. RUN as for `show`; default: the newest."""
    from executor.journal import folders, reading
    from executor.report.logs import log_lines, pieces

    folder = folders.find(folders.state_folder(os.environ), None if run == "last" else run)
    for piece in pieces(reading.read(folder.journal), host=host, step=step):
        path = folder.output(piece.key)
        if not path.exists():
            continue
        if raw:
            out = sys.stdout.buffer
            for chunk in _chunks(path):
                out.write(chunk)
        else:
            for line in log_lines(piece, _chunks(path)):
                click.echo(line)


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk
