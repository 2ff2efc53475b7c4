"""localhost: the control node as a host."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from executor.hosts.local import LocalHost
from tests.hosts.recording import run, start
from tests.hosts.shells import end_all_with


@pytest.fixture
def local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalHost]:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    (tmp_path / "project").mkdir()
    host = LocalHost("run1", tmp_path / "project")
    host.connect()
    yield host
    host.close()
    end_all_with(f"HOME={tmp_path}/home")


def test_jobs_run_in_the_projects_root(local: LocalHost, tmp_path: Path) -> None:
    ran = run(local, "pwd; echo err >&2; exit 3")
    assert (ran.stdout, ran.stderr, ran.end.rc) == (f"{tmp_path}/project\n".encode(), b"err\n", 3)
    assert run(local, "pwd", read_only=True).stdout == f"{tmp_path}/project\n".encode()


def test_jobs_have_a_session_of_their_own(local: LocalHost) -> None:
    """The terminal's Ctrl-C is for the program, which decides; not for what it runs."""
    ran = run(local, "cut -d' ' -f6 /proc/$$/stat; echo $$")
    session, pid = ran.stdout.split()
    assert session == pid
    assert int(session) != os.getsid(0)


def test_a_shell_that_is_killed_is_replaced(local: LocalHost) -> None:
    pending = start(local, "echo $PPID; exec sleep 60")
    pending.wait_for(b"\n")
    os.kill(int(pending.stdout), signal.SIGKILL)
    assert pending.end.how == "unknown"
    assert run(local, "echo on").stdout == b"on\n"


def test_dialling_is_direct(local: LocalHost) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as service,
        local.dial("127.0.0.1", service.getsockname()[1], 1) as dialled,
    ):
        peer, _ = service.accept()
        with peer:
            peer.sendall(b"x")
            assert dialled.recv(1) == b"x"


def test_what_is_left_at_the_end_is_told(local: LocalHost) -> None:
    pending = start(local, "echo up; exec sleep 60")
    pending.wait_for(b"up")
    local.close()
    assert pending.end.how == "unreachable"


def _port(service: socket.socket) -> int:
    port: int = service.getsockname()[1]
    return port
