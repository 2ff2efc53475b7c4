"""The text of a plan: golden files, to be read before they are committed. RUNBOOK_REWRITE=1 rewrites them."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from executor.language import load_inventory, load_runbook
from executor.model.plans import Plan
from executor.planning import PlanOptions, build, text
from executor.planning.shown.words import duration, hosts, ordinal
from tests.planning.planner import Project

DATA = Path(__file__).parent / "data"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def everything(monkeypatch: pytest.MonkeyPatch) -> Plan:
    monkeypatch.chdir(DATA)
    return _plan(DATA / "everything.yml", DATA / "everything-hosts.yml", DATA, skip_tags=("database",))


@pytest.fixture
def flagship(monkeypatch: pytest.MonkeyPatch) -> Plan:
    monkeypatch.chdir(ROOT)
    return _plan(ROOT / "runbooks/production-deploy.yml", ROOT / "inventories/prod.yml", ROOT)


def _plan(runbook: Path, inventory: Path, root: Path, skip_tags: tuple[str, ...] = ()) -> Plan:
    options = PlanOptions(extra={"version": "v1.2.3"}, at_terminal=True, skip_tags=skip_tags)
    return build(load_runbook(runbook, root=root), load_inventory([str(inventory)], root=root), options)


def matches(name: str, found: str) -> bool:
    path = DATA / name
    if os.environ.get("RUNBOOK_REWRITE"):
        path.write_text(found, encoding="utf-8")
    assert found == path.read_text(encoding="utf-8")
    return True


@pytest.mark.parametrize("width", [80, 120])
def test_the_plan_of_a_runbook_with_everything_reads_well(everything: Plan, width: int) -> None:
    assert matches(f"everything-{width}.txt", text(everything, width=width))


@pytest.mark.parametrize("width", [80, 120])
def test_the_plan_of_the_production_deployment_reads_well(flagship: Plan, width: int) -> None:
    assert matches(f"production-deploy-{width}.txt", text(flagship, width=width))


@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_line_is_longer_than_the_page_where_it_can_be_broken(flagship: Plan, width: int) -> None:
    long = [line for line in text(flagship, width=width).splitlines() if len(line) > width]
    assert [line for line in long if len(line.split()[-1]) + len(line) - len(line.lstrip()) < width - 20] == []


def test_colour_changes_nothing_but_colour(everything: Plan) -> None:
    coloured = text(everything, width=80, color=True)
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == text(everything, width=80)


def test_every_command_is_in_the_text_of_every_host(project: Project) -> None:
    shown = text(project.plan('- {name: S, shell: "echo {{ host.name }}-{{ weight }}"}'), width=80)
    assert all(f"$ echo web{number}-" in shown for number in (1, 2, 3))


def test_a_value_cannot_drive_the_terminal_of_who_reads_the_plan(project: Project) -> None:
    plan = project.plan('- {name: S, vars: {x: "a\\x1b[2Jb\\u202ec\\rd"}, shell: "echo {{ x }}"}')
    assert "$ echo 'a\\u001b[2Jb\\u202ec\\u000dd'" in text(plan, width=80)


def test_a_file_is_shown_whole_where_that_is_asked_for(project: Project) -> None:
    """No host has been asked what it holds: all of it is new, for all that is known."""
    project.file("sent.txt", "first\n" + "line\n" * 20 + "last\n")
    (project.folder / "blob").write_bytes(b"\xff" * 9)
    plan = project.plan(
        """
        - {name: S, copy: {src: sent.txt, dest: /s}}
        - {name: B, copy: {src: blob, dest: /b}}
        - {name: C, copy: {content: "a\\nb\\nc", dest: /c}}
        - {name: D, copy: {src: sent.txt, dest: /d}, no_log: true}
        """
    )
    shown = text(plan, whole=True)
    assert (shown.count("│ line"), shown.count("│ last"), shown.count("│ c")) == (20, 1, 1)
    assert "│ binary, 9 bytes" in shown
    assert "│ first" not in text(plan)


def test_what_a_command_reads_is_shown_as_long_contents_are(project: Project) -> None:
    project.inventory += "\nsecrets: {pw: $PW}\n"
    plan = project.plan(
        """
        - {name: One, shell: psql, stdin: "drop table a\\n"}
        - {name: Two, shell: psql, stdin: "drop table b\\nvacuum"}
        - {name: Many, shell: psql, stdin: "{{ range(30) | join('\\n') }}"}
        - {name: None, shell: psql, stdin: ""}
        - {name: Secret, shell: "login", stdin: "{{ secret('pw') }}\\n"}
        - {name: Hidden, shell: "login", stdin: "hunter2", no_log: true}
        """
    )
    shown = text(plan)
    assert "$ psql\n        with 1 line on standard input\n          │ drop table a\n" in shown
    assert "with 2 lines on standard input\n          │ drop table b\n          │ vacuum\n" in shown
    assert "with 30 lines on standard input\n          │ 0\n" in shown
    assert "          │ 9\n          │ … 20 more lines\n" in shown
    assert "with empty standard input\n" in shown
    assert "│ [secret pw]\n" in shown
    assert "hunter2" not in shown
    assert "│ 29" in text(plan, whole=True)


def test_what_is_not_to_be_logged_is_not_in_the_text(project: Project) -> None:
    plan = project.plan(
        """
        - {name: S, vars: {pw: hunter2}, shell: "login {{ pw }}", no_log: true, rollback: "logout {{ pw }}"}
        - {vars: {pw: hunter2}, shell: "login {{ pw }}", no_log: true, environment: {PW: "{{ pw }}"}, rollback: none}
        """
    )
    assert "hunter2" not in text(plan)


@pytest.mark.parametrize(
    ("seconds", "wanted"),
    [(0, "0s"), (0.5, "500ms"), (1.5, "1.5s"), (90, "1m30s"), (3600, "1h"), (90_061, "1d1h1m1s"), (300.0, "5m")],
)
def test_durations_are_said_as_they_are_written(seconds: float, wanted: str) -> None:
    assert duration(seconds) == wanted


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        ("web1 web2 web3 web4", "web1 to web4"),
        ("web4 web3 web2", "web4 to web2"),
        ("web1 web2", "web1, web2"),
        ("web1 web3 web5", "web1, web3, web5"),
        ("web08 web09 web10", "web08 to web10"),
        ("web8 web9 web010", "web8, web9, web010"),
        ("a1.x a2.x a3.x b", "a1.x to a3.x, b"),
        ("a b c", "a, b, c"),
        ("n1 n2 n3 n9 n8 n7", "n1 to n3, n9 to n7"),
    ],
)
def test_hosts_in_a_row_are_folded(names: str, wanted: str) -> None:
    assert hosts(names.split()) == wanted


def test_ordinals() -> None:
    assert [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 102, 111)] == (
        ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "102nd", "111th"]
    )
