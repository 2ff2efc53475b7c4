"""The journal: what was written is read back, a torn end is tolerated, any other damage is refused with its place."""

from __future__ import annotations

import resource
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from executor.errors import Exit, InvalidInput
from executor.events import (
    Aborted,
    Armed,
    Ended,
    Event,
    HostSummary,
    Key,
    Owed,
    RunEnded,
    RunStarted,
    Stamp,
    Started,
    StepEnded,
)
from executor.journal.lines import GENESIS, read_line, write_line
from executor.journal.log import JournalFailed, Log
from executor.journal.reading import decisions, read
from executor.model.outcomes import Result, Status

BEGUN = RunStarted("20260101-120000-abcd", "Deploy", "deploy.yml", "0" * 64, "ann", "laptop", version=2)
KEY = Key("web1", "2.3", item=1, attempt=2)
EVENTS: tuple[Event, ...] = (
    RunStarted("20260101-120000-abcd", "Deploy", "deploy.yml", "0" * 64, "ann", "laptop", params={"version": "v1"}),
    Started(KEY, "Activate", "ln -s", armed=Armed("web1", "2.3", 1, run_wide=False, values={"previous": {"rc": 0}})),
    Ended(KEY, Result(Status.OK, rc=0, stdout="a\x00b\udcff\n", captured={"was": "v0"}, tail=("x",))),
    StepEnded("web1", "2.3", "Activate", "changed", register="r", value={"is": "a user's key", "n": [1, 2.5, None]}),
    Aborted("2", "web1: it failed", "rollback"),
    RunEnded(Exit.INCOMPLETE, "x", hosts={"web1": HostSummary("owed")}, left=(Owed("web1", "2.3", "Activate", "why"),)),
)


def stamped() -> list[tuple[Stamp, Event]]:
    at = datetime(2026, 1, 1, 12, tzinfo=UTC)
    return [(Stamp(number, at, number / 3), event) for number, event in enumerate(EVENTS, start=1)]


def journal(folder: Path) -> Path:
    log = Log(folder / "journal.jsonl")
    for record in stamped():
        log.append([record])
    log.sync()
    log.close()
    return log.path


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    assert [event for _, event in read(journal(tmp_path))] == list(EVENTS)


def test_a_torn_last_line_is_tolerated_at_every_byte(tmp_path: Path) -> None:
    path = journal(tmp_path)
    data = path.read_bytes()
    ends = [index + 1 for index, byte in enumerate(data) if byte == ord("\n")]
    for size in range(len(data)):
        path.write_bytes(data[:size])
        whole = sum(1 for end in ends if end <= size)
        assert [event for _, event in read(path)] == list(EVENTS[:whole])


def test_of_what_was_decided_together_all_counts_or_nothing(tmp_path: Path) -> None:
    """Whatever a crash leaves of such a group is left out when it is read, and cut off when the journal goes on."""
    first, *rest = stamped()
    log = Log(tmp_path / "journal.jsonl")
    log.append([first])
    log.append(rest)
    log.close()
    data = log.path.read_bytes()
    begun = data.index(b"\n") + 1
    for size in range(begun, len(data)):
        log.path.write_bytes(data[:size])
        assert [event for _, event in read(log.path)] == [first[1]]
    *_, (_, end) = decisions(log.path)
    again = Log(log.path, end)
    again.append(rest)
    again.close()
    assert log.path.read_bytes() == data


def test_a_journal_of_a_newer_version_is_refused_by_name(tmp_path: Path) -> None:
    log = Log(tmp_path / "journal.jsonl")
    log.append([(Stamp(1, datetime(2026, 1, 1, tzinfo=UTC), 0.0), BEGUN)])
    log.close()
    with pytest.raises(InvalidInput, match="newer version of runbook"):
        list(read(log.path))


@pytest.mark.parametrize("line", range(len(EVENTS)))
def test_a_changed_line_is_refused_with_its_place(tmp_path: Path, line: int) -> None:
    path = journal(tmp_path)
    lines = path.read_bytes().splitlines(keepends=True)
    lines[line] = lines[line].replace(b"web1", b"web2").replace(b"ann", b"eve").replace(b"it failed", b"it passed")
    path.write_bytes(b"".join(lines))
    with pytest.raises(InvalidInput) as refused:
        list(read(path))
    place = refused.value.problems[0].place
    assert place is not None
    assert place.line == line + 1


def test_a_removed_line_is_refused(tmp_path: Path) -> None:
    path = journal(tmp_path)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:2] + lines[3:]))
    with pytest.raises(InvalidInput, match="chain is broken"):
        list(read(path))


def test_a_journal_is_private_and_never_overwritten(tmp_path: Path) -> None:
    path = journal(tmp_path)
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(JournalFailed):
        Log(path)


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "journal.jsonl").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(JournalFailed):
        Log(tmp_path / "journal.jsonl")
    assert not (tmp_path / "elsewhere").exists()


def test_a_disk_that_is_full_is_an_error_and_leaves_no_torn_line(tmp_path: Path) -> None:
    """A limit for the size of files stands for the disk: what still fits is written, and the rest refused."""
    path = tmp_path / "journal.jsonl"
    log = Log(path)
    log.append(stamped())
    whole = path.read_bytes()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(whole) + 20, before[1]))
    try:
        with pytest.raises(JournalFailed, match="File too large"):
            log.append(stamped())
        assert path.read_bytes() == whole
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    log.append(stamped())
    log.close()
    assert path.read_bytes().startswith(whole)
    assert len(path.read_bytes().splitlines()) == 2 * len(whole.splitlines())


text = st.text(st.characters(exclude_categories=()), max_size=20)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=8,
)


@given(text, values, text)
def test_any_value_from_a_host_survives_the_journal(name: str, value: object, reason: str) -> None:
    event = StepEnded("web1", "1.1", name, "ok", reason, "r", value)  # type: ignore[arg-type]  # hypothesis' own type
    line, after = write_line(Stamp(1, datetime(2026, 1, 1, tzinfo=UTC), 0.5), event, GENESIS)
    assert line.count(b"\n") == 1
    record = read_line(line, GENESIS)
    assert (record.event, record.digest, record.stamp.seq) == (event, after, 1)
