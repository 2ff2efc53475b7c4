"""What a run tells the CI job that it is a part of."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import click

from executor.cli.main import COMMANDS
from executor.model.plans import Plan
from executor.report.story import RunView


def tell_job(plan: Plan, view: RunView, environment: Mapping[str, str] = os.environ) -> None:
    """In a job of GitHub Actions: an annotation for each failure, and the end of the run in the job's summary."""
    if environment.get("GITHUB_ACTIONS") != "true":
        return
    from executor.report.job import failures, step_summary

    for line in failures(plan, view):
        click.echo(line, err=True)
    page = environment.get("GITHUB_STEP_SUMMARY")
    if not page:
        return
    try:
        with Path(page).open("a", encoding="utf-8") as file:
            file.write(step_summary(view, COMMANDS))
    except OSError as error:  # the run has ended as it has; its exit code is not the summary's to change
        click.echo(f"runbook: the job's summary cannot be written: {error.strerror}", err=True)
