"""What went wrong, for the person at the terminal."""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import click

from executor import __version__
from executor.cli.secrets import Concealed
from executor.cli.streams import harmless, unwritable
from executor.errors import Exit, RunbookError
from executor.journal.folders import make_own, state_folder


def tell(error: Exception, arguments: list[str]) -> int:
    """Print an error once, in the operator's words, and return the exit code that it means."""
    if isinstance(error, Concealed):
        return _told(error.error, arguments, error.redactor.text)
    return _told(error, arguments, str)


def _told(error: Exception, arguments: list[str], clean: Callable[[str], str]) -> int:
    """`clean` takes secrets out of what is said of a fault; the operator's own mistakes come without any."""
    if isinstance(error, RunbookError):
        from executor.language.diagnostics import render

        color = sys.stderr.isatty() and "NO_COLOR" not in os.environ
        for problem in error.problems:
            click.echo(harmless(render(problem, color=color), to=sys.stderr), err=True)
        if len(error.problems) > 1:
            click.echo(f"{len(error.problems)} problems", err=True)
        return error.exit_code
    if why := unwritable(error):
        click.echo(f"error: the output cannot be written: {clean(why)}", err=True)
        return Exit.FAULT
    trace = clean("".join(traceback.format_exception(error)))
    if any(argument.startswith("-vvv") for argument in arguments):
        click.echo(trace, nl=False, err=True)
        return Exit.FAULT
    where = _crash_file(trace)
    click.echo(f"runbook itself failed: {type(error).__name__}: {clean(str(error))}", err=True)
    click.echo(f"  details: {where} (or run it again with -vvv)", err=True)
    return Exit.FAULT


def _crash_file(trace: str) -> Path | str:
    text = f"runbook {__version__}, Python {sys.version}\n{trace}"
    name = f"crash-{datetime.now(UTC):%Y%m%d-%H%M%S}-{os.getpid()}.txt"
    try:
        folder = state_folder(os.environ)
        make_own(folder)
    except RunbookError:
        folder = Path(tempfile.mkdtemp(prefix="runbook-"))
    try:
        path = folder / name
        path.touch(mode=0o600)
        path.write_text(text)
    except OSError:
        return "nowhere: neither the state directory nor the temporary one can be written"
    return path
