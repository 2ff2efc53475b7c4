"""Probes from real hosts whose SSH servers forbid forwarding."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from itertools import count

import pytest

from executor.hosts.ssh import SshHost
from executor.model.outcomes import Verdict
from executor.model.probes import Http, Probe, Tcp, Verb
from executor.probes import Asking, ask
from tests.probes.servers import free_port, pages
from tests.sshd import StartServer, sshd

__all__ = ["sshd"]

pytestmark = pytest.mark.sshd

_NUMBERS = count(1)


@pytest.fixture(params=["AllowTcpForwarding no", "DisableForwarding yes", "PermitOpen none"])
def host(request: pytest.FixtureRequest, sshd: StartServer) -> Iterator[SshHost]:
    """One that forbids it in each of the ways in turn."""
    with closing(SshHost(sshd(request.param).spec(), "run1")) as host:
        host.connect()
        yield host


def said(verb: Verb, host: SshHost) -> Verdict:
    return ask(Probe(verb), Asking(host), job_id=f"probe{next(_NUMBERS)}").verdict


def test_its_own_ports_are_asked_about_all_the_same(host: SshHost) -> None:
    closed = free_port()
    with pages() as port:
        for verb in (Tcp(port, host="127.0.0.1"), Http(f"http://127.0.0.1:{port}/health")):
            assert said(verb, host).opinion.value == "passed", said(verb, host)
    assert said(Tcp(closed, host="127.0.0.1"), host).summary == (
        f"port {closed}: Connection refused (127.0.0.1:{closed})"
    )
