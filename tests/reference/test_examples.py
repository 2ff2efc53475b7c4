"""The examples of the manual are run, on hosts that are folders of this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from executor.errors import Exit
from tests.probes.servers import certificate, pages

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs" / "examples"
HOSTS = ("web1", "web2", "web9")
RUNBOOKS = sorted(path.stem for path in EXAMPLES.glob("*.yml") if "stages:" in path.read_text())


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "examples"
    shutil.copytree(EXAMPLES, folder)
    for host in HOSTS:
        (tmp_path / host).mkdir()
        (tmp_path / host / "old").touch()
        (tmp_path / host / "ready").write_text("ok\n")
    return folder


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The values of -e that tell a runbook of pages, plain and over TLS."""
    context, _, fingerprint = certificate(tmp_path)
    with ExitStack() as stack:
        plain, secure = stack.enter_context(pages()), stack.enter_context(pages(context))
        yield {"port": str(plain), "tls_port": str(secure), "fingerprint": fingerprint}


def sudo_asks_nothing() -> bool:
    return shutil.which("sudo") is not None and subprocess.run(["sudo", "-n", "true"], check=False).returncode == 0


@pytest.mark.parametrize("name", RUNBOOKS)
def test_an_example_runs_to_its_end(project: Path, servers: dict[str, str], name: str) -> None:
    lines = [f"{host} ansible_connection=local app_dir={project.parent / host}" for host in HOSTS]
    (project / "hosts.ini").write_text("\n".join(["[web]", *lines, "", "[all:vars]", f"port={servers['port']}"]) + "\n")
    user = os.environ.get("USER") or "root"
    given = {
        "deploy": ["-e", "version=v1.2.3", "--answers", "answers.yml"],
        "steps": ["-e", f'{{"with_sudo": {str(sudo_asks_nothing()).lower()}}}'],
        "files": ["-e", f"user={user}"],
        "probes": [
            *("-e", f"tls_port={servers['tls_port']}", "-e", f"fingerprint={servers['fingerprint']}"),
            *("-e", '{"with_systemd": false}'),
        ],
    }.get(name, [])
    command = [sys.executable, "-m", "executor", "run", f"{name}.yml", "-i", "hosts.ini", "-y", *given]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "HOME": str(project.parent), "SSL_CERT_FILE": _trust(project)}
    ended = subprocess.run(
        command, cwd=project, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert ended.returncode == Exit.DONE, ended.stdout + ended.stderr


def _trust(project: Path) -> str:
    return str(project.parent / "trust.pem")


def test_every_example_is_among_those_that_are_run() -> None:
    assert RUNBOOKS == ["deploy", "files", "hello", "probes", "steps"]
