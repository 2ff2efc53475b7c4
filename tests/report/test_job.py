"""What a job of GitHub Actions is told at the end of a run: errors at the place of the step, and a summary."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from executor.cli.ci import tell_job
from executor.events import Ended, HostFailed, Key, StepEnded
from executor.model.outcomes import Result, Status
from executor.model.places import Place
from executor.model.plans import Plan, PlannedStep
from executor.report.fold import fold
from executor.report.job import failures, step_summary
from executor.report.story import RunView
from tests.report.plans.reading import fences, tokens
from tests.report.stories import STORIES, Tape


def seen(tape: Tape) -> tuple[Plan, RunView]:
    """The story as a summary sees it; step 2.2 is written at a place."""
    first, roll_out, last = tape.plan.stages
    activate = PlannedStep("2.2", "Activate", {}, Place("runbooks/deploy.yml", 12, 9))
    plan = replace(tape.plan, stages=(first, replace(roll_out, steps=(activate,)), last))
    view = RunView()
    for stamp, event in tape.records:
        fold(view, plan, stamp, event)
    return plan, view


def test_a_failure_is_an_error_where_its_step_is_written() -> None:
    (line,) = failures(*seen(STORIES["rolled_back"]()))
    assert re.fullmatch(
        r"::error file=runbooks/deploy\.yml,line=12,title=runbook%3A Activate on web3::"
        r"version is 'v1', wanted 'v2'.*",
        line,
    )


def test_a_rollback_that_is_not_complete_says_so() -> None:
    lines = list(failures(*seen(STORIES["incomplete"]())))
    assert any("title=runbook%3A rollback of Activate on web2" in line for line in lines)
    assert lines[-1] == "::error title=runbook%3A act now::rollback incomplete"


def test_a_run_that_went_well_is_no_error() -> None:
    assert list(failures(*seen(STORIES["success"]()))) == []


def with_output(*said: str) -> Tape:
    tape = Tape(("web1",))
    tape.begin()
    tape.roll_out()
    key = Key("web1", "2.2")
    tape.say(Ended(key, Result(Status.FAILED, 1, tail=said)))
    tape.say(StepEnded("web1", "2.2", "Activate", "failed", said[0]))
    tape.say(HostFailed("web1", "2", said[0], "2.2"))
    return tape


def test_what_a_host_prints_gives_no_commands() -> None:
    lines = list(failures(*seen(with_output("50%\n::add-mask::x", "::set-output name=a::b", "\x1b[2J%0A::stop"))))
    assert len(lines) == 1
    assert "\n" not in lines[0]
    assert "\x1b" not in lines[0]
    assert "%0A::stop" not in lines[0].replace("%250A::stop", "")
    assert "50%25" in lines[0]


@pytest.mark.parametrize("story", sorted(STORIES))
def test_the_summary_is_a_heading_and_a_block(story: str) -> None:
    page = step_summary(seen(STORIES[story]())[1], ("resume", "rollback", "logs", "show"))
    kinds = [token.type for token in tokens(page)]
    assert kinds == ["heading_open", "inline", "heading_close", "fence"]
    assert fences(page)[0].strip()


def test_a_summary_cannot_be_left_by_what_a_host_prints() -> None:
    page = step_summary(seen(with_output("```", "</details>", "# x"))[1], ())
    assert [token.type for token in tokens(page)] == ["heading_open", "inline", "heading_close", "fence"]


def test_only_a_job_of_github_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    plan, view = seen(STORIES["rolled_back"]())
    page = tmp_path / "summary.md"
    tell_job(plan, view, {"CI": "true", "GITHUB_STEP_SUMMARY": str(page)})
    assert capsys.readouterr() == ("", "")
    assert not page.exists()
    page.write_text("before\n")
    tell_job(plan, view, {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(page)})
    assert capsys.readouterr().err.startswith("::error ")
    assert page.read_text().startswith("before\n### Production deploy: FAILED")


def test_a_summary_that_cannot_be_written_is_told_and_no_more(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    plan, view = seen(STORIES["success"]())
    tell_job(plan, view, {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(tmp_path / "no" / "folder")})
    assert capsys.readouterr().err == "runbook: the job's summary cannot be written: No such file or directory\n"
