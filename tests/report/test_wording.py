"""What is told when: the expected is quiet, the unexpected is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from executor.events import (
    Aborted,
    Answered,
    Asked,
    BatchStarted,
    Connecting,
    Event,
    Halted,
    HostRolledBack,
    ItemEnded,
    Key,
    Question,
    Retrying,
    RollbackStarted,
    StageStarted,
    Stamp,
    Started,
    StepEnded,
    WaitEnded,
    WaitStarted,
    WatchStarted,
    WatchTurned,
)
from executor.model.outcomes import Opinion, Verdict
from executor.model.plans import Plan, PlannedStage, PlannedStep
from executor.report.fold import fold
from executor.report.line import Line
from executor.report.story import RunView
from executor.report.wording import told
from tests.report.stories import BEGAN

ONCE = PlannedStep("1.1", "Migrate", {}, once="run")
STAGE = PlannedStage("1", "Roll out", ("web1", "web2"), (ONCE,))
PLAN = Plan("Deploy", "deploy.yml", "/srv", (), {}, {}, (STAGE,))
WATCH = Key("localhost", "1.w1", "watch")
ACTION = Key("web1", "1.2")


def said(*events: Event) -> list[Line]:
    """What is said of the last of the events."""
    view = RunView()
    for number, event in enumerate(events[:-1]):
        fold(view, PLAN, Stamp(number, BEGAN, float(number)), event)
    return list(told(view, PLAN, Stamp(len(events), BEGAN, float(len(events))), events[-1]))


def test_hosts_that_are_left_out_for_one_reason_share_a_line() -> None:
    hosts = tuple(f"web{number}" for number in range(1, 41))
    reasons = dict.fromkeys(hosts[1:], "--limit leaves it out") | {"db1": "it has failed before"}
    _, limited, failed = said(StageStarted("1", "Roll out", hosts[:1], (hosts[:1],), left_out=reasons))
    assert (limited.host, failed.host) == ("", "db1")
    assert limited.text.startswith("left out: web2")
    assert limited.text.endswith(": --limit leaves it out")
    assert failed.text == "left out: it has failed before"


def turned(*states: str) -> list[Line]:
    verdict = Verdict(Opinion.PASSED, "error rate 1%")
    return said(WatchStarted(WATCH, "http"), *(WatchTurned(WATCH, state, verdict) for state in states))  # type: ignore[arg-type] # all are states


@pytest.mark.parametrize(
    ("states", "weight"),
    [
        (("inconclusive",), "detail"),
        (("good",), "detail"),
        (("inconclusive", "good"), "detail"),
        (("bad",), "key"),
        (("good", "inconclusive"), "key"),
        (("bad", "good"), "key"),
        (("good", "failed"), "key"),
    ],
)
def test_a_watch_that_comes_to_be_good_is_no_news(states: tuple[str, ...], weight: str) -> None:
    (line,) = turned(*states)
    assert line.weight == weight
    assert "error rate 1%" in line.text


def test_that_another_host_does_a_once_step_is_a_detail() -> None:
    begun = StageStarted("1", "Roll out", ("web1", "web2"))
    (line,) = said(begun, StepEnded("web2", "1.1", "Migrate", "skipped", "ran once, on web1"))
    assert (line.text, line.weight) == ("Migrate: skipped: ran once, on web1", "detail")
    (line,) = said(begun, StepEnded("web2", "1.2", "Unpack", "skipped", "its condition does not hold"))
    assert line.weight == "step"


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (Answered(ACTION, "yes", "ann", "T-7", "file"), "Reviewed: yes, by ann (in a file): T-7"),
        (Answered(ACTION, "no", "ann"), "Reviewed: no, by ann"),
        (Answered(ACTION, "yes", "ann", how="flag"), "Reviewed: yes, by ann (on the command line)"),
        (Answered(ACTION, "", how="withdrawn"), "the question is withdrawn"),
    ],
)
def test_an_answer_repeats_what_was_confirmed(answer: Answered, text: str) -> None:
    (line,) = said(Asked(ACTION, Question("checklist", "Reviewed")), answer)
    assert line.text == text


def test_an_answer_to_a_failure_says_what_was_chosen() -> None:
    question = Asked(ACTION, Question("failure", "web1 failed", choices=("retry", "rollback")))
    assert said(question)[0].text == "asks: web1 failed (retry, rollback)"
    assert (
        said(question, Answered(ACTION, "rollback", how="silence"))[0].text == "asked what to do: rollback, by silence"
    )


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (StageStarted("1", "Roll out", ("web1",)), "Stage 1 of 1, Roll out: web1"),
        (
            StageStarted("1", "Roll out", ("web1", "web2"), (("web1", "web2"),), limit=1),
            "Stage 1 of 1, Roll out: 2 hosts, all at once; aborts at the 2nd failure of 2",
        ),
        (
            StageStarted("9", "Later", ("web1", "web2"), limit=2),
            "Later: 2 hosts; no number of failures aborts it",
        ),
        (BatchStarted("1", 3, ()), "Batch 3: no host is left in it"),
        (Connecting(tuple(f"h{n}x{n}" for n in range(200))), None),
        (WaitStarted(Key("localhost", "1", "grace"), 300.0, "x"), "waits for the steps that are running, at most 5m"),
        (HostRolledBack("web1", True), "nothing to undo"),
        (HostRolledBack("web1", True, False, "refused"), "rolled back (nothing to undo), but UNHEALTHY: refused"),
        (RollbackStarted("stage", "why", ("web1",)), "ROLLBACK of this stage, on web1: why"),
        (RollbackStarted("host", "why", ("web1",)), "ROLLBACK of what failed, on web1: why"),
        (Halted((ACTION,), "the grace is over"), "ending what is going on: the grace is over"),
    ],
)
def test_lines(event: Event, text: str | None) -> None:
    (line,) = said(event)
    if text is None:
        assert len(line.text) < 130
    else:
        assert line.text == text


def test_the_end_of_a_grace_is_no_news() -> None:
    grace = Key("localhost", "1", "grace")
    assert said(WaitEnded(grace, cut_short=True)) == []
    assert said(Halted((grace,), "nothing is running any more")) == []
    assert said(WaitEnded(ACTION, cut_short=True))[0].text == "the wait is cut short"


def test_a_reason_is_told_once() -> None:
    aborted = Aborted("1", "web1 failed", "rollback")
    assert said(aborted, Halted((ACTION,), "web1 failed"))[0].text == "ending what is going on"
    assert (
        said(aborted, RollbackStarted("run", "web1 failed", ("web1",)))[0].text == "ROLLBACK of the whole run, on web1"
    )


def test_a_rollback_that_is_gone_on_with_is_no_abort() -> None:
    first = Aborted("1", "web1 failed", "rollback")
    begun = RollbackStarted("run", "web1 failed", ("web1",))
    (line,) = said(first, begun, Aborted("1", "what was left of the rollback", "rollback"))
    assert line.text == "ROLLING BACK: what was left of the rollback"


def test_attempts_on_the_way_back_say_so() -> None:
    back = replace(ACTION, task="1.2.u1", direction="back")
    started = Started(back, "Switch back")
    (line,) = said(started, Retrying(back, 3, 0.0, "exit code 1"))
    assert line.text == "rollback: Switch back: attempt 1 of 3 failed: exit code 1; again at once"


def test_the_label_of_a_round_is_said_once() -> None:
    (line,) = said(Started(ACTION, "Add users (ann)"), ItemEnded("web1", "1.2", 0, "ann", "changed"))
    assert line.text == "Add users (ann): changed"


def test_rounds_of_a_loop_bear_their_steps_name() -> None:
    (line,) = said(Started(ACTION, "Add users"), ItemEnded("web1", "1.2", 0, "ann", "changed"))
    assert (line.text, line.weight) == ("Add users, ann: changed", "detail")
