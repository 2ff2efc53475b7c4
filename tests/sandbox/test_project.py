"""The demo's project: what its commands do is what the runbook counts on."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest

from executor import sandbox
from executor.sandbox import SandboxInfo, project, shells
from executor.sandbox.looks import look

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxInfo]:
    """A sandbox of one host whose project and releases these tests change."""
    folder = tmp_path_factory.mktemp("site")
    yield sandbox.up(folder, hosts=1)
    sandbox.down(folder)


@pytest.fixture
def info(site: SandboxInfo) -> SandboxInfo:
    """The site as the demo finds it."""
    project.reset(site)
    return site


def run(folder: Path, *command: str, env: Mapping[str, str] | None = None) -> str:
    """A command that must pass; its output."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), **(env or {})}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True).stdout


def build(info: SandboxInfo, version: str) -> Path:
    run(info.project, "./build.sh", env={"VERSION": version})
    return info.project / "dist"


def deploy(info: SandboxInfo, version: str) -> None:
    """What the runbook does on a host, in short."""
    app = info.hosts[0].app_dir
    shutil.copytree(build(info, version), app / "releases" / version)
    activate(info, version)


def activate(info: SandboxInfo, version: str) -> None:
    host = info.hosts[0]
    (host.app_dir / "current").unlink()
    (host.app_dir / "current").symlink_to(host.app_dir / "releases" / version)
    run(host.home, "app/current/bin/restart", env=shells.environment(host, info.user))


def manage(info: SandboxInfo, *arguments: str, version: str) -> str:
    host = info.hosts[0]
    return run(host.app_dir / "releases" / version, "bin/manage", *arguments, env=shells.environment(host, info.user))


@needs_git
def test_publishing_brings_the_release_by_a_pull(info: SandboxInfo) -> None:
    assert run(info.project, "git", "log", "--format=%s").splitlines() == ["Release v1.0.0"]
    project.publish(info, project.GOOD)
    run(info.project, "git", "pull", "--quiet", "--ff-only", "origin", "main")
    assert run(info.project, "git", "log", "--format=%s").splitlines() == ["Release v1.1.0", "Release v1.0.0"]


@needs_git
def test_the_projects_working_copy_is_clean(info: SandboxInfo) -> None:
    build(info, "v1.0.0")
    assert run(info.project, "git", "status", "--porcelain") == ""


def test_without_git_publishing_brings_the_release_as_files(info: SandboxInfo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    project.reset(info)
    assert not (info.project / ".git").exists()
    assert "use_git: false" in (info.project / "inventories" / "sandbox.yml").read_text()
    project.publish(info, project.GOOD)
    assert "v1.1.0" in (info.project / "CHANGELOG.md").read_text()
    assert (info.project / "runbooks" / project.FLAGSHIP).is_file()


def test_ci_says_success(info: SandboxInfo) -> None:
    assert run(info.project, "./ci-status") == "success\n"


def test_the_good_release_takes_over_and_the_old_one_comes_back(info: SandboxInfo) -> None:
    (host,) = info.hosts
    project.publish(info, project.GOOD)
    deploy(info, project.GOOD)
    assert (look(host).version, look(host).healthy) == ("v1.1.0", True)
    activate(info, project.FIRST)
    assert look(host).version == "v1.0.0"


def test_nobody_takes_a_services_port_while_it_restarts(info: SandboxInfo) -> None:
    (host,) = info.hosts
    env = {**shells.environment(host, info.user), "PORT": str(host.app_port)}
    run(host.home, info.python, "app/current/service.py", "stop", env=env)
    assert look(host).version is None
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", host.app_port))
    activate(info, project.FIRST)
    assert look(host).version == "v1.0.0"


def test_the_bad_release_is_healthy_and_cannot_say_its_version(info: SandboxInfo) -> None:
    """The mistake that a health check alone does not find."""
    if info.layout.origin.exists():
        project.publish(info, project.BAD)
        run(info.project, "git", "pull", "--quiet", "origin", "main")
    else:
        project.publish(info, project.BAD)
    deploy(info, project.BAD)
    (host,) = info.hosts
    assert (look(host).version, look(host).healthy) == (None, True)
    assert "ERROR GET /version: KeyError('REGION')" in (host.app_dir / "log" / "app.log").read_text()


def test_migrations_go_up_and_back_to_the_version_that_was(info: SandboxInfo) -> None:
    project.publish(info, project.GOOD)
    if info.layout.origin.exists():
        run(info.project, "git", "pull", "--quiet", "origin", "main")
    deploy(info, project.GOOD)
    before = manage(info, "version", version="v1.1.0").strip()
    with pytest.raises(subprocess.CalledProcessError):
        manage(info, "check-schema", version="v1.1.0")
    manage(info, "migrate", version="v1.1.0")
    manage(info, "check-schema", version="v1.1.0")
    assert tables(info) == {"note", "tag"}
    manage(info, "migrate-to", before, version="v1.1.0")
    assert tables(info) == {"note"}


def tables(info: SandboxInfo) -> set[str]:
    with closing(sqlite3.connect(info.layout.database)) as database:
        return {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def test_a_dump_can_be_checked_and_a_broken_one_is_found(info: SandboxInfo, tmp_path: Path) -> None:
    dump = tmp_path / "dump.sql"
    dump.write_text(manage(info, "dump", version="v1.0.0"))
    assert "buy milk" in dump.read_text()
    manage(info, "check", str(dump), version="v1.0.0")
    dump.write_text("INSERT INTO nothing")
    with pytest.raises(subprocess.CalledProcessError):
        manage(info, "check", str(dump), version="v1.0.0")


def test_reset_leaves_what_else_lies_in_a_home(info: SandboxInfo) -> None:
    mine = info.hosts[0].home / "mine.txt"
    mine.write_text("keep me")
    (info.hosts[0].app_dir / "drain").touch()
    project.reset(info)
    assert mine.read_text() == "keep me"
    assert not look(info.hosts[0]).drained


def test_a_shell_in_the_project_keeps_its_folder_through_a_reset(tmp_path: Path) -> None:
    """Whoever follows the demo's last words stands in the project, and may start the demo again from there."""
    folder = tmp_path / "project"
    (folder / ".git").mkdir(parents=True)
    (folder / "file").touch()
    (folder / "link").symlink_to(tmp_path)
    before = folder.stat().st_ino
    project._empty(folder)
    assert list(folder.iterdir()) == []
    assert folder.stat().st_ino == before
    assert tmp_path.is_dir()
