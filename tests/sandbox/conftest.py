"""Sandboxes for tests, and clients to talk to them with."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import paramiko
import pytest

from executor import sandbox
from executor.sandbox import SandboxHost, SandboxInfo

Connect: TypeAlias = Callable[..., paramiko.SSHClient]


@pytest.fixture(scope="session")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxInfo]:
    """A sandbox of two hosts that tests only look at and leave as it was."""
    folder = tmp_path_factory.mktemp("sandbox")
    yield sandbox.up(folder, hosts=2)
    sandbox.down(folder)


@pytest.fixture
def own_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder for a test's own sandbox, which is down when the test is over."""
    yield tmp_path / "sandbox"
    sandbox.down(tmp_path / "sandbox")


@pytest.fixture
def connect(box: SandboxInfo) -> Iterator[Connect]:
    """Logs in to a host of the box, by its key and checking its host key; closed when the test is over."""
    clients: list[paramiko.SSHClient] = []

    def to(host: SandboxHost = box.hosts[0], user: str = box.user, key: Path = box.layout.key) -> paramiko.SSHClient:
        client = paramiko.SSHClient()
        client.set_missing_host_key_policy(paramiko.RejectPolicy())
        client.load_host_keys(str(box.layout.known_hosts))
        clients.append(client)
        link = socket.create_connection(("127.0.0.1", host.ssh_port))
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.connect(
            "127.0.0.1", host.ssh_port, user, key_filename=str(key), allow_agent=False, look_for_keys=False, sock=link
        )
        return client

    yield to
    for client in clients:
        client.close()


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], None]:
    """Waits until something holds; fails if it does not within a long while."""

    def wait(holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 20
        while not holds():
            assert time.monotonic() < deadline, "this should have come true long ago"
            time.sleep(0.02)

    return wait
