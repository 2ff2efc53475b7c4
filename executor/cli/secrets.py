"""Secrets at the command line: fetched before a run, and kept out of everything that this process says meanwhile."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from executor.errors import Problem, RunbookError
from executor.model.plans import Plan
from executor.model.secrets import Secret
from executor.secrets import Redactor
from executor.secrets.guard import Guarded


class Concealed(Exception):
    """A fault of the program during a run that has secrets: what is told of it goes through the run's redactor."""

    def __init__(self, error: Exception, redactor: Redactor) -> None:
        super().__init__()
        self.error = error
        self.redactor = redactor


def fetched(plan: Plan, flags: Mapping[str, Any], *, at_terminal: bool) -> Mapping[str, Secret]:
    """The secrets that a plan names, from its inventory. Raises InvalidInput where one cannot be had."""
    if not plan.secrets:
        return {}
    from executor.cli.loading import load_hosts
    from executor.secrets.fetch import Desk, fetch

    root = Path(plan.root)
    runbook = Path(plan.file)
    inventory = load_hosts(flags["inventory"], root, beside=runbook.parent if runbook.is_file() else None)
    return fetch(plan.secrets, inventory, Desk(os.environ, root, at_terminal))


@contextmanager
def concealing(redactor: Redactor) -> Iterator[None]:
    """While this lasts, standard output and standard error are redacted, and so is what is raised."""
    if not redactor:
        yield
        return
    out, err = Guarded(sys.stdout, redactor), Guarded(sys.stderr, redactor)
    with redirect_stdout(out), redirect_stderr(err):
        try:
            yield
        except RunbookError as error:
            raise _redacted(error, redactor) from None
        except (click.ClickException, click.Abort, click.exceptions.Exit, BrokenPipeError):
            raise  # for the program's entry; none of them has a word of the run's
        except Exception as error:  # noqa: BLE001 - whatever it is, its words may repeat a value
            raise Concealed(error, redactor) from None


def _redacted(error: RunbookError, redactor: Redactor) -> RunbookError:
    problems = (replace(problem, **_words(problem, redactor)) for problem in error.problems)
    return type(error)(*problems, exit_code=error.exit_code)


def _words(problem: Problem, redactor: Redactor) -> dict[str, Any]:
    return {"message": redactor.text(problem.message), "hint": redactor.text(problem.hint)}
