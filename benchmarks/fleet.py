"""OpenSSH servers on loopback, one for each host of a benchmark, with keys and folders of their own."""

from __future__ import annotations

import contextlib
import getpass
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ADDRESS = "127.0.0.1"
SEPARATION = Path("/run/sshd")  # sshd wants it when root starts it; only a boot script makes it
START_LIMIT = 30.0  # seconds until every server must answer
MEMORY = Path("/dev/shm")  # noqa: S108 - below it is a folder of our own

SERVER_CONFIG = """\
ListenAddress {address}:{port}
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/authorized_keys
PidFile none
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
UsePAM no
UseDNS no
StrictModes no
LogLevel ERROR
MaxStartups 1000:30:1000
SetEnv HOME={home}
"""
# OpenSSH 9.8 and later slow down addresses that misbehave; a benchmark connects often and must not be taken for that.
NO_PENALTIES = "PerSourcePenalties no\n"


@dataclass(frozen=True, slots=True)
class Target:
    """One host as a contestant sees it."""

    name: str
    port: int


@dataclass(frozen=True, slots=True)
class Fleet:
    """Hosts that answer, and what is needed to log in to them."""

    targets: tuple[Target, ...]
    folder: Path
    user: str

    @property
    def key(self) -> Path:
        return self.folder / "key"

    @property
    def known_hosts(self) -> Path:
        return self.folder / "known_hosts"

    def first(self, count: int) -> Fleet:
        """The same fleet with only its first hosts."""
        return Fleet(self.targets[:count], self.folder, self.user)


class FleetFailed(Exception):
    """The servers could not be started; the message says why."""


def free_ports(count: int) -> list[int]:
    """Loopback ports that nothing listens on at this moment."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind((ADDRESS, 0))
        return [one.getsockname()[1] for one in sockets]


def trust(folder: Path, ports: Sequence[int]) -> None:
    """Add the fleet's host key to its known_hosts for these ports."""
    kind, key = (folder / "host_key.pub").read_text().split()[:2]
    with (folder / "known_hosts").open("a") as file:
        file.writelines(f"[{ADDRESS}]:{port} {kind} {key}\n" for port in ports)


@contextlib.contextmanager
def fleet(folder: Path, count: int) -> Iterator[Fleet]:
    """Start `count` servers below `folder`, an empty one with a short path; they end with the context.

    Raises FleetFailed where sshd is missing or does not answer.
    """
    sshd = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/sbin:/usr/bin")
    if sshd is None:
        raise FleetFailed("no sshd here; on Debian: apt-get install openssh-server")
    if os.geteuid() == 0:
        SEPARATION.mkdir(mode=0o755, exist_ok=True)
    for name in ("key", "host_key"):
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "benchmark", "-f", str(folder / name)]
        subprocess.run(command, check=True)
    shutil.copy(folder / "key.pub", folder / "authorized_keys")
    ports = free_ports(count)
    trust(folder, ports)
    extra = _understood(sshd, folder)
    with contextlib.ExitStack() as stack:
        homes = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rb", dir=disk_of_hosts())))
        for port in ports:
            stack.enter_context(_server(sshd, folder, port, homes / str(port), extra))
        _wait_for(ports)
        yield Fleet(tuple(Target(f"host{n}", port) for n, port in enumerate(ports, 1)), folder, getpass.getuser())


def disk_of_hosts() -> Path | None:
    """Where the hosts' homes are: in memory, where that is possible; None for the usual folder of temporary files.

    A hundred hosts do not share one disk. On a shared one what counts most is what others did before: ext4 looks at
    each inode that was removed in the last minutes before it makes a new one.
    """
    return MEMORY if os.access(MEMORY, os.W_OK | os.X_OK) else None


@contextlib.contextmanager
def far_away(near: Fleet, round_trip: float) -> Iterator[Fleet]:
    """The same hosts behind a proxy that makes every round trip last `round_trip` seconds longer."""
    ports = free_ports(len(near.targets))
    trust(near.folder, ports)
    pairs = [f"{port}:{target.port}" for port, target in zip(ports, near.targets, strict=True)]
    with _process([sys.executable, "-m", "benchmarks.delay", str(round_trip), *pairs]):
        _wait_for(ports)
        targets = tuple(Target(target.name, port) for port, target in zip(ports, near.targets, strict=True))
        yield Fleet(targets, near.folder, near.user)


def _understood(sshd: str, folder: Path) -> str:
    """The settings that only some versions of sshd know, as far as this one does.

    Raises FleetFailed where sshd starts neither with them nor without.
    """
    config = folder / "try.conf"
    for extra in (NO_PENALTIES, ""):
        config.write_text(SERVER_CONFIG.format(address=ADDRESS, port=1, folder=folder, home=folder) + extra)
        tried = subprocess.run([sshd, "-t", "-f", str(config)], capture_output=True, text=True, check=False)
        if tried.returncode == 0:
            return extra
    raise FleetFailed(f"sshd does not start: {tried.stderr.strip()}")


@contextlib.contextmanager
def _server(sshd: str, folder: Path, port: int, home: Path, extra: str) -> Iterator[None]:
    home.mkdir()
    config = folder / f"sshd-{port}.conf"
    config.write_text(SERVER_CONFIG.format(address=ADDRESS, port=port, folder=folder, home=home) + extra)
    with _process([sshd, "-D", "-f", str(config), "-E", str(folder / "sshd.log")]):
        yield


@contextlib.contextmanager
def _process(command: list[str]) -> Iterator[None]:
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def _wait_for(ports: Sequence[int]) -> None:
    deadline = time.monotonic() + START_LIMIT
    for port in ports:
        while True:
            with contextlib.suppress(OSError), socket.create_connection((ADDRESS, port), timeout=1) as probe:
                if probe.recv(4) == b"SSH-":
                    break
            if time.monotonic() > deadline:
                raise FleetFailed(f"nothing answers as an SSH server on {ADDRESS}:{port}")
            time.sleep(0.02)
