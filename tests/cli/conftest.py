"""A project with a sealed plan, for the tests of what may run."""

from __future__ import annotations

from pathlib import Path

import pytest

from executor.cli.main import call
from tests.approvals import openssh

RUNBOOK = """\
name: Deploy
params: {version: {type: string, default: v1}}
stages:
  - name: Go
    hosts: all
    steps:
      - {name: Note, shell: "echo {{ version }}", rollback: none}
      - {name: Send, copy: {src: files/motd, dest: /tmp/motd}}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose only host is one that nobody answers for."""
    folder = tmp_path / "project"
    for name, text in {
        "runbook.toml": "",
        "runbooks/deploy.yml": RUNBOOK,
        "inventories/prod.yml": "hosts: {web1: {address: 127.0.0.1, port: 1}}\n",
        "files/motd": "hello\n",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("RUNBOOK_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    return folder


@pytest.fixture
def sealed(project: Path) -> Path:
    assert call(["plan", "deploy", "-i", "prod", "--out", "plan.json"]) == 0
    return project / "plan.json"


class Told:
    """Runs a command line, and gives its exit code and what it said on standard error."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: str) -> tuple[int, str]:
        self._capsys.readouterr()
        code = call(list(arguments))
        return code, self._capsys.readouterr().err


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Told:
    return Told(capsys)


def policy(project: Path, words: str) -> None:
    (project / "inventories/prod.yml").write_text(
        f"hosts: {{web1: {{address: 127.0.0.1, port: 1}}}}\npolicy: {{approvals: {words}}}\n"
    )


def signers(project: Path, *keys: Path) -> None:
    lines = (f"{key.name}@example.com {openssh.public(key)}\n" for key in keys)
    (project / "inventories/allowed_signers").write_text("".join(lines))
