"""What somebody reads who finds a lock in the way."""

from __future__ import annotations

from datetime import UTC

import pytest

from executor.locks.telling import whose
from executor.locks.words import BY_HAND, Beat, Claim, Holder

CLAIM = Claim("ada", "laptop", "2026-01-02T03:04:05+00:00", "Deploy", "2026-01-02T03:20:00+00:00")
RUN = "run run-1 (Deploy) by ada on laptop, since 2026-01-02 03:04:05"


@pytest.mark.parametrize(
    ("holder", "text"),
    [
        (
            Holder(3, 200, "t", "run-1", CLAIM, Beat(4, "stage Roll out, batch 2 of 3")),
            f"{RUN} (3 min ago); now: stage Roll out, batch 2 of 3; should be done at about 2026-01-02 03:20:00",
        ),
        (
            Holder(3, 1000, "t", "run-1", CLAIM, Beat(4, "health")),
            f"{RUN} (16 min ago); now: health; should have been done at about 2026-01-02 03:20:00",
        ),
        (
            Holder(3, 9, "t", "run-1", CLAIM, Beat(4, "runbook resume run-1 carries on", stopped=True)),
            f"{RUN} (9 s ago); stopped: runbook resume run-1 carries on",
        ),
        (
            Holder(3, None, "t", BY_HAND, Claim("ada", "laptop", CLAIM.since, reason="the database moves")),
            "held by hand by ada on laptop since 2026-01-02 03:04:05: the database moves",
        ),
        (
            Holder(3, 400_000, "t", "run-1", Claim("", "", "long ago")),
            "run run-1 by somebody on an unknown machine, since an unknown time (4 days ago)",
        ),
    ],
)
def test_one_line_says_it_all(holder: Holder, text: str) -> None:
    assert whose(holder, UTC) == text


def test_a_run_whose_program_is_gone_says_what_to_type_and_promises_no_end() -> None:
    assert whose(Holder(3, 9, "t", "run-1", CLAIM, Beat(4, "stage Roll out")), UTC, gone=True) == (
        f"{RUN} (9 s ago); its program is gone: runbook resume run-1 carries it on, runbook rollback run-1 undoes it"
    )


def test_silence_is_told() -> None:
    assert whose(Holder(3, 9, "t", "r", CLAIM), UTC, stale=True).endswith("its controller may be gone")
