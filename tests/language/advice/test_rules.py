"""Every rule of advice finds what it is for, says so with its place, and is quiet about what is right."""

from __future__ import annotations

from pathlib import Path

import pytest

from executor.errors import Problem
from executor.language import load_inventory, render
from executor.language.advice import RULES, Rule, advise
from executor.language.advice.amounts import EVERY, LOOK_BACK
from executor.language.runbooks import load_written
from executor.model.probes import Probe, Tcp
from executor.probes.times import times
from tests.language.golden import matches

DATA = Path(__file__).parent / "data"
IDS = [rule.id for rule in RULES]


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(DATA)


def advice(name: str, hosts: str | None = None) -> tuple[Problem, ...]:
    inventory = None if hosts is None else load_inventory([hosts], root=DATA)
    return advise(load_written(Path(name), root=DATA.parent), inventory)


def told(problems: tuple[Problem, ...]) -> str:
    return "\n\n".join(map(render, problems)) + "\n"


@pytest.mark.parametrize("rule", IDS)
def test_a_rule_says_what_it_is_for(rule: str) -> None:
    problems = advice(f"{rule}.bad.yml")
    assert {problem.code for problem in problems} == {rule}
    assert {problem.severity for problem in problems} == {"advice"}
    assert matches(DATA / f"{rule}.txt", told(problems))


@pytest.mark.parametrize("rule", IDS)
def test_what_is_right_gets_no_advice(rule: str) -> None:
    assert told(advice(f"{rule}.good.yml")) == "\n"


@pytest.mark.parametrize(
    ("hosts", "amount", "message"),
    [
        ("a,b,c,", "3", "all 3 hosts of this stage may fail, so that nothing ever aborts it"),
        ("a,", "1", "the only host of this stage may fail, so that nothing ever aborts it"),
        ("a,b,c,", "2", None),
        ("a,b,c,", "10%", "10% of 3 hosts is none: the first failure aborts"),
        ("a,b,c,", "34%", None),
        ("a,b,c,", "0", None),
    ],
)
def test_with_an_inventory_a_tolerance_is_held_against_its_hosts(
    tmp_path: Path, hosts: str, amount: str, message: str | None
) -> None:
    file = tmp_path / "a.yml"
    file.write_text(f"name: A\nstages: [{{name: A, hosts: all, max_failures: {amount}, steps: [{{pause: 1s}}]}}]\n")
    found = advise(load_written(file, root=tmp_path), load_inventory([hosts], root=tmp_path))
    assert [problem.message for problem in found] == ([message] if message else [])


def test_with_an_inventory_planning_knows_the_names() -> None:
    assert advice("unknown-name.bad.yml", "web,") == ()


def test_a_variable_that_only_the_inventory_uses_is_used(tmp_path: Path) -> None:
    (tmp_path / "hosts.yml").write_text('hosts: {web: {vars: {release: "/srv/{{ colour }}"}}}\n')
    runbook = tmp_path / "a.yml"
    runbook.write_text("name: A\nvars: {colour: red}\nstages: [{name: A, hosts: web, steps: [{pause: 1s}]}]\n")
    written = load_written(runbook, root=tmp_path)
    assert [problem.code for problem in advise(written)] == ["unused"]
    assert advise(written, load_inventory([str(tmp_path / "hosts.yml")], root=tmp_path)) == ()


def test_the_times_of_a_probe_are_those_that_a_run_has() -> None:
    assert times(Probe(Tcp(1)), endless=True).every == EVERY
    assert times(Probe(Tcp(1)), endless=True).over == LOOK_BACK


def test_every_rule_says_why_and_how_it_is_better() -> None:
    for rule in RULES:
        assert rule.title[0] in "`abcdefghijklmnopqrstuvwxyz"
        assert rule.reason.endswith(".")
    assert len(set(IDS)) == len(IDS)


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_what_a_rule_proposes_follows_every_rule(tmp_path: Path, rule: Rule) -> None:
    text = rule.instead
    # A limit for all commands stands at the top of a runbook, unless it is this that is proposed.
    limit = "" if rule.id == "no-timeout" else "timeout: 5m\n"
    indent = "  " if "hosts:" in text else "      "
    head = "stages:\n" if "hosts:" in text else "stages:\n  - name: A\n    hosts: web\n    steps:\n"
    file = tmp_path / "a.yml"
    file.write_text(f"name: A\n{limit}{head}" + "".join(f"{indent}{line}\n" for line in text.splitlines()))
    assert told(advise(load_written(file, root=tmp_path))) == "\n"
