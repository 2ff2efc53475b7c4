"""Eight runs, as the plain log, the summary and the timeline tell them."""

from __future__ import annotations

import io
import json
from datetime import UTC

import pytest

from executor.events import HostLost
from executor.report.fold import fold
from executor.report.jsonl import Jsonl
from executor.report.plain import Plain
from executor.report.show import as_json, row, runs_json, runs_text, timeline
from executor.report.story import RunView
from executor.report.summary import summary, text
from tests.report.golden import matches
from tests.report.stories import STORIES, Tape

COMMANDS = ("show", "logs")


@pytest.fixture(params=STORIES)
def tape(request: pytest.FixtureRequest) -> Tape:
    return STORIES[request.param]()


@pytest.fixture
def name(request: pytest.FixtureRequest, tape: Tape) -> str:  # noqa: ARG001 - it makes the parameter of `tape` ours
    return str(request.node.callspec.params["tape"])


def told_plainly(tape: Tape, *, everything: bool = False) -> str:
    out = io.StringIO()
    plain = Plain(tape.plan, out, everything=everything, zone=UTC)
    for stamp, event in tape.records:
        plain.event(stamp, event)
    plain.close()
    return out.getvalue()


def viewed(tape: Tape) -> RunView:
    view = RunView()
    for stamp, event in tape.records:
        fold(view, tape.plan, stamp, event)
    return view


def test_plain_log(tape: Tape, name: str) -> None:
    """Every happening has one line, with its time and host; failures show the last lines of their output."""
    assert matches(f"{name}.plain.txt", told_plainly(tape))


def test_summary(tape: Tape, name: str) -> None:
    """The end says which host is on what, what failed and why, what is left, and what to type next."""
    assert matches(f"{name}.summary.txt", text(summary(viewed(tape), commands=COMMANDS), colour=False))


def test_timeline(tape: Tape, name: str) -> None:
    """`show` tells the run again from its events, with everything when asked, and ends with the summary."""
    whole = "".join(timeline(tape.plan, tape.records, commands=COMMANDS, everything=True, zone=UTC))
    assert matches(f"{name}.show.txt", whole)


def test_no_line_of_any_report_holds_a_character_that_is_not_printed(tape: Tape) -> None:
    shown = told_plainly(tape, everything=True) + "".join(timeline(tape.plan, tape.records, commands=COMMANDS))
    assert all(character.isprintable() for character in shown.replace("\n", ""))


def test_json_of_a_run_says_how_it_ended_and_holds_every_event() -> None:
    tape = STORIES["partial"]()
    shown = as_json(tape.plan, tape.records)
    assert isinstance(shown, dict)
    events = shown.pop("events")
    assert isinstance(events, list)
    assert len(events) == len(tape.records)
    assert matches("partial.show.json", json.dumps(shown, indent=2) + "\n")


def test_jsonl_is_one_ascii_line_for_each_event(tape: Tape) -> None:
    out = io.StringIO()
    jsonl = Jsonl(out)
    for stamp, event in tape.records:
        jsonl.event(stamp, event)
    lines = out.getvalue().splitlines()
    assert len(lines) == len(tape.records)
    assert out.getvalue().isascii()
    assert [json.loads(line)["event"]["is"] for line in lines] == [type(event).__name__ for _, event in tape.records]
    assert all(json.loads(line)["v"] == 1 for line in lines)


def test_jsonl_holds_no_character_that_a_terminal_acts_on() -> None:
    out = io.StringIO()
    stamp, _ = STORIES["success"]().records[0]
    Jsonl(out).event(stamp, HostLost("web1", "\x1b\x7f\x9b\u2028\n"))
    assert out.getvalue().rstrip("\n").isprintable()
    assert json.loads(out.getvalue())["event"]["reason"] == "\x1b\x7f\x9b\u2028\n"


def test_list_of_runs_shows_how_each_ended() -> None:
    rows = [found for story in STORIES.values() if (found := row(story().records))]
    unfinished = row(STORIES["success"]().records[:9])
    assert unfinished is not None
    assert matches("runs.txt", runs_text([*rows, unfinished], zone=UTC))
    assert runs_json([unfinished]) == [
        {
            "run": "20261120-120340-k7m2",
            "name": "Production deploy",
            "operator": "ann",
            "began": "2026-11-20T12:03:40+00:00",
            "took": None,
            "exit": None,
            "status": "not ended",
        }
    ]
    assert row([]) is None


def test_a_run_without_an_end_is_not_called_a_success() -> None:
    tape = STORIES["success"]()
    tape.records.pop()
    assert "NOT ENDED" in text(summary(viewed(tape), commands=COMMANDS), colour=False)


def test_next_commands_are_those_that_there_are() -> None:
    view = viewed(STORIES["owed"]())
    shown = text(summary(view, commands=("show", "logs", "resume", "rollback")), colour=False)
    assert "runbook resume 20261120-120340-k7m2\n  runbook rollback 20261120-120340-k7m2" in shown
    assert "runbook" not in text(summary(view, commands=()), colour=False)
