"""Servers that give one connection few sessions: what runs side by side is then on connections of its own."""

from __future__ import annotations

import os
import signal
import time
from contextlib import closing

import pytest

from executor.hosts.errors import ConnectionFailed
from executor.hosts.pulse import PULSE
from executor.hosts.ssh import SshHost
from tests.hosts.recording import Recording, job, run, start
from tests.hosts.test_ssh import connected
from tests.sshd import StartServer

pytestmark = pytest.mark.sshd

GATED = "echo up; while ! [ -e go ]; do sleep 0.05; done; echo down"


def test_with_a_single_session_a_probe_is_answered_while_a_step_runs(sshd: StartServer) -> None:
    with connected(sshd("MaxSessions 1")) as host:
        step = start(host, GATED)
        step.wait_for(b"up\n")
        assert run(host, "echo probed", read_only=True).stdout == b"probed\n"
        assert run(host, "touch go").end.rc == 0
        assert (step.end.rc, step.stdout) == (0, b"up\ndown\n")


def test_with_a_single_session_a_step_can_be_ended(sshd: StartServer) -> None:
    with connected(sshd("MaxSessions 1")) as host:
        step = Recording()
        host.start(job("echo up; exec sleep 60", id="long"), step)
        step.wait_for(b"up")
        host.end("long")
        assert step.end.how == "cancelled"


def test_sessions_that_are_free_are_used_before_another_connection_is_made(sshd: StartServer) -> None:
    with connected(server := sshd("MaxSessions 2")) as host:
        for _ in range(3):
            assert run(host, "echo").end.rc == 0
            assert run(host, "echo", read_only=True).end.rc == 0
        assert server.log().count("Accepted publickey") == 1
        steps: list[Recording] = []
        for _ in range(3):
            steps.append(start(host, GATED))
            steps[-1].wait_for(b"up\n")
        assert server.log().count("Accepted publickey") == 2
        assert run(host, "touch go", read_only=True).end.rc == 0
        assert [step.end.rc for step in steps] == [0] * 3


def test_many_steps_at_once_find_their_sessions(sshd: StartServer) -> None:
    with connected(sshd("MaxSessions 1")) as host:
        steps = [start(host, GATED) for _ in range(6)]
        for step in steps:
            step.wait_for(b"up\n")
        assert run(host, "touch go", read_only=True).end.rc == 0
        assert [step.end.rc for step in steps] == [0] * 6


def test_all_connections_that_are_cut_are_made_again(sshd: StartServer) -> None:
    with connected(server := sshd("MaxSessions 1")) as host:
        steps = [start(host, GATED) for _ in range(3)]
        for step in steps:
            step.wait_for(b"up\n")
        server.cut()
        (server.home / "go").touch()
        assert [(step.end.rc, step.stdout) for step in steps] == [(0, b"up\ndown\n")] * 3


def test_a_further_connection_that_falls_silent_is_noticed(sshd: StartServer) -> None:
    with connected(server := sshd("MaxSessions 1")) as host:
        first = set(server.sessions())
        steps = [start(host, GATED) for _ in range(2)]
        for step in steps:
            step.wait_for(b"up\n")
        silent = set(server.sessions()) - first
        assert silent
        for pid in silent:
            os.kill(pid, signal.SIGSTOP)
        now = time.monotonic()
        host.pulse(now + PULSE + 1)
        while not host.connection().tap.heard > now:  # the first one answers, and stays
            time.sleep(0.01)
        host.pulse(now + PULSE + 1.1)
        for connection in host._connections.further():
            assert connection.tap.heard < now
        host.pulse(now + 2 * PULSE + 2)
        (server.home / "go").touch()
        assert [(step.end.rc, step.stdout) for step in steps] == [(0, b"up\ndown\n")] * 2


def test_where_no_further_connection_is_to_be_had_the_reason_names_the_cure(sshd: StartServer) -> None:
    """The host is there: that one more session is refused must not look like a host that is away."""
    with connected(server := sshd("MaxSessions 1")) as host:
        server.stop()
        probed = run(host, "echo probed", read_only=True)
        assert probed.end.how == "refused"
        assert probed.end.detail.startswith("the server opens no further session, and no further connection (")
        assert probed.end.detail.endswith("): raise MaxSessions in its sshd_config")
        steps = [start(host, "echo step") for _ in range(3)]
        assert [step.end.rc for step in steps] == [0] * 3, "steps share the session that there is"


def test_a_server_without_any_session_says_what_to_do(sshd: StartServer) -> None:
    server = sshd("MaxSessions 0")
    with closing(SshHost(server.spec(), "run1")) as host, pytest.raises(ConnectionFailed) as caught:
        host.connect()
    assert caught.value.kind == "login"
    assert caught.value.reason.endswith(
        "gives us no shell: the server opens no session: raise MaxSessions in its sshd_config"
    )


def test_steps_that_fill_all_lanes_do_not_hold_up_a_probe(sshd: StartServer) -> None:
    """No lane of theirs can carry it: it must not wait for one."""
    with connected(sshd()) as host:
        steps = [start(host, GATED) for _ in range(9)]
        for step in steps[:8]:
            step.wait_for(b"up\n")
        assert run(host, "touch go", read_only=True).end.rc == 0
        assert [step.end.rc for step in steps] == [0] * 9
