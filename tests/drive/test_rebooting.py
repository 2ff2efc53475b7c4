"""`reboot` on machines that are really restarted, as far as a controller can tell."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from executor import actions
from executor.drive.rebooting import Restart
from executor.engine.effects import Perform
from executor.events import Key
from executor.hosts.pool import Hosts
from executor.hosts.protocol import Job, JobEnd, Sink
from executor.model.actions import Reboot
from executor.model.outcomes import Result, Status
from tests.machine import Machine, machine

__all__ = ["machine"]

FIRST, SECOND = "boot 1111-2222 1\n", "boot 3333-4444 1\n"


@pytest.fixture
def hosts(machine: Machine) -> Iterator[Hosts]:
    with Hosts({"web1": machine.spec()}, "run1", patience=5.0) as made:
        yield made


def order(command: str | None = None) -> Job:
    perform = Perform(Key("web1", "1.1", "action"), "web1", Reboot(30.0, command))
    return actions.job(perform, run="run1", job_id="reboot1")


def restart(hosts: Hosts, job: Job, within: float = 30.0) -> Restart:
    return Restart(hosts.host("web1").start, job, within, time.monotonic)


def test_it_ends_when_the_machine_lets_us_in_again(machine: Machine, hosts: Hosts) -> None:
    result = restart(hosts, order()).run()
    assert (result.status, result.rc, result.changed) == (Status.OK, 0, True)
    assert result.detail == "restarted"
    assert machine.reboots() == ["shutdown -r now"]


def test_a_command_of_ones_own_restarts_it(machine: Machine, hosts: Hosts) -> None:
    assert restart(hosts, order("reboot 'by hand'")).run().status is Status.OK
    assert machine.reboots() == ["reboot by hand"]


def test_a_program_that_takes_over_restarts_nothing_twice(machine: Machine, hosts: Hosts) -> None:
    """Whether the machine is still going down, or is back already."""
    machine.stays_down()
    first = restart(hosts, order())
    waiting = threading.Thread(target=first.run)
    waiting.start()
    while not machine.reboots():
        time.sleep(0.02)
    first.stop()
    waiting.join()
    machine.comes_back()
    for _ in range(2):
        with Hosts({"web1": machine.spec()}, "run1", patience=5.0, known=["web1"]) as later:
            result = restart(later, replace(order(), again=True)).run()
        assert (result.status, result.detail.startswith("restarted")) == (Status.OK, True)
    assert machine.reboots() == ["shutdown -r now"]


def test_a_machine_that_does_not_go_down_has_failed(machine: Machine, hosts: Hosts) -> None:
    machine.stays_up()
    result = restart(hosts, order(), within=1.5).run()
    assert (result.status, result.detail) == (
        Status.FAILED,
        "not back within 1.5 s: it is up, and has not been restarted",
    )


def test_a_machine_that_stays_away_is_unreachable(machine: Machine, hosts: Hosts) -> None:
    machine.stays_down()
    result = restart(hosts, order(), within=2.0).run()
    assert (result.status, result.detail.startswith("not back within 2 s: ")) == (Status.UNREACHABLE, True)


def test_a_command_that_fails_is_told(hosts: Hosts) -> None:
    result = restart(hosts, order("echo 'Access denied' >&2; exit 4")).run()
    assert (result.status, result.rc, result.detail) == (Status.FAILED, 4, "Access denied")


# --- by a script ----------------------------------------------------------------------------------------------------


class Told:
    """A host that answers from a list: what it prints, and how the job ends."""

    def __init__(self, *answers: tuple[str, JobEnd]) -> None:
        self.answers = list(answers)
        self.asked: list[Job] = []

    def start(self, job: Job, sink: Sink) -> None:
        self.asked.append(job)
        said, end = self.answers.pop(0)
        sink.output("stdout", said.encode())
        sink.ended(end)


AWAY = ("", JobEnd("unreachable", detail="away"))
DONE = JobEnd("exited", 0)


def told(*answers: tuple[str, JobEnd], clock: Callable[[], float] | None = None) -> tuple[Result, Told]:
    host = Told(*answers)
    waiting = Restart(host.start, Job("reboot1", "x"), 100.0, clock or (lambda: 0.0), pause=0.0)
    return waiting.run(), host


@pytest.mark.parametrize(
    "answers",
    [
        [(FIRST, DONE), AWAY, (FIRST, DONE), (SECOND, DONE)],
        [(FIRST, AWAY[1]), (SECOND, DONE)],
        [AWAY, AWAY, (FIRST, DONE), (SECOND, DONE)],
        [("", JobEnd("unknown", detail="x", rebooted=True)), (SECOND, DONE)],
        [(FIRST, JobEnd("unknown", detail="killed")), (FIRST, DONE), (SECOND, DONE)],
    ],
)
def test_however_its_end_is_heard_of_it_is_waited_for(answers: list[tuple[str, JobEnd]]) -> None:
    result, host = told(*answers)
    assert (result.status, host.answers) == (Status.OK, [])


def test_what_may_have_been_sent_is_sent_as_such() -> None:
    _, host = told(AWAY, (FIRST, DONE), (SECOND, DONE))
    assert [job.again for job in host.asked] == [False, True, False]


@pytest.mark.parametrize(
    ("end", "status"),
    [
        (JobEnd("refused", detail="sudo"), Status.REFUSED),
        (JobEnd("cancelled"), Status.CANCELLED),
        (JobEnd("unknown", detail="gone"), Status.UNKNOWN),
        (JobEnd("exited", 127), Status.FAILED),
    ],
)
def test_where_nothing_goes_down_nothing_is_waited_for(end: JobEnd, status: Status) -> None:
    result, _ = told(("", end))
    assert result.status is status


def test_it_can_be_called_off() -> None:
    waiting = Restart(Told((FIRST, DONE), (FIRST, DONE)).start, Job("reboot1", "x"), 100.0, lambda: 0.0)
    waiting.stop()
    assert waiting.run().status is Status.CANCELLED
