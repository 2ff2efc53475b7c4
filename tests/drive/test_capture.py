"""What a job prints is kept whole in the file, bounded everywhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from executor.drive.capture import PENDING_LIMIT, REGISTER_LIMIT, TAIL_LIMIT, Capture
from executor.drive.inbox import Inbox, Output
from executor.events import Key

KEY = Key("web1", "1.1")


def capture(folder: Path, inbox: Inbox, *, keep: bool = True) -> Capture:
    return Capture(KEY, folder / "web1" / "1.1.out", inbox, keep=keep)


def test_all_output_is_in_the_file_and_its_end_in_the_tail(tmp_path: Path) -> None:
    sink = capture(tmp_path, Inbox())
    for number in range(1000):
        sink.output("stdout", f"line {number}\n".encode() * 10)
    sink.output("stderr", b"oh\n")
    sink.close()
    text = (tmp_path / "web1" / "1.1.out").read_bytes()
    assert text == b"".join(f"line {number}\n".encode() * 10 for number in range(1000)) + b"oh\n"
    assert sink.tail() == text[-TAIL_LIMIT:]


def test_what_was_printed_is_for_its_owner_alone(tmp_path: Path) -> None:
    sink = capture(tmp_path / "output", Inbox())
    sink.output("stdout", b"hello\n")
    sink.close()
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "output").rglob("*")}
    assert modes == {"web1": 0o700, "1.1.out": 0o600}
    assert (tmp_path / "output").stat().st_mode & 0o777 == 0o700


def test_a_result_holds_a_megabyte_of_each_stream_and_says_when_there_was_more(tmp_path: Path) -> None:
    sink = capture(tmp_path, Inbox())
    for _ in range(15):
        sink.output("stdout", b"x" * 100_000)
    sink.output("stderr", b"e" * REGISTER_LIMIT)
    assert sink.kept("stdout") == b"x" * REGISTER_LIMIT
    assert sink.kept("stderr") == b"e" * REGISTER_LIMIT
    assert sink.truncated


def test_a_result_of_exactly_a_megabyte_is_whole(tmp_path: Path) -> None:
    sink = capture(tmp_path, Inbox())
    sink.output("stdout", b"x" * REGISTER_LIMIT)
    assert not sink.truncated


def test_nothing_is_held_for_a_job_that_registers_nothing(tmp_path: Path) -> None:
    sink = capture(tmp_path, Inbox(), keep=False)
    sink.output("stdout", b"x" * 5_000_000)
    assert sink.kept("stdout") == b""
    assert len(sink.tail()) == TAIL_LIMIT


def test_reports_that_do_not_keep_up_lose_chunks_and_not_the_memory(tmp_path: Path) -> None:
    inbox = Inbox()
    sink = capture(tmp_path, inbox, keep=False)
    for _ in range(100):
        sink.output("stdout", b"x" * 65536)
    waiting = [message for message in inbox.gather(0) if isinstance(message, Output)]
    assert sum(len(message.data) for message in waiting) <= PENDING_LIMIT + 65536
    for message in waiting:
        message.shown(len(message.data))
    sink.output("stdout", b"again")
    assert [message.data for message in inbox.gather(0) if isinstance(message, Output)] == [b"again"]
    assert (tmp_path / "web1" / "1.1.out").stat().st_size == 100 * 65536 + 5


def test_a_job_that_prints_nothing_leaves_no_file(tmp_path: Path) -> None:
    sink = capture(tmp_path, Inbox())
    sink.close()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_told_and_ends_nothing(tmp_path: Path) -> None:
    (tmp_path / "web1").write_text("a file where the folder should be")
    sink = capture(tmp_path, Inbox())
    sink.output("stdout", b"x")
    sink.close()
    assert sink.tail().startswith(b"x\n[its output could not be kept: ")


@pytest.mark.parametrize(
    "pieces", [[b"not needed:\nit is there\n"], [b"not ", b"needed:", b"\n", b"it is ", b"there\n"]]
)
def test_what_a_guard_says_is_kept_for_the_result_and_shown_to_nobody(tmp_path: Path, pieces: list[bytes]) -> None:
    inbox = Inbox()
    sink = Capture(KEY, tmp_path / "out", inbox, keep=True, whisper=b"not needed:\n")
    for piece in pieces:
        sink.output("stdout", piece)
    sink.close()
    assert sink.kept("stdout") == b"not needed:\nit is there\n"
    assert (sink.tail(), inbox.gather(0), (tmp_path / "out").exists()) == (b"", [], False)


@pytest.mark.parametrize("said", [b"not at all\n", b"not need", b"nothing\nnot needed:\n"])
def test_output_that_only_begins_alike_is_shown(tmp_path: Path, said: bytes) -> None:
    sink = Capture(KEY, tmp_path / "out", Inbox(), keep=True, whisper=b"not needed:\n")
    for byte in said:
        sink.output("stdout", bytes([byte]))
    sink.output("stderr", b"and a warning\n")
    sink.close()
    assert sorted((tmp_path / "out").read_bytes()) == sorted(said + b"and a warning\n")


def test_what_a_script_of_ours_says_is_for_us_alone(tmp_path: Path) -> None:
    inbox = Inbox()
    sink = Capture(KEY, None, inbox, keep=True)
    sink.output("stdout", b"changed")
    sink.close()
    assert (sink.kept("stdout"), inbox.gather(0), list(tmp_path.iterdir())) == (b"changed", [], [])
