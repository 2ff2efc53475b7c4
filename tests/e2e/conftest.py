"""A project of a test's own, real OpenSSH servers for its hosts, and the real command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from executor.journal.folders import all_runs
from tests.sshd import SshServer, StartServer, sshd

__all__ = ["sshd"]


@dataclass(frozen=True)
class Ran:
    """One command that has ended."""

    code: int
    out: str
    err: str

    def __str__(self) -> str:
        return f"exit {self.code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"


@dataclass(frozen=True)
class Project:
    """A folder with a runbook and an inventory, and `runbook` in it."""

    folder: Path
    servers: dict[str, SshServer]
    environment: dict[str, str] = field(default_factory=dict)
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))
        return path

    def runbook(self, *arguments: str, timeout: float = 60) -> Ran:
        """Run a command line to its end, without a terminal."""
        ended = subprocess.run(
            [sys.executable, "-m", "executor", *arguments],
            cwd=self.folder,
            env=self.full_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        return Ran(ended.returncode, ended.stdout, ended.stderr)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Run a command line in the background, to the end of the test at most."""
        process = subprocess.Popen(
            [sys.executable, "-m", "executor", *arguments],
            cwd=self.folder,
            env=self.full_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.started.append(process)
        return process

    def end(self) -> None:
        """Kill what still runs: a test that fails takes no other one with it."""
        for process in self.started:
            with process:
                process.kill()

    def full_environment(self) -> dict[str, str]:
        return os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])} | self.environment

    def log(self, host: str) -> list[str]:
        """The lines of the file in a host's home to which the test's steps write."""
        path = self.servers[host].home / "log"
        return path.read_text().splitlines() if path.exists() else []

    def events(self, kind: str) -> list[dict[str, Any]]:
        """The newest run's events of one kind."""
        journal = next(all_runs(self.folder / "state")).journal
        events = [json.loads(line)["event"] for line in journal.read_text().splitlines()]
        return [event for event in events if event["is"] == kind]


@pytest.fixture
def project(tmp_path: Path, sshd: StartServer) -> Iterator[Project]:
    """Four hosts, web1 to web4, with home directories of their own."""
    made = new_project(tmp_path, {f"web{number}": sshd() for number in range(1, 5)})
    yield made
    made.end()


def new_project(parent: Path, servers: dict[str, SshServer]) -> Project:
    """A project below `parent` whose hosts are these servers."""
    folder = parent / "project"
    folder.mkdir()
    hosts = "".join(
        f"  {name}: {{address: 127.0.0.1, port: {server.port}, user: {server.user}, key: {server.key}}}\n"
        for name, server in servers.items()
    )
    known = parent / "all_known_hosts"
    known.write_text("".join(server.known_hosts.read_text() for server in servers.values()))
    made = Project(folder, servers, {"RUNBOOK_STATE": str(folder / "state")})
    made.write("runbook.toml", "")
    (folder / "inventories").mkdir()
    (folder / "inventories" / "prod.yml").write_text(
        f"ssh: {{known_hosts: {known}}}\nhosts:\n{hosts}groups:\n  web: {{hosts: [{', '.join(servers)}]}}\n"
    )
    return made
