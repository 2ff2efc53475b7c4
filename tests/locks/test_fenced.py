"""Jobs under a lock: who is asked before they begin, and who hears that the lock is broken."""

from __future__ import annotations

import queue

import pytest

from executor.hosts.protocol import Fence, Job, JobEnd, Sink
from executor.locks.fenced import start_fenced
from tests.hosts.recording import Recording

FENCE = Fence("/home/it's me/7", "abc")


class Host:
    """Answers jobs in their order."""

    def __init__(self, *ends: JobEnd) -> None:
        self.name = "web1"
        self.jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()
        self._ends = list(ends)

    def start(self, job: Job, sink: Sink) -> None:
        self.jobs.put(job)
        sink.ended(self._ends.pop(0))

    def started(self) -> list[Job]:
        found = []
        while not self.jobs.empty():
            found.append(self.jobs.get())
        return found


def begin(host: Host, job: Job) -> tuple[Recording, list[str]]:
    sink, broken = Recording(), list[str]()
    start_fenced(host, job, sink, FENCE, broken.append)  # type: ignore[arg-type]  # as much of a host as is used
    assert sink.end.how
    return sink, broken


def test_a_job_is_sent_under_its_lock() -> None:
    host = Host(JobEnd("exited", 0))
    _, broken = begin(host, Job("a", "true"))
    assert [job.fence for job in host.started()] == [FENCE]
    assert not broken


def test_what_changes_nothing_needs_no_lock() -> None:
    host = Host(JobEnd("exited", 0))
    begin(host, Job("a", "true", read_only=True))
    assert [job.fence for job in host.started()] == [None]


def test_a_broken_lock_is_told() -> None:
    sink, broken = begin(Host(JobEnd("refused", detail="broken", fenced=True)), Job("a", "true"))
    assert broken == ["broken"]
    assert sink.end.how == "refused"


@pytest.mark.parametrize(("user", "asked"), [("root", False), ("postgres", True)])
def test_a_user_who_may_not_see_the_lock_has_the_login_asked_beforehand(user: str, asked: bool) -> None:
    host = Host(JobEnd("exited", 0), JobEnd("exited", 0))
    begin(host, Job("a", "true", become=True, become_user=user))
    jobs = host.started()
    assert [job.id for job in jobs] == (["a.lock", "a"] if asked else ["a"])
    assert [(job.read_only, job.become) for job in jobs][-1] == (False, True)
    assert not asked or "'/home/it'\"'\"'s me/7'" in jobs[0].script


def test_where_the_login_says_no_the_job_never_begins() -> None:
    host = Host(JobEnd("exited", 1))
    sink, broken = begin(host, Job("a", "true", become=True, become_user="postgres"))
    assert [job.id for job in host.started()] == ["a.lock"]
    assert (sink.end.how, sink.end.fenced) == ("refused", True)
    assert broken


def test_where_the_login_cannot_be_asked_the_job_ends_as_the_question_did() -> None:
    host = Host(JobEnd("unreachable", detail="away"))
    sink, broken = begin(host, Job("a", "true", become=True, become_user="postgres"))
    assert (sink.end.how, sink.end.detail) == ("unreachable", "away")
    assert not broken
