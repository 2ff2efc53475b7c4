"""What a sealed plan says: all that runs, nothing of the machine that made it, and the same bytes each time."""

from __future__ import annotations

import hashlib
import subprocess
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from executor.errors import InvalidInput
from executor.sealing.envelope import digest, unwrap
from executor.sealing.origin import Origin, origin
from executor.sealing.seal import Terms, seal
from tests.sealing.projects import content, make_project, opened, plan_of, sealed_bytes, spot_of


def test_the_same_inputs_give_the_same_bytes_in_another_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    for name in ("one", "another/checkout"):
        folder = make_project(tmp_path / name)
        for cwd in (folder, folder / "runbooks", tmp_path):
            monkeypatch.chdir(cwd)
            made.append(sealed_bytes(folder))
    assert len(set(made)) == 1


def test_no_path_of_this_machine_is_in_it(project: Path) -> None:
    assert str(project.parent).encode() not in sealed_bytes(project)


def test_it_comes_back_as_the_plan_that_it_was(project: Path) -> None:
    sealed = opened(project, sealed_bytes(project))
    assert sealed.plan == plan_of(project)
    assert sealed.inventory == (str(project / "inventories/prod.yml"),)


def test_in_another_checkout_its_files_are_that_ones(project: Path, tmp_path: Path) -> None:
    data = sealed_bytes(project)
    other = make_project(tmp_path / "other")
    assert str(project) not in str(opened(other, data))
    assert opened(other, data).sent.keys() == {
        str(other / name) for name in ("files/motd", "files/app.j2", "scripts/build.sh")
    }


def test_every_file_that_is_sent_or_was_read_is_there_with_its_digest(project: Path) -> None:
    read = content(sealed_bytes(project))
    assert read["sent"]["./files/motd"] == hashlib.sha256(b"hello\n").hexdigest()
    assert list(read["sent"]) == ["./files/app.j2", "./files/motd", "./scripts/build.sh"]
    assert list(read["inputs"]) == ["./inventories/prod.yml", "./runbooks/deploy.yml"]


def test_what_only_the_run_can_send_is_said(project: Path) -> None:
    assert content(sealed_bytes(project))["sent_late"] == ["build/app.tgz", "./files/{{ item }}"]


def test_a_secret_is_there_by_its_name_alone(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "open-sesame")
    data = sealed_bytes(project)
    assert b"open-sesame" not in data
    assert content(data)["plan"]["secrets"] == ["token"]


def test_a_date_is_in_it_only_where_one_is_given(project: Path) -> None:
    assert "expires" not in content(sealed_bytes(project))
    late = datetime(2026, 12, 1, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    data = sealed_bytes(project, expires=late)
    assert content(data)["expires"] == "2026-11-30T23:30:00+00:00"
    assert opened(project, data).expires == late


def test_the_digest_is_of_the_content(project: Path) -> None:
    data = sealed_bytes(project)
    found, inside = unwrap(data)
    assert found == digest(inside) == opened(project, data).digest


def test_a_file_that_cannot_be_read_is_told(project: Path) -> None:
    plan = plan_of(project)
    (project / "files/motd").unlink()
    with pytest.raises(InvalidInput, match="cannot be read"):
        seal(plan, Terms("1"), spot_of(project))


# --- git -------------------------------------------------------------------------------------------------------------


def _git(folder: Path, *words: str) -> str:
    given = ["-c", "user.name=T", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"]
    return subprocess.run(
        ["git", *given, *words], cwd=folder, capture_output=True, text=True, check=True
    ).stdout.strip()


def test_the_commit_is_in_it_and_whether_its_own_files_are_as_committed(project: Path) -> None:
    files = [str(project / name) for name in ("runbooks/deploy.yml", "files/motd")]
    assert origin(project, files) == Origin()
    _git(project, "init", "-q")
    assert origin(project, files) == Origin()
    _git(project, "add", ".")
    _git(project, "commit", "-q", "-m", "first")
    commit = _git(project, "rev-parse", "HEAD")
    (project / "unrelated").write_text("x")
    (project / "scripts/build.sh").write_text("false\n")
    assert origin(project, files) == Origin(commit)
    (project / "files/motd").write_text("other\n")
    assert origin(project, files) == Origin(commit, dirty=True)


def test_a_file_that_git_ignores_is_not_as_committed(project: Path) -> None:
    (project / ".gitignore").write_text("files/\n")
    _git(project, "init", "-q")
    _git(project, "add", ".")
    _git(project, "commit", "-q", "-m", "first")
    assert origin(project, [str(project / "files/motd")]).dirty
    assert not origin(project, [str(project / "runbooks/deploy.yml")]).dirty
