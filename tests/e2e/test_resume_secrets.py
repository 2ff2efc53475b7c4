"""Secrets of a run that is carried on: fetched afresh, and where one has changed nobody goes on by themselves."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import Project
from tests.e2e.terminals import answered

BOOK = """
name: Login
stages:
  - name: All
    hosts: web1
    on_failure: stop
    steps:
      - {name: In, shell: "echo in >> ~/log", rollback: "echo out >> ~/log"}
      - name: Use
        shell: test -e ~/cure && test {{ secret('token') }} = "$(cat ~/token)" && echo used >> ~/log
        rollback: none
"""
CHANGED = "Since the run began, these secrets have changed: token. Go on with the new values?"


@pytest.fixture
def stopped(project: Project) -> Project:
    inventory = project.folder / "inventories" / "prod.yml"
    inventory.write_text(inventory.read_text() + "secrets: {token: $LOGIN}\n")
    project.write("runbooks/login.yml", BOOK)
    project.environment["LOGIN"] = "before-hand"
    ran = project.runbook("run", "login", "-i", "prod")
    assert ran.code == 6, ran
    (project.servers["web1"].home / "cure").touch()
    return project


def token(project: Project, value: str) -> None:
    """The host wants this one now."""
    (project.servers["web1"].home / "token").write_text(value)


def test_one_that_has_not_changed_is_fetched_again(stopped: Project) -> None:
    token(stopped, "before-hand")
    assert stopped.runbook("resume").code == 0
    assert stopped.log("web1") == ["in", "used"]


def test_without_a_terminal_a_changed_one_stops_before_anything_begins(stopped: Project) -> None:
    stopped.environment["LOGIN"] = "after-wards"
    token(stopped, "after-wards")
    refused = stopped.runbook("resume")
    assert refused.code == 11, refused
    assert "was begun with other values of: token" in refused.err
    assert "after-wards" not in refused.err + refused.out
    assert len(stopped.events("Resumed")) == 0
    back = stopped.runbook("rollback", "last", "-y")
    assert back.code == 11, back
    stopped.environment["LOGIN"] = "before-hand"
    assert stopped.runbook("rollback", "last", "-y").code == 0
    assert stopped.log("web1") == ["in", "out"]


@pytest.mark.parametrize(("answer", "code", "log"), [("y", 0, ["in", "used"]), ("n", 11, ["in"])])
def test_at_a_terminal_somebody_says_whether_to_go_on_with_the_new_one(
    stopped: Project, answer: str, code: int, log: list[str]
) -> None:
    stopped.environment["LOGIN"] = "after-wards"
    token(stopped, "after-wards")
    ran = answered(stopped, "resume", answers=((CHANGED, answer),))
    assert ran.code == code, ran
    assert stopped.log("web1") == log


def test_one_that_cannot_be_had_any_more_is_told(stopped: Project) -> None:
    del stopped.environment["LOGIN"]
    refused = stopped.runbook("resume")
    assert refused.code == 3, refused
    assert "token" in refused.err
