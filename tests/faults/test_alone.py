"""Hosts that are left alone: whoever started a step is gone, and its timeout ends it all the same, with its group."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from executor.hosts.ssh import SshHost
from tests.faults.processes import processes_with_home
from tests.faults.test_processes import victim
from tests.hosts.recording import Recording, job, run, start
from tests.hosts.shells import SHELLS, ShellHost
from tests.sshd import StartServer, sshd

__all__ = ["sshd"]

PAIR = "sleep 300 & echo up; sleep 300"
# It ignores polite signals, and so does its child.
STUBBORN = "trap '' TERM HUP; (trap '' TERM HUP; while :; do sleep 0.2; done) & echo up; while :; do sleep 0.2; done"


@pytest.fixture(params=SHELLS)
def here(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ShellHost]:
    host = ShellHost(request.param, tmp_path)
    yield host
    host.close()


def until_alone(home: Path) -> None:
    """Until nothing that has come of a step is left there."""
    for _ in range(600):
        if not [one for one in processes_with_home(home) if "sleep" in one.words or ".runbook" in one.words]:
            return
        time.sleep(0.05)
    raise AssertionError(f"there still are {', '.join(map(str, processes_with_home(home)))}")


@pytest.mark.parametrize("lane", ["lives", "killed"])
def test_a_timeout_holds_on_a_host_that_is_left_alone(here: ShellHost, lane: str) -> None:
    pending = start(here, PAIR, id="step", timeout=0.3)
    pending.wait_for(b"up\n")
    if lane == "killed":
        assert victim(processes_with_home(here.home), "lane").kill()
    here.forget()
    here.cut()
    until_alone(here.home)
    with closing(ShellHost(here.shell, here.home)) as another:
        found = run(another, "never run", id="step", again=True)
    # On a slow machine the time may be up before the lane is killed.
    assert found.end.how in (("timed out",) if lane == "lives" else ("unknown", "timed out"))
    assert found.stdout == b"up\n"


@pytest.mark.sshd
def test_a_timeout_holds_without_the_server_too(sshd: StartServer) -> None:
    server = sshd()
    with closing(SshHost(server.spec(), "run1")) as host:
        host.connect()
        sink = Recording()
        host.start(job(STUBBORN, id="step", timeout=0.3), sink)
        sink.wait_for(b"up\n")
    server.vanish()
    until_alone(server.home)
    assert (server.home / ".runbook/runs/run1/web1/step.rc").read_text().split()[0] == "x"
