"""A machine that can be restarted: an OpenSSH server on loopback whose kernel seems to be another one after `reboot`.

    from tests.machine import machine  # noqa: F401

Its server sees a boot id of its own, by a mount that nobody else has. `reboot` (or `shutdown -r now`) on it ends its
server, all its sessions and all that has its home in the environment, as the power does; changes the boot id; and
starts the server again. Needs root.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from executor.model.inventories import HostSpec
from tests.sshd import SshServer, processes, sshd_binary, start_server

BOOT_ID = "/proc/sys/kernel/random/boot_id"

# Runs away from the session that asked for it, as an init would.
_REBOOT = """#!/bin/sh
echo "$0 $*" >>{folder}/reboots
[ -e {folder}/ignore ] && exit 0
export HOME={folder}
setsid {python} -m tests.machine {folder} >/dev/null 2>>{folder}/trouble </dev/null &
"""


@dataclass(frozen=True)
class Machine:
    """One machine. `server.home` is the login's home there, which outlives restarts."""

    server: SshServer

    @property
    def folder(self) -> Path:
        return self.server.folder

    def spec(self, name: str = "web1") -> HostSpec:
        return self.server.spec(name)

    def reboots(self) -> list[str]:
        """The commands that have restarted it so far."""
        file = self.folder / "reboots"
        lines = file.read_text().splitlines() if file.exists() else []
        return [line.replace(f"{self.folder}/bin/", "") for line in lines]

    def stays_up(self) -> None:
        """From now on it takes the order, and does nothing."""
        (self.folder / "ignore").touch()

    def stays_down(self) -> None:
        """When it is restarted next, it does not come back until `comes_back`."""
        (self.folder / "down").touch()

    def comes_back(self) -> None:
        (self.folder / "down").unlink(missing_ok=True)

    def power_cut(self) -> None:
        """Restarts it from outside; `is_up` waits for it."""
        shutil.copyfile(self.folder / "boot_id", self.folder / "boot_id.before")
        subprocess.run([str(self.folder / "bin/reboot")], check=True)

    def is_up(self) -> None:
        """Waits until it is there again after its last power cut."""
        before = self.folder / "boot_id.before"
        while before.exists() and before.read_text() == (self.folder / "boot_id").read_text():
            time.sleep(0.02)
        _wait_for(self.server.port)

    def gone(self) -> None:
        """The end of it."""
        (self.folder / "over").touch()
        self.comes_back()
        _power_off(self.folder)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """A machine that runs."""
    if not can_be_restarted():
        pytest.skip("needs root, unshare and OpenSSH's sshd")
    made = start_machine(tmp_path / "machine")
    yield made
    made.gone()


def can_be_restarted() -> bool:
    """Whether there can be such machines here."""
    return os.geteuid() == 0 and shutil.which("unshare") is not None and sshd_binary() is not None


def start_machine(folder: Path) -> Machine:
    """Starts one with everything of it in `folder`. Whoever starts it ends it, with `gone`."""
    server = start_server(folder, f"SetEnv HOME={folder}/home PATH={folder}/bin:{os.environ['PATH']}")
    server.vanish()
    (folder / "bin").mkdir()
    python = f"env PYTHONPATH={Path(__file__).parents[1]} {sys.executable}"
    for name in ("reboot", "shutdown"):
        (folder / "bin" / name).write_text(_REBOOT.format(folder=folder, python=python))
        (folder / "bin" / name).chmod(0o755)
    _power_on(folder)
    _wait_for(server.port)
    return Machine(server)


def _wait_for(port: int) -> None:
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except ConnectionRefusedError:
            time.sleep(0.02)
        else:
            return


def _power_on(folder: Path) -> None:
    (folder / "boot_id").write_text(f"{uuid.uuid4()}\n")
    (folder / "pid").unlink(missing_ok=True)
    serve = f"mount --bind {folder}/boot_id {BOOT_ID} && exec {sshd_binary()} -f {folder}/config -E {folder}/log"
    subprocess.run(["unshare", "-m", "sh", "-c", serve], stdin=subprocess.DEVNULL, check=True)


def _power_off(folder: Path) -> None:
    """Ends the server, its sessions, and everything that was started in them, whoever has it as a child by now."""
    pid = folder / "pid"
    doomed = {int(pid.read_text())} if pid.exists() else set()
    for process, parent, name in sorted(processes()):
        if parent in doomed and name == "sshd":
            doomed.add(process)
    home = f"HOME={folder}/home".encode()
    for process, _, _ in processes():
        with contextlib.suppress(OSError):  # it has just ended
            if home in Path(f"/proc/{process}/environ").read_bytes().split(b"\0"):
                doomed.add(process)
    # All at one moment: none of them may see another one die.
    for how in (signal.SIGSTOP, signal.SIGKILL):
        for process in doomed - {os.getpid()}:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, how)


def _restart(folder: Path) -> None:
    """What `reboot` does."""
    time.sleep(0.1)  # the order is heard of as given, most of the time
    _power_off(folder)
    time.sleep(0.3)
    while (folder / "down").exists() and folder.exists():
        time.sleep(0.05)
    if folder.exists() and not (folder / "over").exists():
        _power_on(folder)


if __name__ == "__main__":
    _restart(Path(sys.argv[1]))
