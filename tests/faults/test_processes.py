"""Each of the processes of a running step on its host is killed in turn: what then can be said of the step is said, and
the host is of use afterwards."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from executor.hosts.dispatch import Dispatcher
from executor.hosts.lanes import Lane, LaneFailed
from executor.hosts.protocol import JobEnd
from executor.hosts.ssh import SshHost
from tests.faults.processes import Process, Role, processes, processes_with_home
from tests.hosts.recording import Recording, run, start
from tests.hosts.shells import SHELLS, ShellHost
from tests.sshd import StartServer, sshd

__all__ = ["sshd"]

LINES = 12
# It says when it is under way, and waits until it is told to go on.
SCRIPT = f"""
echo ran >>count
n=0
while [ $n -lt {LINES} ]; do
	echo "line $n"
	n=$((n + 1))
	if [ $n = 3 ]; then until [ -e go ]; do sleep 0.05; done; fi
done
exit 7
"""
WHOLE = "".join(f"line {number}\n" for number in range(LINES)).encode()


@pytest.fixture(params=SHELLS)
def here(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ShellHost]:
    host = ShellHost(request.param, tmp_path)
    yield host
    host.close()


def victim(found: list[Process], role: Role) -> Process:
    """The process of this role; of children, the job's own."""
    jobs = {process.pid for process in found if process.role == "job"}
    chosen = [one for one in found if one.role == role and (role != "child" or one.parent in jobs)]
    assert len(chosen) == 1, f"{len(chosen)} processes are a {role}: {', '.join(map(str, found))}"
    return chosen[0]


def _started_by_jobs(here: ShellHost) -> list[Process]:
    """The programs that a step runs now; its shell's fork that is not yet one is left out."""
    found = processes_with_home(here.home)
    jobs = {process.pid: process.words for process in found if process.role == "job"}
    return [one for one in found if one.parent in jobs and one.words != jobs[one.parent]]


def under_way(home: Path, pending: Recording) -> None:
    pending.wait_for(b"line 2\n")
    assert not pending.ends
    assert (home / "count").read_text() == "ran\n"


@pytest.mark.parametrize("role", ["follower", "timer"])
def test_without_one_of_its_helpers_a_step_is_followed_to_its_end_all_the_same(here: ShellHost, role: Role) -> None:
    pending = start(here, SCRIPT)
    under_way(here.home, pending)
    assert victim(processes_with_home(here.home), role).kill()
    (here.home / "go").touch()
    assert (pending.end.how, pending.end.rc) == ("exited", 7)
    assert pending.stdout == WHOLE
    assert (here.home / "count").read_text() == "ran\n"
    _of_use(here)


@pytest.mark.parametrize("role", ["follower", "timer"])
def test_a_helper_that_was_killed_while_nothing_ran_is_replaced_before_the_next_step(
    here: ShellHost, role: Role
) -> None:
    assert run(here, "echo first").stdout == b"first\n"
    assert victim(processes_with_home(here.home), role).kill()
    _of_use(here)


def test_without_its_lane_a_step_is_unknown_and_what_it_printed_is_told(here: ShellHost) -> None:
    """Nobody will write down how it ends: that is the one thing that cannot be found out later; that it has, can."""
    pending = start(here, SCRIPT)
    under_way(here.home, pending)
    assert victim(processes_with_home(here.home), "lane").kill()
    (here.home / "go").touch()
    assert pending.end.how == "unknown"
    assert pending.stdout == WHOLE
    _of_use(here)


def test_a_step_that_is_killed_has_the_exit_code_of_its_signal(here: ShellHost) -> None:
    pending = start(here, SCRIPT)
    under_way(here.home, pending)
    assert victim(processes_with_home(here.home), "job").kill()
    assert (pending.end.how, pending.end.rc) == ("exited", 128 + 9)
    _of_use(here)


def test_what_a_step_started_is_the_steps_own_affair(here: ShellHost) -> None:
    pending = start(here, "sleep 60 || echo killed; exit 3")
    while not (started := _started_by_jobs(here)):
        assert not pending.ends
    for one in started:
        one.kill()
    assert (pending.end.rc, pending.stdout) == (3, b"killed\n")


@pytest.mark.sshd
def test_without_its_connection_a_step_goes_on_and_is_attached_to(sshd: StartServer) -> None:
    server = sshd()
    with closing(SshHost(server.spec(), "run1")) as host:
        host.connect()
        pending = start(host, SCRIPT)
        under_way(server.home, pending)
        assert victim(processes(server), "session").kill()
        (server.home / "go").touch()
        assert _told(pending.end) == ("exited", 7)
        assert pending.stdout == WHOLE
        assert (server.home / "count").read_text() == "ran\n"


@pytest.mark.sshd
@pytest.mark.parametrize("role", ["follower", "timer", "lane"])
def test_over_a_real_connection_the_same_is_told(sshd: StartServer, role: Role) -> None:
    server = sshd()
    with closing(SshHost(server.spec(), "run1")) as host:
        host.connect()
        pending = start(host, SCRIPT)
        under_way(server.home, pending)
        assert victim(processes(server), role).kill()
        (server.home / "go").touch()
        assert _told(pending.end) == (("unknown", None) if role == "lane" else ("exited", 7))
        assert run(host, "echo on").stdout == b"on\n"


@pytest.mark.sshd
def test_a_shell_that_is_killed_as_it_begins_is_begun_again(tmp_path: Path, sshd: StartServer) -> None:
    shell = tmp_path / "shell"
    shell.write_text("#!/bin/sh\n[ -e once ] || { touch once; kill -KILL $$; }\nexec /bin/sh\n")
    shell.chmod(0o700)
    server = sshd(login=str(shell))
    with closing(SshHost(server.spec(), "run1")) as host:
        host.connect()
        assert (server.home / "once").exists()
        assert run(host, "echo on").stdout == b"on\n"


@pytest.mark.sshd
def test_without_the_watchdog_a_timeout_is_enforced_from_here(sshd: StartServer) -> None:
    """The hosts' own watchdog needs nobody; where it was killed, the controller asks for the end some time later."""
    server = sshd()
    with closing(SshHost(server.spec(), "run1")) as host:
        host.connect()
        pending = start(host, "echo up; sleep 300 & exec sleep 300", timeout=60)
        pending.wait_for(b"up\n")
        assert victim(processes(server), "timer").kill()
        host.pulse(time.monotonic() + 70)
        assert not pending.ends
        host.pulse(time.monotonic() + 80)
        assert _told(pending.end) == ("timed out", None)
        assert not [one for one in processes(server) if "sleep 300" in one.words]


@pytest.mark.parametrize("asked", [False, True], ids=["for the first time", "again"])
def test_only_what_was_never_asked_for_has_never_started_on_a_host_that_gives_no_lane(asked: bool) -> None:
    def no_lane(new_lane: Callable[[], Lane]) -> Lane:  # noqa: ARG001  an opener has it
        raise LaneFailed("This account is currently not available.")

    end = run(Dispatcher(no_lane, "run1/web1"), "echo ran", again=asked).end
    assert end.how == ("unreachable" if asked else "refused")
    assert "not available" in end.detail


def _told(end: JobEnd) -> tuple[str, int | None]:
    return end.how, end.rc


def _of_use(host: ShellHost) -> None:
    after = run(host, "echo on; exit 5", timeout=30)
    assert (after.end.how, after.end.rc, after.stdout) == ("exited", 5, b"on\n")
