"""plan --format and doc on the command line, and what of them a CI system can take for a command: nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from executor.cli.main import call
from executor.cli.plan_formats import FORMATS
from executor.cli.streams import harmless
from executor.errors import Exit

ROOT = Path(__file__).parents[2]

RUNBOOK = """
name: Smuggler
params: {say: {type: string, default: hello}}
stages:
  - name: Roll out
    hosts: web
    steps:
      - name: "##[add-mask]name"
        shell: |
          ::add-mask::command
          echo {{ say }}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "runbook.toml").touch()
    (tmp_path / "smuggler.yml").write_text(RUNBOOK)
    (tmp_path / "hosts.yml").write_text("hosts: {web1: {address: 203.0.113.1}}\ngroups: {web: {hosts: [web1]}}\n")
    monkeypatch.chdir(tmp_path)
    for name in ("CI", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def runner_would_obey(text: str) -> list[str]:
    """The lines that GitHub's or Azure's runner takes for commands."""
    return [line for line in text.splitlines() if line.lstrip().startswith("::") or "##[" in line or "##vso[" in line]


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("form", FORMATS)
def test_each_format_is_printed(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["plan", "smuggler.yml", "-i", "hosts.yml", "--format", form]) == Exit.DONE
    begins = {"markdown": "## Plan: ", "html": "<!doctype html>", "json": "{", "mermaid": "flowchart TD"}
    assert capsys.readouterr().out.startswith(begins[form])


@pytest.mark.parametrize("form", ["text", "markdown", "html", "json"])
def test_diff_shows_what_files_will_hold_in_each_format(
    form: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "motd").write_text("welcome aboard\n")
    (project / "smuggler.yml").write_text(RUNBOOK + "      - {name: M, copy: {src: motd, dest: /etc/motd}}\n")
    told = []
    for flags in ([], ["--diff"]):
        assert call(["plan", "smuggler.yml", "-i", "hosts.yml", "--format", form, *flags]) == Exit.DONE
        told.append("welcome aboard" in capsys.readouterr().out)
    assert told == [False, True]


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("command", [["plan", "--format", form] for form in ("text", *FORMATS)] + [["doc"]], ids=str)
def test_in_a_ci_job_nothing_of_a_plan_is_a_command(
    command: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    assert call([command[0], "smuggler.yml", "-i", "hosts.yml", *command[1:]]) == Exit.DONE
    assert runner_would_obey(capsys.readouterr().out) == []


@pytest.mark.parametrize("form", ["text", "markdown", "json"])
def test_in_a_ci_job_nothing_that_two_plans_differ_in_is_a_command(
    form: str, project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    (project / "other.yml").write_text(RUNBOOK.replace("echo {{ say }}", "##vso[task.x] ##[group]y"))
    assert call(["plan", "other.yml", "-i", "hosts.yml", "--against", "smuggler.yml", "--format", form]) == Exit.DONE
    printed = capsys.readouterr().out
    assert "add-mask" in printed
    assert runner_would_obey(printed) == []


def test_in_a_ci_job_nothing_of_what_is_to_be_approved_is_a_command(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    monkeypatch.setenv("HOME", str(project))
    (project / "smuggler.yml").write_text(RUNBOOK.replace("name: Smuggler", "name: '::add-mask::x ##[group]y'"))
    assert call(["plan", "smuggler.yml", "-i", "hosts.yml", "--out", "plan.json"]) == Exit.DONE
    capsys.readouterr()
    assert call(["approve", "plan.json"]) == Exit.USAGE  # there is no key
    printed = capsys.readouterr().err
    assert "add-mask" in printed
    assert runner_would_obey(printed) == []


@pytest.mark.usefixtures("project")
def test_elsewhere_a_command_is_shown_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    call(["plan", "smuggler.yml", "-i", "hosts.yml", "--format", "markdown"])
    assert "\n  ::add-mask::command\n" in capsys.readouterr().out


def test_what_goes_to_a_file_in_a_ci_job_is_as_it_is(project: Path) -> None:
    with (project / "plan.md").open("w") as file:
        subprocess.run(
            [sys.executable, "-m", "executor", "plan", "smuggler.yml", "-i", "hosts.yml", "--format", "markdown"],
            stdout=file, check=True, env=os.environ | {"CI": "true", "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
    assert "\n  ::add-mask::command\n" in (project / "plan.md").read_text()


@pytest.mark.usefixtures("capsys")
def test_a_text_is_made_harmless_only_where_it_would_be_read_along() -> None:
    assert harmless("  ::a::\n##[b]\n", {}) == "  ::a::\n##[b]\n"
    assert harmless("  ::a::\n##[b]\nc :: d", {"CI": "1"}) == "  \\::a::\n#\\#[b]\nc :: d"


def test_a_mistake_in_a_file_gives_a_ci_job_no_commands(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    (project / "wrong.yml").write_text("name: Wrong\nstages:\n  - {'##[add-mask]x': 1}\n")
    assert call(["plan", "wrong.yml", "-i", "hosts.yml"]) == Exit.INVALID
    assert call(["validate", "wrong.yml"]) == Exit.INVALID
    printed = capsys.readouterr()
    assert "add-mask" in printed.out
    assert "add-mask" in printed.err
    assert runner_would_obey(printed.out + printed.err) == []


# --- doc ---------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("project")
def test_doc_needs_no_hosts_and_takes_some(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["doc", "smuggler.yml"]) == Exit.DONE
    assert "echo \u2039say\u203a" in capsys.readouterr().out
    assert call(["doc", "smuggler.yml", "-i", "hosts.yml", "-e", "say=moo"]) == Exit.DONE
    assert "echo moo" in capsys.readouterr().out


def test_the_inventory_of_the_settings_is_no_wish_for_hosts(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "runbook.toml").write_text('inventory = "hosts.yml"\n')
    assert call(["doc", "smuggler.yml"]) == Exit.DONE
    assert "echo \u2039say\u203a" in capsys.readouterr().out


@pytest.mark.usefixtures("project")
def test_values_without_hosts_are_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["doc", "smuggler.yml", "-e", "say=moo"]) == Exit.USAGE
    assert "name them with -i" in capsys.readouterr().err


# --- a run in a job ----------------------------------------------------------------------------------------------

LOUD = r"""
name: Loud
stages:
  - name: Work
    hosts: localhost
    steps:
      - name: Print
        register: said
        read_only: true
        shell: printf '::add-mask::a\n  ::set-output name=x::y\n##[add-mask]b\n##vso[task.setvariable]c\n'
      - name: Sections
        shell: printf 'section_start:1:a\r\033[0Kfolded\n\033]0;title\007::error::x\n' >&2; exit 3
"""


@pytest.mark.parametrize("flags", [[], ["-v"], ["--output", "jsonl"]], ids=str)
def test_what_a_host_prints_gives_a_ci_job_no_commands(project: Path, flags: list[str]) -> None:
    (project / "loud.yml").write_text(LOUD)
    page = project / "summary.md"
    job = {"CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(page), "HOME": str(project)}
    words = [sys.executable, "-m", "executor", "run", "loud.yml", "-i", "hosts.yml", "-y", *flags]
    ended = subprocess.run(
        words, capture_output=True, text=True, check=False, timeout=60, env=os.environ | job | {"PYTHONPATH": str(ROOT)}
    )
    printed = ended.stdout + ended.stderr
    assert ended.returncode == Exit.ROLLED_BACK, printed
    obeyed = runner_would_obey(printed)
    assert len(obeyed) == 1
    assert obeyed[0].startswith("::error file=loud.yml,line=")
    assert "title=runbook%3A Sections on localhost" in obeyed[0]
    assert "\x1b" not in printed
    assert page.read_text().startswith("### Loud: FAILED")
    if "jsonl" in flags:
        events = [json.loads(line) for line in ended.stdout.splitlines()]
        assert "##[add-mask]b" in json.dumps(events)
