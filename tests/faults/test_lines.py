"""Steps over lines that break: each runs once, and its exit code and all of its output come back.

RUNBOOK_FAULTS=1 (`make faults`) cuts at many more places.
"""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import replace

import pytest

from executor.hosts.errors import ConnectionFailed
from executor.hosts.ssh import SshHost
from tests.faults.proxy import Fault, Proxy
from tests.hosts.recording import Recording, job
from tests.sshd import StartServer, sshd

__all__ = ["sshd"]

pytestmark = pytest.mark.sshd

# A login takes about 3,000 bytes, the supervisor's text about 10,000 more.
PLACES = range(200, 30_000, 397) if os.environ.get("RUNBOOK_FAULTS") else (900, 3600, 9000, 22_000, 26_000)
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
        proxy = Proxy(server.port, [place, place + 1500], fault)
        known = server.known_hosts.with_name(f"known{number}")
        known.write_text(f"[127.0.0.1]:{proxy.port} {server.host_key}\n")
        spec = server.spec()
        spec = replace(spec, ssh=replace(spec.ssh, port=proxy.port, known_hosts=str(known)))
        with closing(proxy), closing(SshHost(spec, f"run{number}")) as host:
            _connect(host)
            sink = Recording()
            host.start(job(SCRIPT, id="step"), sink)
            assert (sink.end.how, sink.end.rc) == ("exited", 7), f"cut after {place} bytes: {sink.end}"
            assert sink.stdout == WHOLE, f"cut after {place} bytes"
            assert proxy.connections >= 2
        assert (server.home / "count").read_text() == "ran\n", f"cut after {place} bytes"
        (server.home / "count").unlink()


def _connect(host: SshHost) -> None:
    """The line may break while it is opened: that is told, and tried again."""
    for _ in range(4):
        try:
            host.connect()
        except ConnectionFailed:
            continue
        return
    raise AssertionError("it could not be connected to")
