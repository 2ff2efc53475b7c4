"""What earlier runs left on a host: bounded, and never at the cost of a run."""

from __future__ import annotations

import os
import time
from pathlib import Path

from tests.hosts.recording import run
from tests.hosts.shells import ShellHost

DAY = 86400


def leave(folder: Path, name: str, days: float) -> None:
    (folder / name / "web1").mkdir(parents=True)
    (folder / name / "web1" / "x.out").write_text("x")
    os.utime(folder / name, (time.time() - days * DAY,) * 2)


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def until(folder: Path, names: list[str]) -> None:
    for _ in range(200):
        if left(folder) == names:
            return
        time.sleep(0.02)
    assert left(folder) == names


def test_the_last_twenty_stay_and_all_that_are_younger_than_a_month(here: ShellHost) -> None:
    runs, undo = here.home / ".runbook/runs", here.home / ".runbook/undo"
    for number in range(25):
        leave(runs, f"old{number:02}", 40 + number)
    leave(runs, "young1", 2)
    leave(runs, "young2", 29)
    for number in range(22):
        leave(undo, f"old{number:02}", 40 + number)
    assert run(here, "true").end.rc == 0
    # with the two young ones and this run itself there is room for 17 old ones
    until(runs, [*(f"old{number:02}" for number in range(17)), "run1", "young1", "young2"])
    until(undo, [f"old{number:02}" for number in range(20)])


def test_where_there_is_little_all_of_it_stays(here: ShellHost) -> None:
    runs = here.home / ".runbook/runs"
    for number in range(19):
        leave(runs, f"old{number:02}", 400)
    assert run(here, "true").end.rc == 0
    time.sleep(0.1)
    assert left(runs) == [*(f"old{number:02}" for number in range(19)), "run1"]
