"""Real OpenSSH servers for tests: on loopback, with their own keys, ports and home directories. Import the fixtures.

    from tests.sshd import sshd  # noqa: F401

A test asks for `sshd` and starts as many servers as it wants: `sshd()`, `sshd("MaxSessions 2")`, `sshd(login="mksh")`.
Whatever was started, sessions and jobs of theirs included, is ended by pid when the test is over.
"""

from __future__ import annotations

import getpass
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import pytest

from executor.model.inventories import HostSpec, Ssh


@dataclass(frozen=True)
class SshServer:
    """One running server. Logins find `home` as their HOME and begin there."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] = field(repr=False)
    user: str = field(default_factory=getpass.getuser)

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def key(self) -> Path:
        """The private key that it lets in."""
        return self.folder / "login"

    @property
    def known_hosts(self) -> Path:
        return self.folder / "known_hosts"

    @property
    def host_key(self) -> str:
        """Type and base64, as a known_hosts line has them."""
        return " ".join((self.folder / "host_key.pub").read_text().split()[:2])

    def spec(self, name: str = "web1", **ssh: Any) -> HostSpec:
        """The server as a host of an inventory; `ssh` overrides single settings."""
        settings = Ssh(
            user=self.user,
            port=self.port,
            key=str(self.key),
            known_hosts=str(self.known_hosts),
            config="none",
        )
        return HostSpec(name, "127.0.0.1", replace(settings, **ssh))

    def sessions(self) -> list[int]:
        """The pids of the server's processes that serve connections."""
        children = {self.process.pid, *self._restarted()}
        found = []
        for pid, parent, name in sorted(processes()):
            if parent in children and name == "sshd":
                children.add(pid)
                found.append(pid)
        return found

    def _restarted(self) -> list[int]:
        """The pid of the server that is here now, where somebody has started it anew."""
        file = self.folder / "pid"
        return [int(file.read_text())] if file.exists() else []

    def cut(self) -> None:
        """Ends every connection the hard way."""
        for pid in self.sessions():
            _kill(pid)

    def vanish(self) -> None:
        """Ends the server and every connection."""
        sessions = self.sessions()
        self.stop()
        for pid in sessions:
            _kill(pid)

    def end_jobs(self) -> None:
        """Jobs outlive connections by design; those of this server know its home."""
        mark = f"HOME={self.home}".encode()
        for environ in Path("/proc").glob("[0-9]*/environ"):
            try:
                if mark in environ.read_bytes().split(b"\0"):
                    _kill(int(environ.parent.name))
            except OSError:
                continue  # it has just ended, or is not ours to look at

    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def stop(self) -> None:
        """No new connections; those that there are go on."""
        self.process.terminate()
        self.process.wait()

    def die(self) -> None:
        """As a host whose power is cut: no connection goes on, and none begins."""
        sessions = self.sessions()
        self.stop()
        for pid in sessions:
            _kill(pid)

    def run_folders(self) -> list[Path]:
        return sorted(self.home.glob(".runbook/runs/*/*"))


class StartServer(Protocol):
    def __call__(self, *options: str, login: str = "", port: int = 0) -> SshServer: ...


@pytest.fixture
def sshd(tmp_path: Path) -> Iterator[StartServer]:
    """Starts servers. Options are lines of sshd_config; `login` is run instead of what a client asks for."""
    if sshd_binary() is None or shutil.which("ssh-keygen") is None:
        pytest.skip("needs OpenSSH's sshd and ssh-keygen")
    servers: list[SshServer] = []

    def start(*options: str, login: str = "", port: int = 0) -> SshServer:
        folder = tmp_path / f"sshd{len(servers)}"
        server = start_server(folder, *options, login=login, port=port)
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.vanish()
        server.end_jobs()


def sshd_binary() -> str | None:
    return shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def start_server(folder: Path, *options: str, login: str = "", port: int = 0) -> SshServer:
    """Starts one server, with everything of it in `folder`. Whoever starts it ends it, with `vanish`."""
    port = port or _free_port()
    folder.mkdir(mode=0o700)
    (folder / "home").mkdir()
    for name in ("host_key", "login"):
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", str(folder / name)], check=True
        )
    (folder / "authorized_keys").write_bytes((folder / "login.pub").read_bytes())
    command = f"exec {login}" if login else 'eval "$SSH_ORIGINAL_COMMAND"'
    config = [
        *options,
        f"Port {port}",
        "ListenAddress 127.0.0.1",
        f"HostKey {folder}/host_key",
        f"AuthorizedKeysFile {folder}/authorized_keys",
        f"PidFile {folder}/pid",
        f"SetEnv HOME={folder}/home",
        f'ForceCommand cd "$HOME"; {command}',
        "StrictModes no",
        "UsePAM no",
        "PasswordAuthentication no",
        "KbdInteractiveAuthentication no",
        "PermitRootLogin yes",
        "MaxStartups 100",
        "LogLevel VERBOSE",
    ]
    (folder / "config").write_text("\n".join(config) + "\n")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    process = _process(folder)
    server = SshServer(folder, port, process)
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {server.host_key}\n")
    _wait_for(port, process, folder / "log")
    return server


@contextmanager
def started_again(server: SshServer) -> Iterator[None]:
    """A server that has vanished is there again, with its port and its keys, for as long as this lasts."""
    process = _process(server.folder)
    try:
        _wait_for(server.port, process, server.folder / "log")
        yield
    finally:
        replace(server, process=process).vanish()


def _process(folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [str(sshd_binary()), "-D", "-f", str(folder / "config"), "-E", str(folder / "log")],
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(500):
        try:
            with socket.create_connection(("127.0.0.1", port), 1):
                return
        except ConnectionRefusedError:
            if process.poll() is not None:
                pytest.fail(f"sshd did not start: {log.read_text()}")
            time.sleep(0.01)
    pytest.fail("sshd does not listen")


def processes() -> Iterator[tuple[int, int, str]]:
    """(pid, parent, name) of every process."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = stat.read_text()
        except OSError:
            continue  # it has just ended
        name, _, rest = text.partition("(")[2].rpartition(")")
        yield int(stat.parent.name), int(rest.split()[1]), name


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return  # it has just ended
