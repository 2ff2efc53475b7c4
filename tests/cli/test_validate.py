"""`runbook validate`: what it looks at, what it says to whom, and how it ends."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from executor.cli.main import call
from executor.cli.problem_formats import FORMATS
from executor.errors import Exit, Problem
from executor.model.places import Place

GOOD = "name: Deploy\ntimeout: 5m\nstages: [{name: A, hosts: web, steps: [{shell: a, rollback: none}]}]\n"
BAD = "name: Deploy\nstages: [{name: A, hosts: web, steps: [{shel: a}, {shell: b, whne: c}]}]\n"
ADVISED = "name: Deploy\ntimeout: 5m\nstages: [{name: A, hosts: web, steps: [{shell: a}]}]\n"
INVENTORY = "hosts: {web1: {address: 203.0.113.11}}\ngroups: {web: {hosts: [web1]}}\n"
SARIF = json.loads((Path(__file__).parent / "data" / "sarif.schema.json").read_text())


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runbooks").mkdir()
    return tmp_path


def write(name: str, text: str) -> str:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return name


def test_a_right_file_ends_well(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["validate", write("a.yml", GOOD)]) == Exit.DONE
    assert capsys.readouterr().out == "1 file checked: no problems\n"


def test_all_mistakes_of_all_files_are_told_and_counted(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["validate", write("a.yml", BAD), write("b.yml", GOOD), "c.yml"]) == Exit.INVALID
    out = capsys.readouterr().out
    assert re.findall(r"^(\S*): error", out, re.MULTILINE) == ["a.yml:2:41", "a.yml:2:62"]
    assert "there is no runbook 'c.yml'" in out
    assert out.endswith("3 files checked: 3 problems\n")


def test_a_folder_means_its_runbooks_and_inventories_and_no_other_file(capsys: pytest.CaptureFixture[str]) -> None:
    write("runbooks/a.yml", GOOD)
    write("runbooks/steps/part.yml", "- {shell: a}\n")
    write("runbooks/vars.yml", "colour: red\n")
    write("inventories/prod.yml", INVENTORY.replace("hosts: [web1]", "hosts: [web2]"))
    assert call(["validate"]) == Exit.INVALID
    out = capsys.readouterr().out
    assert "'web' has a host 'web2' that is not there" in out
    assert out.endswith("2 files checked: 1 problem\n")


def test_nothing_to_validate_is_wrong_usage(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "runbooks").rmdir()
    assert call(["validate"]) == Exit.USAGE
    assert "nothing to validate" in capsys.readouterr().err


# --- advice ------------------------------------------------------------------------------------------------------


def test_advice_is_given_when_it_is_asked_for_and_then_it_counts(capsys: pytest.CaptureFixture[str]) -> None:
    file = write("a.yml", ADVISED)
    assert call(["validate", file]) == Exit.DONE
    assert capsys.readouterr().out == "1 file checked: no problems\n"
    assert call(["validate", file, "--strict"]) == Exit.INVALID
    out = capsys.readouterr().out
    assert out.startswith("a.yml:3:41: advice (no-rollback): ")
    assert out.endswith("1 file checked: 1 piece of advice\n")


def test_advice_stands_beside_mistakes_that_only_hosts_show(capsys: pytest.CaptureFixture[str]) -> None:
    write("inventories/prod.yml", INVENTORY)
    file = write("a.yml", ADVISED.replace("shell: a", "shell: 'a {{ colour }}'"))
    assert call(["validate", file, "--strict", "-i", "prod"]) == Exit.INVALID
    out = capsys.readouterr().out
    assert "'colour' is not defined" in out
    assert out.endswith("1 file checked: 1 problem, 1 piece of advice\n")


# --- names and hosts ---------------------------------------------------------------------------------------------


def test_a_result_of_a_later_step_is_known_to_be_missing_without_hosts(capsys: pytest.CaptureFixture[str]) -> None:
    steps = "[{shell: 'a {{ b.stdout }}', rollback: none}, {name: B, shell: b, register: b, rollback: none}]"
    file = write("a.yml", f"name: A\nstages: [{{name: A, hosts: web, steps: {steps}}}]\n")
    assert call(["validate", file]) == Exit.INVALID
    assert "it is registered by the step 'B', which comes later" in capsys.readouterr().out


def test_it_is_told_once_where_hosts_are_known(capsys: pytest.CaptureFixture[str]) -> None:
    write("inventories/prod.yml", INVENTORY)
    steps = "[{shell: 'a {{ b.stdout }}', rollback: none}, {name: B, shell: b, register: b, rollback: none}]"
    file = write("a.yml", f"name: A\nstages: [{{name: A, hosts: web, steps: {steps}}}]\n")
    assert call(["validate", file, "-i", "prod"]) == Exit.INVALID
    assert capsys.readouterr().out.endswith("1 file checked: 1 problem\n")


def test_a_runbook_whose_parameters_have_no_values_is_held_against_its_hosts(
    capsys: pytest.CaptureFixture[str],
) -> None:
    write("inventories/prod.yml", INVENTORY)
    head = "name: A\nparams: {version: {required: true}}\n"
    stages = "stages: [{name: A, hosts: HOSTS, steps: [{shell: 'a {{ version }} {{ colour }}'}]}]\n"
    right, wrong = (write(f"{n}.yml", head + stages.replace("HOSTS", n)) for n in ("web", "wbe"))
    assert call(["validate", right, "-i", "prod"]) == Exit.DONE
    assert "web.yml: not planned" in capsys.readouterr().err
    assert call(["validate", wrong, "-i", "prod"]) == Exit.INVALID
    assert "did you mean 'web'?" in capsys.readouterr().out
    assert call(["validate", right, "-i", "prod", "-e", "version=1"]) == Exit.INVALID
    assert "'colour' is not defined" in capsys.readouterr().out


def test_without_values_a_result_of_a_later_step_is_known_to_be_missing_too(capsys: pytest.CaptureFixture[str]) -> None:
    write("inventories/prod.yml", INVENTORY)
    steps = "[{shell: 'a {{ b.stdout }}'}, {name: B, shell: 'b {{ version }}', register: b}]"
    head = "name: A\nparams: {version: {required: true}}\n"
    file = write("a.yml", f"{head}stages: [{{name: A, hosts: web, steps: {steps}}}]\n")
    assert call(["validate", file, "-i", "prod"]) == Exit.INVALID
    assert "which comes later" in capsys.readouterr().out


# --- formats -----------------------------------------------------------------------------------------------------

PLACE = Place("a dir/é,b.yml", 3, 5, 3, 9)
PROBLEMS = (
    Problem("100% wrong:\nreally", PLACE, "do it, now", "unknown-key", notes=(("first", Place("b.yml", 1, 1, 1, 2)),)),
    Problem("may be better", Place("b.yml", 2, 1, 4, 3), "like this", "pipe", "advice"),
    Problem("-e x gives no value", None, "write -e x=1", "extra-vars"),
)


def formatted(name: str) -> str:
    return "\n".join(FORMATS[name](PROBLEMS, 2))


def test_json_holds_everything_about_a_problem() -> None:
    told = json.loads(formatted("json"))
    assert (told["version"], told["files"], len(told["problems"])) == (1, 2, 3)
    assert told["problems"][0] == {
        "message": "100% wrong:\nreally",
        "hint": "do it, now",
        "code": "unknown-key",
        "severity": "error",
        "file": "a dir/é,b.yml",
        "line": 3,
        "column": 5,
        "end_line": 3,
        "end_column": 9,
        "notes": [{"message": "first", "file": "b.yml", "line": 1, "column": 1, "end_line": 1, "end_column": 2}],
    }
    assert "file" not in told["problems"][2]


def test_github_gets_a_workflow_command_for_each_problem() -> None:
    assert formatted("github").splitlines() == [
        (
            "::error file=a dir/é%2Cb.yml,line=3,endLine=3,col=5,endColumn=8,title=runbook%3A unknown-key::"
            "100%25 wrong:%0Areally%0Ado it, now"
        ),
        "::warning file=b.yml,line=2,endLine=4,title=runbook%3A pipe::may be better%0Alike this",
        "::error title=runbook%3A extra-vars::-e x gives no value%0Awrite -e x=1",
    ]


def sarif() -> Any:
    return json.loads(formatted("sarif"))


def test_sarif_is_made_as_its_specification_wants() -> None:
    assert [error.message for error in Draft7Validator(SARIF).iter_errors(sarif())] == []


def test_the_check_of_sarif_notices_what_is_missing() -> None:
    log = sarif()
    del log["runs"][0]["results"][0]["message"]
    log["runs"][0]["results"][1]["level"] = "advice"
    assert len(list(Draft7Validator(SARIF).iter_errors(log))) == 2


def test_sarif_names_rule_place_and_level_of_each_problem() -> None:
    run = sarif()["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    found = [
        (rules[one["ruleIndex"]]["id"], one["level"], one["locations"][0]["physicalLocation"]) for one in run["results"]
    ]
    assert [(rule, level, place["artifactLocation"]["uri"]) for rule, level, place in found] == [
        ("unknown-key", "error", "a%20dir/%C3%A9%2Cb.yml"),
        ("pipe", "warning", "b.yml"),
    ]
    assert found[1][2]["region"] == {"startLine": 2, "startColumn": 1, "endLine": 4, "endColumn": 3}
    assert run["results"][0]["relatedLocations"][0]["message"]["text"] == "first"


def test_a_rule_of_advice_comes_with_its_reason_an_example_and_its_page() -> None:
    rule = next(rule for rule in sarif()["runs"][0]["tool"]["driver"]["rules"] if rule["id"] == "pipe")
    assert "docs/advice.md#pipe" in rule["help"]["text"]
    assert "```yaml" in rule["help"]["markdown"]
    assert rule["shortDescription"]["text"].startswith("A pipe")


def test_what_has_no_place_is_a_notification_of_the_run() -> None:
    invocation = sarif()["runs"][0]["invocations"][0]
    assert invocation["executionSuccessful"] is False
    assert invocation["toolConfigurationNotifications"][0]["message"]["text"] == "-e x gives no value (write -e x=1)"


def test_what_init_writes_needs_no_advice(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["init", str(project / "new")]) == Exit.DONE
    capsys.readouterr()
    assert call(["validate", str(project / "new"), "--strict"]) == Exit.DONE
    assert capsys.readouterr().out == "2 files checked: no problems\n"


def test_the_shipped_runbooks_need_no_advice(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["validate", str(Path(__file__).parents[2] / "runbooks"), "--strict"]) == Exit.DONE, capsys.readouterr()
