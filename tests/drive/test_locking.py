"""Locks that are asked for while hosts fail."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

import pytest

from executor.drive.inbox import Call, Inbox
from executor.drive.locking import Locking, LockOrder
from executor.drive.timers import Timers
from executor.events import HostLost, Locked
from executor.hosts.errors import ConnectionFailed
from executor.hosts.protocol import Job, JobEnd, Sink
from executor.locks.orders import Wish
from executor.locks.words import Claim

TAKEN = (JobEnd("exited", 0), b"taken 1 /home/ada/.runbook/locks/m/deploy\n")


class Host:
    """Answers jobs with what it was given, one after the other; and the hosts of a run that has it alone."""

    def __init__(self, answers: Iterable[tuple[JobEnd, bytes]]) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []

    def connect(self, names: Iterable[str], told: Callable[[str, float, ConnectionFailed | None], None]) -> None:
        for name in names:
            told(name, 0.1, None)

    def host(self, _: str) -> Host:
        return self

    def start(self, job: Job, sink: Sink) -> None:
        self.asked.append(job.id)
        end, out = self._answers.pop(0)
        sink.output("stdout", out)
        threading.Thread(target=sink.ended, args=(end,)).start()


def locked(host: Host) -> object:
    """What the run hears after its lock was asked for."""
    inbox = Inbox()
    wish = Wish("deploy", "token", "run1", Claim("ada", "laptop", "2026-01-02T03:04:05+00:00"))
    order = LockOrder(wish, 0.0, lambda: "", lambda _: False)
    locking = Locking(order, hosts=host, inbox=inbox, timers=Timers(), clock=lambda: 0.0)  # type: ignore[arg-type]  # as much of hosts as it asks for
    locking.connect("web1")
    while True:
        for message in inbox.gather(5):
            if not isinstance(message, Call):
                return message
            message.do()


@pytest.mark.parametrize("end", [JobEnd("unknown"), JobEnd("exited", 137)], ids=["restarted", "killed"])
def test_a_lock_whose_taking_was_cut_short_is_asked_for_again_under_another_name(end: JobEnd) -> None:
    """It may have been taken: nobody would let it go."""
    host = Host([(end, b""), TAKEN])
    assert isinstance(locked(host), Locked)
    assert len(set(host.asked)) == 2


def test_it_is_asked_for_twice_and_no_more() -> None:
    host = Host([(JobEnd("unknown", detail="the host was restarted while it ran"), b"")] * 3)
    message = locked(host)
    assert isinstance(message, HostLost)
    assert "restarted" in message.reason
    assert len(host.asked) == 2
