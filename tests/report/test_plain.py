"""The plain log beyond its golden files: long silence, every line of output, CI systems, closed pipes."""

from __future__ import annotations

import io
from datetime import UTC

import pytest

from executor.events import Ended, Key, Stamp, Started, StepEnded
from executor.model.outcomes import Result, Status
from executor.report.plain import Plain
from tests.report.stories import BEGAN, STORIES, Tape

KEY = Key("web1", "2.1")


def running(*, everything: bool = False) -> tuple[Plain, io.StringIO]:
    """A log in which Unpack has begun on web1, and nothing else was said."""
    out = io.StringIO()
    plain = Plain(Tape(("web1",)).plan, out, everything=everything, zone=UTC)
    plain.event(Stamp(1, BEGAN, 1000.0), Started(KEY, "Unpack"))
    return plain, out


def test_what_runs_for_long_is_said_to_be_still_running_less_and_less_often() -> None:
    plain, out = running()
    plain.output(KEY, "stdout", b"half way\n")
    for second in range(1000, 1000 + 1300):
        plain.tick(float(second))
    assert out.getvalue() == (
        "12:04:40 web1      | Unpack: still running after 1m 00s, quiet for 1m 00s; last line: half way\n"
        "12:05:40 web1      | Unpack: still running after 2m 00s, quiet for 2m 00s; last line: half way\n"
        "12:07:40 web1      | Unpack: still running after 4m 00s, quiet for 4m 00s; last line: half way\n"
        "12:11:40 web1      | Unpack: still running after 8m 00s, quiet for 8m 00s; last line: half way\n"
        "12:19:40 web1      | Unpack: still running after 16m 00s, quiet for 16m 00s; last line: half way\n"
    )


def test_each_line_of_output_is_shown_on_request_and_is_no_command_to_a_ci_system() -> None:
    plain, out = running(everything=True)
    plain.output(KEY, "stdout", b"::error::x\n##[endgroup]\n##vso[task.complete]\nhal")
    plain.output(KEY, "stderr", b"warned\n")
    plain.output(KEY, "stdout", b"f\n")
    assert out.getvalue() == (
        "12:03:40 web1      |   > ::error::x\n"
        "12:03:40 web1      |   > #\\#[endgroup]\n"
        "12:03:40 web1      |   > #\\#vso[task.complete]\n"
        "12:03:40 web1      |   > warned\n"
        "12:03:40 web1      |   > half\n"
    )


def test_output_is_whole_on_request_and_a_failure_does_not_quote_it_again() -> None:
    plain, out = running(everything=True)
    plain.output(KEY, "stdout", b"one\ntwo, without its end")
    plain.event(Stamp(2, BEGAN, 1001.0), Ended(KEY, Result(Status.OK, rc=1, tail=("one", "two, without its end"))))
    plain.event(Stamp(3, BEGAN, 1001.0), StepEnded("web1", "2.1", "Unpack", "failed", "exit code 1"))
    assert out.getvalue() == (
        "12:03:40 web1      |   > one\n"
        "12:03:40 web1      |   > two, without its end\n"
        "12:03:40 web1      | Unpack: FAILED: exit code 1 (1.0s)\n"
    )


def test_what_was_not_heard_is_quoted_with_the_failure() -> None:
    plain, out = running(everything=True)
    plain.event(Stamp(2, BEGAN, 1001.0), Ended(KEY, Result(Status.FAILED, rc=1, tail=("tar: broken",))))
    plain.event(Stamp(3, BEGAN, 1001.0), StepEnded("web1", "2.1", "Unpack", "failed", "it is broken"))
    assert out.getvalue().endswith("Unpack: FAILED: it is broken (1.0s)\n12:03:40 web1      |   > tar: broken\n")


def test_output_is_not_shown_otherwise() -> None:
    plain, out = running()
    plain.output(KEY, "stdout", b"a line\n")
    assert out.getvalue() == ""


@pytest.mark.parametrize("story", STORIES)
def test_no_line_begins_as_a_workflow_command(story: str) -> None:
    tape, out = STORIES[story](), io.StringIO()
    plain = Plain(tape.plan, out, everything=True)
    for stamp, event in tape.records:
        plain.event(stamp, event)
    assert not any(line.lstrip().startswith("::") or "##[" in line for line in out.getvalue().splitlines())
    plain.close()


def test_a_closed_pipe_is_for_the_caller_to_know() -> None:
    class Closed(io.StringIO):
        def flush(self) -> None:
            raise BrokenPipeError

    tape = STORIES["success"]()
    plain = Plain(tape.plan, Closed())
    with pytest.raises(BrokenPipeError):
        plain.event(*tape.records[0])
