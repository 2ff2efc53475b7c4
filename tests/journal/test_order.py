"""Which of two runs came first."""

from __future__ import annotations

import os
from pathlib import Path

from executor.journal import folders


def test_runs_of_one_second_stand_in_the_order_in_which_they_began(tmp_path: Path) -> None:
    ids = ["20260101-120000-zzzz", "20260101-120000-aaaa", "20260101-115959-mmmm"]
    for moment, run in enumerate(ids):
        folder = folders.create(tmp_path, run, "{}")
        folder.journal.touch()
        os.utime(folder.plan, ns=(moment, moment))
    assert [folder.run for folder in folders.all_runs(tmp_path)] == [ids[1], ids[0], ids[2]]
