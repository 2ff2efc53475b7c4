"""What `status` says of a host is a sentence that is true: whether, until when and how far it can be undone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

import pytest

from executor.report.standing import OnHost, text

AT = datetime(2026, 11, 20, 12, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("undo", "until", "point", "said"),
    [
        ("yes", AT, "", "until 2026-11-20 12:03"),
        ("yes", AT, "Drop it", "until 2026-11-20 12:03, back to 'Drop it'"),
        ("no", None, "", "no"),
        ("no", None, "Drop it", "no, 'Drop it' is a point of no return"),
    ],
)
def test_how_far_a_host_can_be_undone(
    undo: Literal["yes", "no"], until: datetime | None, point: str, said: str
) -> None:
    host = OnHost("web1", "prod", "Deploy", "20261120-120340-k7m2", AT, "", "done", undo, until, point)
    head, row = text([], [host], zone=UTC).splitlines()
    assert row[head.index("CAN BE UNDONE") :] == said
