"""Steps over lines that break, fall silent or are slow: each runs once, and its exit code and all of its output come
back.

RUNBOOK_FAULTS=1 (`make faults`) breaks lines at many more places.
"""

from __future__ import annotations

import os
import time
from contextlib import closing
from dataclasses import replace

import pytest

from executor.hosts.errors import ConnectionFailed
from executor.hosts.pulse import PULSE
from executor.hosts.ssh import SshHost
from tests.faults.proxy import Fault, Proxy
from tests.hosts.recording import Recording, job
from tests.sshd import SshServer, StartServer, sshd

__all__ = ["sshd"]

pytestmark = pytest.mark.sshd

MANY = bool(os.environ.get("RUNBOOK_FAULTS"))
# A login takes about 3,000 bytes, the supervisor's text about 11,000 more; what the step prints comes after them.
PLACES = range(200, 32_000, 397) if MANY else (900, 3600, 9000, 22_000, 26_000)
# A login that falls silent is given up after its own time.
SILENT_PLACES = [*range(2000, 5000, 797), *range(5000, 32_000, 1193)] if MANY else [9000, 24_000]
SCRIPT = """
echo ran >>count
i=0
while [ "$i" -lt 2000 ]; do
	echo "line $i"
	i=$((i + 1))
	case $i in *00) sleep 0.05 ;; esac
done
exit 7
"""
WHOLE = "".join(f"line {number}\n" for number in range(2000)).encode()


@pytest.mark.parametrize("fault", ["reset", "close"])
def test_wherever_the_line_breaks_a_step_runs_once_and_nothing_of_it_is_lost(sshd: StartServer, fault: Fault) -> None:
    server = sshd()
    for number, place in enumerate(PLACES):
        with closing(Proxy(server.port, [place, place + 1500], fault)) as proxy:
            _runs_once(server, proxy, f"run{number}", f"broken after {place} bytes")
            assert proxy.connections >= 2


def test_wherever_the_line_falls_silent_a_step_runs_once_and_nothing_of_it_is_lost(sshd: StartServer) -> None:
    """Nothing says that such a line is dead: it is found out by asking."""
    server = sshd()
    for number, place in enumerate(SILENT_PLACES):
        with closing(Proxy(server.port, [place, place + 1500] if MANY else [place], "silence")) as proxy:
            _runs_once(server, proxy, f"run{number}", f"silent after {place} bytes")
            assert proxy.connections >= 2


@pytest.mark.parametrize("fault", ["reset", "silence"])
def test_on_a_slow_line_that_breaks_nothing_is_lost_either(sshd: StartServer, fault: Fault) -> None:
    server = sshd()
    with closing(Proxy(server.port, [18_000], fault, delay=0.03)) as proxy:
        _runs_once(server, proxy, "slow", "slow")
        assert proxy.connections == 2


def test_a_line_that_breaks_during_the_login_is_tried_again(sshd: StartServer) -> None:
    """One cut loses no host, whatever the server was being asked just then."""
    server = sshd()
    for place in range(200, 3200, 97 if MANY else 450):
        with closing(Proxy(server.port, [place], "reset")) as proxy:
            with closing(_host(server, proxy, "login", timeout=30)) as host:
                host.connect()
            assert proxy.connections == 2, f"after {place} bytes"


def _host(server: SshServer, proxy: Proxy, run: str, *, timeout: float = 2.0) -> SshHost:
    known = server.known_hosts.with_name(f"known-{run}")
    known.write_text(f"[127.0.0.1]:{proxy.port} {server.host_key}\n")
    spec = server.spec(connect_timeout=timeout)
    return SshHost(replace(spec, ssh=replace(spec.ssh, port=proxy.port, known_hosts=str(known))), run)


def _runs_once(server: SshServer, proxy: Proxy, run: str, what: str) -> None:
    with closing(_host(server, proxy, run)) as host:
        _connect(host)
        sink = Recording()
        host.start(job(SCRIPT, id="step"), sink)
        while not sink.ends:
            if proxy.silent.wait(0.05):
                proxy.silent.clear()
                _later(host)
        assert (sink.end.how, sink.end.rc) == ("exited", 7), f"{what}: {sink.end}"
        assert sink.stdout == WHOLE, what
    assert (server.home / "count").read_text() == "ran\n", what
    (server.home / "count").unlink()


def _later(host: SshHost) -> None:
    """The connection is looked at as when nothing has been heard for long: it is asked first, then given up."""
    now = time.monotonic()
    host.pulse(now + PULSE + 1)
    host.pulse(now + 2 * PULSE + 2)


def _connect(host: SshHost) -> None:
    """The line may break while it is opened: that is told, and tried again."""
    for _ in range(4):
        try:
            host.connect()
        except ConnectionFailed:
            continue
        return
    raise AssertionError("it could not be connected to")
