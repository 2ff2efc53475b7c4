"""Runs on this machine: one process holds each, how they stand, what is kept, what changed since."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from executor.errors import Exit, InvalidInput, Refused
from executor.events import Event, Resumed, RunEnded, RunStarted, Stamp
from executor.journal.folders import RunFolder
from executor.journal.holding import holder, holding
from executor.journal.index import glance, glances, unfinished
from executor.journal.log import Log
from executor.journal.pruning import remove, sort_out
from executor.planning.inputs import changed, digest_of

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
STOPPED = RunEnded(Exit.STOPPED, "failed, stopped as asked", resumable=True)
DONE = RunEnded(Exit.DONE, "done")
INCOMPLETE = RunEnded(Exit.INCOMPLETE, "rollback incomplete")
UNDO = Resumed("ann", "laptop", undo=True)


def run(state: Path, name: str, *events: Event, days: int = 0) -> RunFolder:
    """A run with a journal of these events, so many days old."""
    folder = RunFolder(state / "runs" / name)
    folder.path.mkdir(parents=True)
    log = Log(folder.journal)
    started = RunStarted(name, "Deploy", "deploy.yml", "", "ann", "laptop")
    at = NOW - timedelta(days=days)
    for number, event in enumerate((started, *events), 1):
        log.append([(Stamp(number, at, 0.0), event)])
    log.close()
    return folder


def test_a_run_is_held_by_one_process_and_the_other_is_told_by_whom(tmp_path: Path) -> None:
    folder = run(tmp_path, "20260301-120000-aaaa")
    program = (
        "import sys; from pathlib import Path; from executor.journal.folders import RunFolder;"
        "from executor.journal.holding import holding\n"
        f"with holding(RunFolder(Path({str(folder.path)!r})), 'eve'): print('held', flush=True); sys.stdin.read()"
    )
    other = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert other.stdout is not None
    assert other.stdout.readline() == b"held\n"
    assert f"process {other.pid}" in holder(folder)
    with pytest.raises(InvalidInput) as none:
        unfinished(tmp_path)
    assert f"runbook attach {folder.run}" in none.value.problems[0].hint
    with pytest.raises(Refused, match=f"process {other.pid} on .*, by eve") as refused, holding(folder, "ann"):
        raise AssertionError("two hold it")
    assert refused.value.exit_code is Exit.REFUSED
    other.kill()
    other.communicate()
    assert holder(folder) == ""
    with holding(folder, "ann"):
        assert f"process {os.getpid()}" in holder(folder)


@pytest.mark.parametrize(
    ("events", "standing"),
    [
        ((), "cut off"),
        ((DONE,), "finished"),
        ((STOPPED,), "stopped"),
        ((INCOMPLETE,), "incomplete"),
        ((STOPPED, Resumed("ann", "laptop")), "cut off"),
        ((STOPPED, Resumed("ann", "laptop"), DONE), "finished"),
        ((DONE, UNDO), "cut off"),
        ((DONE, UNDO, DONE), "finished"),
    ],
)
def test_how_a_run_stands_is_told_by_its_last_word(tmp_path: Path, events: tuple[Event, ...], standing: str) -> None:
    found = glance(run(tmp_path, "20260301-120000-aaaa", *events))
    assert found is not None
    assert found.standing == standing
    assert found.undone is any(event is UNDO for event in events)


def test_the_last_unfinished_run_is_meant_and_damaged_ones_are_passed_over(tmp_path: Path) -> None:
    run(tmp_path, "20260301-100000-aaaa", STOPPED)
    wanted = run(tmp_path, "20260301-110000-aaaa")
    run(tmp_path, "20260301-120000-aaaa", DONE)
    run(tmp_path, "20260301-130000-aaaa", STOPPED).journal.write_bytes(b"not a journal\n")
    assert unfinished(tmp_path) == wanted
    remove(wanted)
    assert unfinished(tmp_path).run == "20260301-100000-aaaa"
    remove(unfinished(tmp_path))
    with pytest.raises(InvalidInput, match=r"no run is unfinished; but run 20260301-130000-aaaa cannot be read: ."):
        unfinished(tmp_path)


def test_what_is_kept(tmp_path: Path) -> None:
    """The last ones however old, the young ones however many, the unfinished in any case."""
    run(tmp_path, "20260101-100000-aaaa", DONE, days=90)
    run(tmp_path, "20260102-100000-aaaa", STOPPED, days=89)
    run(tmp_path, "20260103-100000-aaaa", INCOMPLETE, days=88)
    run(tmp_path, "20260220-100000-aaaa", DONE, days=9)
    run(tmp_path, "20260221-100000-aaaa", DONE, days=8)
    found = sort_out(list(glances(tmp_path)), NOW, runs=1, days=30)
    assert [(one.run.folder.run[:8], one.why) for one in found] == [
        ("20260221", "one of the last 1"),
        ("20260220", "younger than 30 days"),
        ("20260103", "unfinished"),
        ("20260102", "unfinished"),
        ("20260101", ""),
    ]


def test_a_run_that_goes_on_is_kept(tmp_path: Path) -> None:
    folder = run(tmp_path, "20260101-100000-aaaa", DONE, days=90)
    (old,) = glances(tmp_path)
    assert sort_out([old], NOW, runs=0)[0].why == ""
    with holding(folder, "ann"):
        assert sort_out(list(glances(tmp_path)), NOW, runs=0)[0].why == "going on"
        assert sort_out([replace(old, standing="running")], NOW, runs=0)[0].why == "going on"


def test_files_that_are_not_what_they_were_are_told(tmp_path: Path) -> None:
    same, other, gone = (tmp_path / name for name in ("same", "other", "gone"))
    for path in (same, other, gone):
        path.write_text("before")
    known = {str(path): digest_of(path) for path in (same, other, gone)}
    assert not changed(known)
    same.touch()
    other.write_text("after")
    gone.unlink()
    assert changed(known) == {str(other): "changed", str(gone): "gone"}
