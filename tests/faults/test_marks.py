"""The checker of promises notices each way in which one is broken."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from executor.events import Armed, Ended, Event, Key, Stamp, Started, StepEnded
from executor.journal.folders import RunFolder
from executor.journal.log import Log
from executor.model.outcomes import Result, Status
from tests.e2e.conftest import Project
from tests.faults.marks import Record, broken, said

ONE, TWO = Key("web1", "1.1"), Key("web1", "1.2")
UNDO_ONE, UNDO_TWO = (Key("web1", f"{key.task}.u1", direction="back") for key in (ONE, TWO))
GOOD = Result(Status.OK, rc=0)


def job(key: Key) -> str:
    return str(key).replace("@", "-at-")


def started(key: Key) -> Started:
    armed = Armed(key.host, key.task, key.item, run_wide=False) if key.direction == "forward" else None
    return Started(key, "a step", armed=armed)


def whole(*keys: Key) -> list[Event]:
    """Each is started, completes and is told."""
    return [
        event
        for key in keys
        for event in (started(key), Ended(key, GOOD), StepEnded("web1", key.task, "a step", "changed"))
    ]


def marks(*keys: Key) -> list[str]:
    return [f"{word} {job(key)}" for key in keys for word in ("begin", "end")]


THERE, BACK = (ONE, TWO), (UNDO_TWO, UNDO_ONE)


def found(
    tmp_path: Path,
    events: Iterable[Event],
    log: list[str],
    code: int,
    outputs: dict[Key, str],
    *,
    cut: Container[str] = (),
) -> set[int]:
    """The promises that are broken, where this stands in a journal and that on the host."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "log").write_text("".join(f"{line}\n" for line in log))
    servers: Any = {"web1": SimpleNamespace(home=home)}
    folder = RunFolder(tmp_path)
    journal = Log(folder.journal)
    for number, event in enumerate(events, 1):
        journal.append([(Stamp(number, datetime.now(UTC), 0.0), event)])
        if isinstance(event, Ended) and event.result == GOOD:
            path = folder.output(event.key)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(outputs.get(event.key, said(job(event.key))))
    journal.close()
    return {one.promise for one in broken(Project(tmp_path, servers), Record(folder), cut=cut, code=code)}


@pytest.mark.parametrize(
    ("events", "log", "code"),
    [(whole(*THERE), marks(*THERE), 0), (whole(*THERE, *BACK), marks(*THERE, *BACK), 2)],
    ids=["there", "there and back"],
)
def test_a_run_that_keeps_its_promises_is_clean(tmp_path: Path, events: list[Event], log: list[str], code: int) -> None:
    assert found(tmp_path, events, log, code, {}) == set()


AGAIN = replace(ONE, attempt=2)
UNKNOWN = Ended(TWO, Result(Status.UNKNOWN))
BROKEN = {
    "told to be complete, and is not": (1, whole(ONE, TWO), marks(ONE), 0),
    "run again after it has completed": (1, whole(ONE, TWO, AGAIN), marks(ONE, TWO, AGAIN), 0),
    "begun twice": (2, whole(ONE, TWO), marks(ONE, ONE, TWO), 0),
    "told never to have started": (
        3,
        [*whole(ONE), started(TWO), Ended(TWO, Result(Status.REFUSED))],
        marks(*THERE),
        0,
    ),
    "unknown without a reason": (4, [*whole(ONE), started(TWO), UNKNOWN], marks(*THERE), 0),
    "given up": (5, [*whole(ONE), started(TWO), Ended(TWO, Result(Status.UNREACHABLE))], marks(ONE), 0),
    "not in the journal": (13, whole(ONE), marks(*THERE), 0),
    "undone without need": (9, whole(*THERE, *BACK), marks(*THERE, *BACK), 0),
    "not undone": (9, whole(*THERE, UNDO_TWO), marks(*THERE, UNDO_TWO), 2),
    "undone in the wrong order": (9, whole(*THERE, UNDO_ONE, UNDO_TWO), marks(*THERE, UNDO_ONE, UNDO_TWO), 2),
    "undone again": (
        9,
        whole(*THERE, *BACK, replace(UNDO_ONE, attempt=2)),
        marks(*THERE, *BACK, replace(UNDO_ONE, attempt=2)),
        2,
    ),
    "undone and never armed": (9, whole(ONE, UNDO_TWO, UNDO_ONE), marks(ONE, UNDO_TWO, UNDO_ONE), 2),
}


@pytest.mark.parametrize("case", BROKEN.values(), ids=BROKEN)
def test_what_breaks_a_promise_is_noticed(tmp_path: Path, case: tuple[int, list[Event], list[str], int]) -> None:
    promise, events, log, code = case
    assert promise in found(tmp_path, events, log, code, {})


def test_an_output_that_lacks_a_byte_is_noticed(tmp_path: Path) -> None:
    assert found(tmp_path, whole(ONE), marks(ONE), 0, {ONE: said(job(ONE))[:-1]}) == {5}


def test_an_unknown_that_becomes_a_success_is_noticed_also_where_it_may_be_unknown(tmp_path: Path) -> None:
    events = [*whole(ONE), started(TWO), UNKNOWN, StepEnded("web1", "1.2", "a step", "changed")]
    assert found(tmp_path, events, marks(*THERE), 0, {}, cut={"web1"}) == {4}
