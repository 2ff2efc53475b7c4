"""`plan --against`: a sealed plan, another runbook, or a revision with its own includes and inventory."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from executor.cli.main import call

RUNBOOK = """\
name: Deploy
stages:
  - name: Go
    hosts: all
    steps: [{include: steps/note.yml}]
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose last commit has one host, and says `echo one`."""
    folder = tmp_path / "repository" / "ops"
    for name, text in {
        "runbooks/deploy.yml": RUNBOOK,
        "runbooks/steps/note.yml": '- {name: Note, shell: "echo one", rollback: none}\n',
        "inventories/prod.yml": "hosts: {web1: {}}\n",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "first"]):
        given = ["-c", "user.name=T", "-c", "user.email=t@example.com"]
        subprocess.run(["git", *given, *words], cwd=folder.parent, check=True)
    (folder / "runbooks/steps/note.yml").write_text('- {name: Note, shell: "echo two", rollback: none}\n')
    (folder / "inventories/prod.yml").write_text("hosts: {web1: {}, web2: {}}\n")
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("path", ["runbooks/deploy.yml", "ops/runbooks/deploy.yml", "deploy"])
@pytest.mark.parametrize("inventory", ["prod", "inventories/prod.yml"])
def test_a_revision_is_planned_with_its_own_includes_and_inventory(
    path: str, inventory: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(["plan", "deploy", "-i", inventory, "--against", f"HEAD:{path}"]) == 0
    assert capsys.readouterr().out == (
        "~ Stage 1: Go\n  + hosts web2\n  ~ 1.1  Note\n      web1:\n        - $ echo one\n        + $ echo two\n"
    )


def test_a_sealed_plan_is_what_was_sealed(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["plan", "deploy", "-i", "prod", "--out", "plan.json"]) == 0
    words = ["plan", "deploy", "-i", "prod", "--against", "plan.json", "--detailed-exitcode"]
    assert call(words) == 0
    (project / "runbooks/steps/note.yml").write_text('- {name: Note, shell: "echo three", rollback: none}\n')
    capsys.readouterr()
    assert call(words) == 2
    assert "- $ echo two\n        + $ echo three" in capsys.readouterr().out
    Path("plan.json").write_bytes(Path("plan.json").read_bytes().replace(b"echo two", b"echo 222"))
    assert call(words) == 11


def test_another_runbook_may_be_compared_with(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "runbooks/other.yml").write_text(RUNBOOK.replace("name: Go", "name: Go\n    serial: 2"))
    assert call(["plan", "deploy", "-i", "prod", "--against", "other", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["v"] == 1
    assert found["differs"] is True
    assert found["stages"][0]["terms"] == [{"what": "serial", "before": "2", "after": "1"}]


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    ("words", "code", "reason"),
    [
        (["--against", "nowhere:deploy"], 3, "there is no such revision"),
        (["--against", "--output=x:deploy"], 3, "is no revision"),
        (["--against", "HEAD:nothing"], 3, "that revision has no runbook 'nothing'"),
        (["--against", "HEAD:deploy", "--format", "html"], 5, "no form 'html'"),
        (["--against", "HEAD:deploy", "--check"], 5, "take one of them"),
        (["--against", "HEAD:deploy", "-l", "web2"], 3, "at HEAD: "),
    ],
)
def test_what_cannot_be_compared_is_told(
    words: list[str], code: int, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(["plan", "deploy", "-i", "prod", *words]) == code
    assert reason in capsys.readouterr().err


def test_a_mistake_in_the_other_revision_is_placed_there(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "runbooks/deploy.yml").write_text(RUNBOOK.replace("hosts:", "host:"))
    given = ["-c", "user.name=T", "-c", "user.email=t@example.com"]
    subprocess.run(["git", *given, "commit", "-q", "-a", "-m", "wrong"], cwd=project, check=True)
    (project / "runbooks/deploy.yml").write_text(RUNBOOK)
    assert call(["plan", "deploy", "-i", "prod", "--against", "HEAD:deploy"]) == 3
    said = capsys.readouterr().err
    assert "HEAD:ops/runbooks/deploy.yml:4:5: error: at HEAD: " in said
    assert "runbook-against" not in said
