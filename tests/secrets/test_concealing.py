"""While a run has secrets, nothing that its process says holds one: lines, mistakes, faults and their files."""

from __future__ import annotations

import contextlib
import io
import sys
from pathlib import Path

import pytest

from executor.cli.failures import tell
from executor.cli.secrets import Concealed, concealing
from executor.drive.recorder import Recorder, Reporters
from executor.errors import Exit, InvalidInput, Problem
from executor.events import Answered, Ended, Event, HostLost, Judged, Key
from executor.journal.log import Log
from executor.journal.reading import read
from executor.model.outcomes import Opinion, Result, Status, Verdict
from executor.secrets import NOTHING_TO_HIDE, Redactor, without_secrets
from executor.secrets.guard import Guarded

HUNTER = Redactor(["hunter2"])
KEY = Key("hunter2", "1.1")


def test_what_is_written_meanwhile_is_redacted(capsys: pytest.CaptureFixture[str]) -> None:
    with concealing(HUNTER):
        print("it is hunter2")  # noqa: T201 -- whatever writes
        sys.stderr.writelines(["and hunter2\n"])
    captured = capsys.readouterr()
    assert captured.out == "it is [redacted]\n"
    assert captured.err == "and [redacted]\n"


def test_a_guarded_stream_is_otherwise_the_stream_itself() -> None:
    out = io.TextIOWrapper(io.BytesIO(), "utf-8")
    guarded = Guarded(out, HUNTER)
    assert guarded.write("hunter2") == 7
    assert (guarded.encoding, guarded.isatty()) == ("utf-8", False)


def test_a_mistake_keeps_its_place_and_its_exit_code() -> None:
    with pytest.raises(InvalidInput) as caught, concealing(HUNTER):
        raise InvalidInput(Problem("no hunter2 here", hint="try hunter2"), exit_code=Exit.UNREACHABLE)
    (problem,) = caught.value.problems
    assert (problem.message, problem.hint) == ("no [redacted] here", "try [redacted]")
    assert caught.value.exit_code is Exit.UNREACHABLE
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("arguments", [["run"], ["run", "-vvv"]])
def test_a_fault_is_told_and_filed_without_it(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RUNBOOK_STATE", str(tmp_path))
    with pytest.raises(Concealed) as caught, concealing(HUNTER):
        raise KeyError("hunter2")
    assert tell(caught.value, arguments) == Exit.FAULT
    said = capsys.readouterr()
    told = said.out + said.err + "".join(path.read_text() for path in tmp_path.glob("crash-*"))
    assert "KeyError: '[redacted]'" in told
    assert "hunter2" not in told.replace('raise KeyError("hunter2")', "")


def test_without_secrets_nothing_is_put_in_between() -> None:
    before = sys.stdout
    with contextlib.suppress(KeyError), concealing(NOTHING_TO_HIDE):
        assert sys.stdout is before
        raise KeyError("as it is")


@pytest.mark.parametrize(
    "event",
    [
        Ended(
            KEY, Result(Status.OK, 0, "a hunter2", "b hunter2", detail="hunter2", tail=("x hunter2",), diff="-hunter2")
        ),
        Judged(KEY, Verdict(Opinion.FAILED, "got hunter2", {"header": "hunter2", "status": 200})),
        HostLost("hunter2", "login as hunter2 refused"),
        Answered(KEY, "yes", by="hunter2", text="see hunter2"),
    ],
)
def test_answers_are_redacted_and_names_stay(event: Event) -> None:
    """A host may be called like a password: a run must not break because of that."""
    told = without_secrets(event, HUNTER)
    assert str(told).count("hunter2") == 1
    assert str(told).count("[redacted]") == str(event).count("hunter2") - 1
    assert without_secrets(event, NOTHING_TO_HIDE) is event


def test_what_a_result_hides_is_never_written_down(tmp_path: Path) -> None:
    """The engine judges a step with no_log by its output; the journal and the reports hear nothing of it."""
    log = Log(tmp_path / "journal.jsonl")
    recorder = Recorder(log, Reporters([], print), lambda: 0.0)
    recorder.record([Ended(KEY, Result(Status.OK, 0, "quietly", "very", hidden=True))])
    recorder.sync()
    log.close()
    assert b"quietly" not in (tmp_path / "journal.jsonl").read_bytes()
    ((_, event),) = read(tmp_path / "journal.jsonl")
    assert event == Ended(KEY, Result(Status.OK, 0, truncated=True, hidden=True))
