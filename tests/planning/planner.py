"""A project in a folder of its own, planned: short ways to see what comes out, or what is said instead."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from executor.errors import InvalidInput, Problem
from executor.language import load_inventory, load_runbook
from executor.model.actions import Shell
from executor.model.plans import Plan, PlannedStep
from executor.model.steps import Item, Task
from executor.planning import PlanOptions, build
from executor.templates import sketch

INVENTORY = """
vars: {app_dir: /srv/app}
hosts:
  web1: {address: 203.0.113.11, vars: {weight: 1}}
  web2: {address: 203.0.113.12, vars: {weight: 2}}
  web3: {address: 203.0.113.13, vars: {weight: 1}}
  db1: {address: 203.0.113.20}
groups:
  web: {hosts: [web1, web2, web3], vars: {port: 8000}}
  db: {hosts: [db1]}
"""


class Project:
    """A runbook and an inventory in a folder; other files are put there beforehand."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.inventory = INVENTORY

    def file(self, name: str, text: str = "") -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")
        return path

    def plan(self, runbook: str, **options: Any) -> Plan:
        """The plan of a runbook. A text that does not begin with `name:` is the steps of one stage on web."""
        text = dedent(runbook)
        if not text.lstrip().startswith("name:"):
            steps = "\n".join("      " + line for line in text.strip("\n").split("\n"))
            text = f"name: Test\nstages:\n  - name: Work\n    hosts: web\n    serial: 100%\n    steps:\n{steps}\n"
        read = load_runbook(self.file("runbook.yml", text), root=self.folder)
        hosts = load_inventory([str(self.file("inventory.yml", self.inventory))], root=self.folder)
        return build(read, hosts, PlanOptions(**options))

    def problems(self, runbook: str, **options: Any) -> tuple[Problem, ...]:
        with pytest.raises(InvalidInput) as caught:
            self.plan(runbook, **options)
        return caught.value.problems

    def told(self, runbook: str, **options: Any) -> list[str]:
        """What is said: each problem's line and message."""
        return [f"{p.place.line if p.place else '-'}: {p.message}" for p in self.problems(runbook, **options)]


def commands(plan: Plan, host: str = "web1") -> list[str]:
    """The commands of a host's steps in order, one a line; what is late by its name."""
    return [
        line for stage in plan.stages for step in stage.steps if host in step.tasks for line in _of(step.tasks[host])
    ]


def _of(task: Task) -> list[str]:
    return [command(item) for item in task.items]


def command(item: Item) -> str:
    """A shell action as text, or why it is skipped."""
    if item.when and not getattr(item.when[0], "needs", ()):
        return f"skipped: {getattr(getattr(item.when[0], 'template', None), 'text', item.when[0])}"
    action = item.body.action
    assert isinstance(action, Shell)
    return action.script if isinstance(action.script, str) else sketch(action.script)


def only_step(plan: Plan) -> PlannedStep:
    (step,) = plan.stages[0].steps
    return step


def item(plan: Plan, host: str = "web1") -> Item:
    """The one round of the one step."""
    (found,) = only_step(plan).tasks[host].items
    return found
