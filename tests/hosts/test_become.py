"""Becoming another user through a real sudo. Needs root, to make the users that may and may not."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from executor.hosts.become import Become
from executor.hosts.dispatch import Dispatcher
from executor.hosts.lanes import Lane
from executor.hosts.protocol import Job, Sink
from tests.hosts.recording import Recording, job, run
from tests.hosts.shells import SocketWire, end_all_with

PASSWORD = "correct horse"  # noqa: S105  of a user that lives for one test


class SudoHost:
    """A host where one logs in as `user`."""

    name = "here"

    def __init__(self, user: str, password: Callable[[], str] | None) -> None:
        self._user = user
        self._become = Become(password)
        self.wires: list[SocketWire] = []
        self._dispatcher = Dispatcher(self._open, "run1/web1")

    def start(self, job: Job, sink: Sink) -> None:
        self._dispatcher.start(job, sink)

    def end(self, job_id: str) -> None:
        self._dispatcher.end(job_id)

    def close(self) -> None:
        self._dispatcher.close()
        for wire in self.wires:
            wire.gone()

    def _open(self, new_lane: Callable[[], Lane]) -> Lane:
        lane = new_lane()
        login = shlex.join(["runuser", "-l", self._user, "-c", self._become.way_in(lane.kind.user)])
        wire = SocketWire(f"cd /; exec {login}", lane)
        self.wires.append(wire)
        lane.join(wire)
        self._become.enter(lane, 20)
        return lane


@pytest.fixture
def login() -> Iterator[Callable[..., SudoHost]]:
    """A new user; the arguments are what sudoers says of it, and the password that we give."""
    if os.geteuid() != 0 or shutil.which("sudo") is None or shutil.which("useradd") is None:
        pytest.skip("needs root, sudo and useradd")
    user = f"rb{os.getpid()}"
    rules = Path(f"/etc/sudoers.d/{user}")
    subprocess.run(["useradd", "--create-home", "--shell", "/bin/sh", user], check=True)
    hosts: list[SudoHost] = []

    def make(rule: str, password: str | None = None) -> SudoHost:
        rules.write_text(rule.format(user=user) + "\n")
        rules.chmod(0o440)
        subprocess.run(["chpasswd"], input=f"{user}:{PASSWORD}".encode(), check=True)
        host = SudoHost(user, None if password is None else lambda: password)
        hosts.append(host)
        return host

    yield make
    for host in hosts:
        host.close()
    end_all_with(f"SUDO_USER={user}")
    rules.unlink(missing_ok=True)
    subprocess.run(["userdel", "--remove", user], check=True, capture_output=True)
    shutil.rmtree(Path("~root/.runbook/runs/run1/web1").expanduser(), ignore_errors=True)


def become(host: SudoHost, script: str = "id -un; echo $HOME", **settings: object) -> Recording:
    return run(host, script, become=True, **settings)


def test_without_a_password(login: Callable[..., SudoHost]) -> None:
    host = login("{user} ALL=(ALL) NOPASSWD: ALL")
    assert become(host).stdout == b"root\n/root\n"
    assert become(host, "id -un", become_user="daemon", read_only=True).stdout == b"daemon\n"


def test_with_a_password(login: Callable[..., SudoHost]) -> None:
    host = login("{user} ALL=(ALL) ALL", PASSWORD)
    ran = become(host, "id -un; cat", stdin=b"in")
    assert (ran.stdout, ran.stderr) == (b"root\nin", b"")


def test_a_password_that_is_not_asked_for_goes_nowhere(login: Callable[..., SudoHost]) -> None:
    host = login("{user} ALL=(ALL) NOPASSWD: ALL", PASSWORD)
    ran = become(host, "id -un; cat")
    assert (ran.stdout, ran.stderr) == (b"root\n", b"")


def test_a_wrong_password_refuses(login: Callable[..., SudoHost]) -> None:
    ran = become(login("{user} ALL=(ALL) ALL", "wrong"))
    assert (ran.end.how, ran.end.detail) == ("refused", "sudo does not accept the password for becoming root")


def test_a_password_that_was_not_given_is_asked_for(login: Callable[..., SudoHost]) -> None:
    ran = become(login("{user} ALL=(ALL) ALL"))
    assert ran.end.detail == "sudo wants a password to become root: give it with -K"


def test_a_terminal_that_is_wanted_is_named(login: Callable[..., SudoHost]) -> None:
    ran = become(login("Defaults:{user} requiretty\n{user} ALL=(ALL) NOPASSWD: ALL"))
    assert ran.end.how == "refused"
    assert ran.end.detail.startswith("sudo wants a terminal to become root")


def test_what_sudo_does_not_allow_is_refused(login: Callable[..., SudoHost]) -> None:
    ran = become(login("# nothing", PASSWORD))
    assert ran.end.detail == "sudo does not allow this login to become root"


def test_a_job_of_roots_can_be_ended_and_timed_out(login: Callable[..., SudoHost]) -> None:
    host = login("{user} ALL=(ALL) NOPASSWD: ALL")
    assert become(host, "sleep 60", timeout=0.3).end.how == "timed out"
    sink = Recording()
    host.start(job("echo up; exec sleep 60", id="long", become=True), sink)
    sink.wait_for(b"up")
    host.end("long")
    assert sink.end.how == "cancelled"


def test_a_lost_connection_loses_nothing_of_roots(login: Callable[..., SudoHost], tmp_path: Path) -> None:
    host = login("{user} ALL=(ALL) NOPASSWD: ALL")
    sink = Recording()
    host.start(job(f"echo one; while ! [ -e {tmp_path}/go ]; do sleep 0.05; done; echo two; exit 7", become=True), sink)
    sink.wait_for(b"one")
    host.wires[0].cut()
    (tmp_path / "go").touch()
    assert (sink.end.rc, sink.stdout) == (7, b"one\ntwo\n")


def test_users_with_strange_names_are_refused(login: Callable[..., SudoHost]) -> None:
    ran = become(login("{user} ALL=(ALL) NOPASSWD: ALL"), become_user="root;id")
    assert ran.end.detail == "'root;id' cannot be a user's name"
