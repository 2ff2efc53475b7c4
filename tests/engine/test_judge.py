"""Why a piece of work failed, in words."""

from __future__ import annotations

import pytest

from executor.engine.judge import command
from executor.model.outcomes import Result, Status


@pytest.mark.parametrize(
    ("result", "why"),
    [
        (Result(Status.OK, rc=0), ""),
        (Result(Status.OK, rc=3), "exit code 3"),
        (Result(Status.FAILED, rc=1, detail="ann may not write in /etc"), "ann may not write in /etc"),
        (Result(Status.FAILED, rc=1), "failed"),
        (
            Result(Status.TIMED_OUT, detail="ended after its timeout of 1 s"),
            "timed out: ended after its timeout of 1 s",
        ),
    ],
)
def test_a_reason_says_what_happened_and_says_it_once(result: Result, why: str) -> None:
    assert command(result).failure == why
