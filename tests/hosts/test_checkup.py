"""What `ping` asks of a host, and what it makes of the answers."""

from __future__ import annotations

import socket

from executor.hosts.checkup import Finding, checkup
from executor.hosts.protocol import Job, JobEnd, Sink


class FakeHost:
    """Can do everything; how a step as root ends is said beforehand."""

    name = "web1"

    def __init__(self, as_root: JobEnd) -> None:
        self._as_root = as_root

    def connect(self) -> None: ...

    def start(self, job: Job, sink: Sink) -> None:
        if job.id == "ping-look":
            sink.output("stdout", b"user=ann\nhome=/home/ann\nwritable=yes\nsetsid=yes\nkills=no\n")
        sink.ended(self._as_root if job.become else JobEnd("exited", 0))

    def end(self, job_id: str) -> None: ...

    def dial(self, address: str, port: int, timeout: float) -> socket.socket:
        raise ConnectionRefusedError(address, port, timeout)

    def close(self) -> None: ...


def test_sudo_is_asked_only_where_it_is_needed() -> None:
    refusing = FakeHost(JobEnd("refused", detail="sudo wants a password to become root: give it with -K"))
    assert not any(finding.grave for finding in checkup(refusing))
    assert Finding("sudo wants a password to become root: give it with -K", grave=True) in checkup(
        refusing, become=True
    )


def test_sudo_that_lets_us_in_is_told() -> None:
    assert Finding("sudo makes us root") in checkup(FakeHost(JobEnd("exited", 0)), become=True)
