"""What a host that was lost says of a job becomes a result."""

from __future__ import annotations

import pytest

from executor.drive.settling import Answer, question
from executor.engine.effects import Perform
from executor.events import Key
from executor.hosts.protocol import JobEnd
from executor.model.actions import Shell
from executor.model.outcomes import Result, Status
from executor.model.steps import Settings

KEY = Key("web1", "1.2", "settle", direction="back")


def test_the_question_brings_nothing_that_could_run() -> None:
    perform = Perform(KEY, "web1", Shell("touch x"), Settings(become=True, become_user="app"), settles=KEY)
    job = question(perform, "1.2.action.1")
    assert (job.id, job.script, job.barred, job.become, job.become_user) == ("1.2.action.1", "", True, True, "app")


@pytest.mark.parametrize(
    ("end", "status"),
    [
        (JobEnd("exited", 3), Status.OK),
        (JobEnd("cancelled"), Status.CANCELLED),
        (JobEnd("timed out"), Status.TIMED_OUT),
        (JobEnd("unreachable"), Status.UNREACHABLE),
        (JobEnd("unknown"), Status.UNKNOWN),
        (JobEnd("refused", never=True), Status.REFUSED),
        # sudo has refused to ask: that is no word of the host's on the job
        (JobEnd("refused"), Status.UNKNOWN),
    ],
)
def test_only_the_host_itself_can_say_that_it_never_started(end: JobEnd, status: Status) -> None:
    told: list[Result] = []
    Answer(KEY, lambda _key, result: told.append(result)).ended(end)
    assert [result.status for result in told] == [status]
