"""Sealed plans at the command line, up to the first connection: what is refused, with which exit code and reason."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from executor.cli.main import call
from tests.approvals import openssh
from tests.cli.conftest import RUNBOOK, Told, policy, signers

# --- sealing ---------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("project")
def test_the_same_plan_is_the_same_file_and_the_markdown_bears_its_digest(told: Told) -> None:
    code, said = told("plan", "deploy", "-i", "prod", "--out", "a.json", "--markdown", "a.md")
    assert code == 0
    digest = said.split("sha256 ")[1].split()[0]
    assert told("plan", "deploy", "-i", "prod", "--out", "b.json")[0] == 0
    assert Path("a.json").read_bytes() == Path("b.json").read_bytes()
    assert digest in Path("a.json").read_text()
    assert digest in Path("a.md").read_text()


def test_its_pages_say_what_the_seal_says(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Who reads it in a review learns from which commit it is, until when it holds and what it does not cover."""
    (project / "runbooks/deploy.yml").write_text(
        RUNBOOK.replace("rollback: none}", "rollback: none, produces: [build/app]}")
    )
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "first"]):
        subprocess.run(["git", "-c", "user.name=T", "-c", "user.email=t@example.com", *words], check=True)
    (project / "files/motd").write_text("other\n")
    until = ["--expires", "2999-01-02T03:04:05+01:00"]
    assert call(["plan", "deploy", "-i", "prod", "--out", "plan.json", "--markdown", "plan.md", *until]) == 0
    page = Path("plan.md").read_text()
    commit = subprocess.run(["git", "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout[:12]
    assert f"| Commit | {commit}, with files that were not as it has them |\n" in page
    assert "| May be run | until 2999-01-02 02:04:05 UTC |\n" in page
    assert "| Not covered | build/app: only the run knows what is sent |\n" in page
    capsys.readouterr()
    assert call(["plan", "plan.json", "--format", "markdown"]) == 0
    assert capsys.readouterr().out == page
    assert call(["plan", "plan.json", "--format", "html"]) == 0
    assert "<dt>May be run</dt><dd>until 2999-01-02 02:04:05 UTC</dd>" in capsys.readouterr().out


def test_another_value_is_another_plan(sealed: Path) -> None:
    assert call(["plan", "deploy", "-i", "prod", "-e", "version=v2", "--out", "other.json"]) == 0
    assert sealed.read_bytes() != Path("other.json").read_bytes()


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    ("flags", "reason"),
    [
        (["--markdown", "x.md"], "--markdown belongs to a sealed plan"),
        (["--expires", "1h"], "--expires belongs to a sealed plan"),
        (["--out", "plan.yml"], "ends in .json"),
        (["--out", "x.json", "--expires", "soon"], "neither a time"),
        (["--out", "x.json", "--expires", "2020-01-01"], "has passed already"),
        (["--out", "x.json", "--markdown", "./x.json"], "--out and --markdown are the same file"),
    ],
)
def test_flags_that_make_no_sense_are_wrong_usage(told: Told, flags: list[str], reason: str) -> None:
    code, said = told("plan", "deploy", "-i", "prod", *flags)
    assert (code, reason in said) == (5, True), said


@pytest.mark.usefixtures("project")
def test_a_file_that_cannot_be_written_is_told(told: Told) -> None:
    code, said = told("plan", "deploy", "-i", "prod", "--out", "nowhere/plan.json")
    assert code == 1
    assert "nowhere/plan.json cannot be written: no such file or directory" in said


def test_approvals_of_what_the_file_was_before_are_told(project: Path, told: Told, tmp_path: Path) -> None:
    policy(project, "{}")
    alice = openssh.make_key(tmp_path, "alice")
    signers(project, alice)
    assert told("plan", "deploy", "-i", "prod", "--out", "plan.json")[0] == 0
    assert told("approve", "plan.json", "--key", str(alice), "-y")[0] == 0
    _, said = told("plan", "deploy", "-i", "prod", "--out", "plan.json", "-e", "version=v2")
    assert "plan.json.alice@example.com.sig is an approval of another plan" in said
    code, said = told("run", "plan.json", "-y")
    assert code == 11
    assert "plan.json.alice@example.com.sig is no approval of this plan: it is a signature of something else" in said


# --- running ---------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("sealed")
@pytest.mark.parametrize(
    "flags",
    [["-i", "prod"], ["-e", "version=v2"], ["-l", "web1"], ["-t", "a"], ["--skip-tags", "a"], ["-u", "root"], ["-b"],
     ["-f", "2"], ["--start-at-stage", "Go"], ["--step"], ["--on-failure", "stop"]],
)  # fmt: skip
@pytest.mark.parametrize("before", [["run", "plan.json"], ["run", "plan.json", "--dry-run"]])
def test_a_flag_that_would_change_a_sealed_plan_is_wrong_usage(told: Told, before: list[str], flags: list[str]) -> None:
    code, said = told(*before, *flags)
    assert code == 5
    assert f"it takes no {flags[0]}" in said


@pytest.mark.usefixtures("sealed")
def test_what_the_environment_says_does_not_hold(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNBOOK_INVENTORY", "elsewhere")
    monkeypatch.setenv("RUNBOOK_LIMIT", "nobody")
    monkeypatch.setenv("RUNBOOK_ON_FAILURE", "stop")
    assert told("run", "plan.json", "--dry-run")[0] == 0


@pytest.mark.usefixtures("project")
def test_again_is_for_sealed_plans(told: Told) -> None:
    assert told("run", "deploy", "-i", "prod", "--again", "-y")[0] == 5


def test_a_changed_byte_is_refused(sealed: Path, told: Told) -> None:
    sealed.write_bytes(sealed.read_bytes().replace(b"echo v1", b"echo v2"))
    code, said = told("run", "plan.json", "-y")
    assert code == 11
    assert "plan.json is not as it was sealed: its content does not have the digest that it bears" in said


@pytest.mark.usefixtures("project")
def test_what_was_made_by_a_format_is_told_how_it_is_made_to_run(
    told: Told, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(["plan", "deploy", "-i", "prod", "--format", "json"]) == 0
    Path("facts.json").write_text(capsys.readouterr().out)
    code, said = told("run", "facts.json")
    assert code == 11
    assert "hint: what can be run is made by runbook plan RUNBOOK -i INVENTORY --out FILE" in said


@pytest.mark.usefixtures("sealed")
def test_a_sealed_plan_is_no_runbook_to_document(told: Told) -> None:
    code, said = told("doc", "plan.json")
    assert code == 5
    assert "hint: runbook plan plan.json shows it" in said


@pytest.mark.usefixtures("project")
def test_an_expired_plan_is_refused(told: Told) -> None:
    assert told("plan", "deploy", "-i", "prod", "--out", "plan.json", "--expires", "0s")[0] == 0
    code, said = told("run", "plan.json", "-y")
    assert code == 11
    assert "the plan expired at" in said


@pytest.mark.usefixtures("sealed")
def test_a_changed_file_that_it_sends_is_refused_by_its_name(told: Told) -> None:
    Path("files/motd").write_text("another\n")
    code, said = told("run", "plan.json", "-y")
    assert code == 11
    assert said.startswith("error: what it sends is not what was sealed: files/motd (changed)\n  hint: put back")
    Path("files/motd").unlink()
    assert "files/motd (gone)" in told("run", "plan.json", "-y")[1]


@pytest.mark.usefixtures("sealed")
def test_a_file_that_it_sends_and_that_is_no_file_any_more_is_refused_at_once(told: Told) -> None:
    Path("files/motd").unlink()
    os.mkfifo("files/motd")
    code, said = told("run", "plan.json", "-y")
    assert code == 11
    assert "files/motd (changed)" in said


@pytest.mark.usefixtures("sealed")
def test_a_changed_inventory_is_refused(told: Told) -> None:
    with Path("inventories/prod.yml").open("a") as file:
        file.write("# nothing\n")
    code, said = told("run", "plan.json", "-y")
    assert code == 11
    assert "its inventory has changed since: inventories/prod.yml (changed)" in said


@pytest.mark.usefixtures("sealed")
def test_a_changed_runbook_is_told_and_what_was_sealed_runs(told: Told) -> None:
    Path("runbooks/deploy.yml").write_text("not even a runbook\n")
    code, said = told("run", "plan.json", "-y")
    assert code == 4  # the host of this project cannot be reached
    assert "what runs is what was sealed: runbooks/deploy.yml (changed)" in said


@pytest.mark.usefixtures("sealed")
def test_a_run_that_reached_nobody_was_no_use(told: Told) -> None:
    assert told("run", "plan.json", "-y")[0] == 4
    assert told("run", "plan.json", "-y")[0] == 4


@pytest.mark.usefixtures("sealed", "told")
def test_it_is_shown_with_how_it_stands(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["plan", "plan.json"], ["run", "plan.json", "--dry-run"]):
        capsys.readouterr()
        assert call(words) == 0
        shown = capsys.readouterr()
        assert "echo v1" in shown.out
        assert "sealed plan, sha256 " in shown.err


def test_it_runs_in_another_checkout(sealed: Path, told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import shutil  # noqa: PLC0415  beside its only use

    other = tmp_path / "checkout"
    shutil.copytree(sealed.parent, other)
    monkeypatch.chdir(other)
    shutil.rmtree(sealed.parent)
    assert told("run", "plan.json", "-y")[0] == 4
