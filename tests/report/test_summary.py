"""The summary never says a bare "rolled back": what an end means depends on what could be undone."""

from __future__ import annotations

from typing import Literal

import pytest

from executor.errors import Exit
from executor.events import (
    Aborted,
    Armed,
    Closing,
    Ended,
    HostFailed,
    HostSummary,
    Irreversible,
    Key,
    StageStarted,
    Started,
    Stays,
    StepEnded,
    WatchStarted,
    WatchTurned,
)
from executor.model.outcomes import NEVER_STARTED, Opinion, Result, Status, Verdict
from executor.report.fold import fold
from executor.report.story import RunView
from executor.report.summary import next_commands, summary, text
from executor.report.wording import told
from tests.report.stories import Tape


def ending(tape: Tape) -> RunView:
    view = RunView()
    for stamp, event in tape.records:
        fold(view, tape.plan, stamp, event)
    return view


def headline(
    code: Exit, hosts: dict[str, HostSummary], *, not_undone: tuple[str, ...] = (), passed: bool = False
) -> str:
    tape = Tape(("web1", "web2"))
    tape.begin()
    if passed:
        tape.say(Irreversible("", "2.1", "Drop the old tables"))
    tape.end(code, "the engine's own words", hosts, not_undone=not_undone)
    return summary(ending(tape), commands=())[0].text.removeprefix("Production deploy: ")


def test_why_a_host_could_not_be_reached_is_told_once() -> None:
    why = "203.0.113.1:22 refused the connection: no SSH server listens there"
    tape = Tape(("web1", "web2"))
    tape.begin()
    tape.roll_out(limit=1)
    tape.say(HostFailed("web1", "2", f"unreachable: {why}", unreachable=True))
    tape.end(Exit.PARTIAL, "done, with hosts left out", {"web1": HostSummary("unreachable", why)})
    shown = text(summary(ending(tape), commands=()), colour=False)
    assert shown.count(why) == 1
    assert "unreachable  could not be reached" in shown


def test_a_host_that_is_not_wholly_undone_says_so_itself() -> None:
    tape = Tape(("web1", "web2", "web3"))
    tape.begin()
    tape.roll_out(width=3)
    tape.say(Irreversible("web2", "2.1", "Drop the old tables"))
    hosts = {name: HostSummary("rolled back") for name in tape.hosts}
    tape.end(Exit.ROLLED_BACK, "failed, rolled back", hosts, not_undone=("web3: Build",))
    shown = [one.text for one in summary(ending(tape), commands=())]
    assert "  web1       rolled back    what was changed there is undone" in shown
    assert "  web2       rolled back    undone back to the point of no return 'Drop the old tables'" in shown
    assert "  web3       partly undone  what had a way back is undone; other changes stay (below)" in shown


def test_after_the_rollback_of_a_part_a_host_says_what_is_still_there() -> None:
    """Hosts that are alike share a line; what was done once for all is no host's, and told by itself."""
    tape = Tape(("web1", "web2", "web3"))
    tape.begin()
    there = [Stays(host, "One", step) for host in ("web1", "web2") for step in ("Unpack", "Link")]
    hosts = {name: HostSummary("rolled back") for name in tape.hosts}
    stays = (*there, Stays("web1", "Two", "Tell"), Stays("web2", "Two", "Tell"), Stays("", "One", "Migrate"))
    tape.end(Exit.DONE, "rolled back in part, as asked", hosts, stays=stays)
    shown = [one.text for one in summary(ending(tape), commands=())]
    assert "  web1, web2  partly undone  still there: Unpack, Link (One); Tell (Two)" in shown
    assert "  web3        rolled back    what was changed there is undone" in shown
    at = shown.index("Not undone")
    assert shown[at + 1 :] == ["  Migrate (One): the rollback was for a part of the run"]


def test_what_lies_before_a_point_of_no_return_is_told_below_with_the_reason() -> None:
    tape = Tape(("web1", "web2"))
    tape.begin()
    tape.say(*(Irreversible(host, "2.2", "Point") for host in tape.hosts))
    why = "it came before the point of no return 'Point'"
    stays = tuple(Stays(host, "One", "Before", why) for host in ("web1", "web2", ""))
    hosts = {name: HostSummary("rolled back") for name in tape.hosts}
    tape.end(Exit.ROLLED_BACK, "failed, rolled back", hosts, stays=stays)
    shown = [one.text for one in summary(ending(tape), commands=())]
    how_far = "undone back to the point of no return 'Point'; other changes stay (below)"
    assert f"  web1, web2  partly undone  {how_far}" in shown
    at = shown.index("Not undone")
    assert shown[at + 1 :][:3] == [f"  web1, web2  Before (One): {why}", f"  Before (One): {why}", ""]


def test_a_stage_that_went_back_alone_is_not_told_as_all_that_was_changed() -> None:
    tape = Tape(("web1",))
    tape.begin()
    tape.end(Exit.ROLLED_BACK, "failed, the stage rolled back", UNDONE, stays=(Stays("web1", "One", "Unpack"),))
    head = summary(ending(tape), commands=())[0].text
    assert head == "Production deploy: FAILED; undone in part, other changes stay (below)"


def test_the_rounds_of_a_loop_that_stay_are_told_with_their_host_once() -> None:
    tape = Tape(("web1", "web2"))
    tape.begin()
    tape.roll_out()
    hosts = {name: HostSummary("rolled back") for name in tape.hosts}
    stays = ("web1: Warm", "web1: Warm", "web2: Warm", "web2: Warm")
    tape.end(Exit.ROLLED_BACK, "failed, rolled back", hosts, not_undone=stays)
    assert "  web1, web2  Warm" in [one.text for one in summary(ending(tape), commands=())]


def test_that_a_run_was_interrupted_is_told_once() -> None:
    tape = Tape(("web1",))
    tape.begin()
    tape.roll_out()
    tape.say(Aborted("2", "interrupted", "rollback"))
    tape.end(Exit.ROLLED_BACK, "interrupted, rolled back", {"web1": HostSummary("rolled back")}, reason="interrupted")
    shown = text(summary(ending(tape), commands=()), colour=False)
    assert shown.startswith("Production deploy: INTERRUPTED; everything that it had changed is undone\n")
    assert shown.count("interrupted") == 0


UNDONE = {"web1": HostSummary("rolled back")}


@pytest.mark.parametrize(
    ("code", "hosts", "not_undone", "passed", "said"),
    [
        (Exit.DONE, {}, (), False, "DONE, every gate passed"),
        (Exit.ROLLED_BACK, UNDONE, (), False, "FAILED; everything that it had changed is undone"),
        (
            Exit.ROLLED_BACK,
            UNDONE,
            ("web1: Build",),
            False,
            "FAILED; every change that had a way back is undone, others are not (below)",
        ),
        (Exit.ROLLED_BACK, {}, (), False, "FAILED; there was nothing to undo"),
        (Exit.ROLLED_BACK, {}, ("web1: Build",), False, "FAILED; no change had a way back"),
        (
            Exit.ROLLED_BACK,
            UNDONE,
            (),
            True,
            "FAILED; undone back to the point of no return (Drop the old tables)",
        ),
        (
            Exit.UNREACHABLE,
            {},
            (),
            False,
            "FAILED: hosts could not be reached or logged in to; nothing was changed",
        ),
        (Exit.STOPPED, {}, (), False, "FAILED and stopped as asked; nothing is undone"),
        (Exit.INTERRUPTED, UNDONE, (), False, "INTERRUPTED; the rollback is not at its end: resume goes on with it"),
        (
            Exit.PARTIAL,
            {"web1": HostSummary("rolled back"), "web2": HostSummary("done")},
            (),
            False,
            "DONE, but without web1",
        ),
        (Exit.PARTIAL, {"web1": HostSummary("done")}, (), False, "THE engine's own words"),
        (Exit.INCOMPLETE, {"web1": HostSummary("unhealthy")}, (), False, "ACT NOW: web1 not healthy after rollback"),
        (Exit.INCOMPLETE, {}, (), False, "ACT NOW: the engine's own words"),
        (Exit.REFUSED, {}, (), False, "REFUSED; nothing was changed"),
        (Exit.INTERRUPTED, {}, (), False, "INTERRUPTED; nothing is undone"),
        (Exit.FAULT, {}, (), False, "THE engine's own words"),
    ],
)
def test_an_exit_in_words(
    code: Exit, hosts: dict[str, HostSummary], not_undone: tuple[str, ...], passed: bool, said: str
) -> None:
    assert headline(code, hosts, not_undone=not_undone, passed=passed) == said


def test_a_change_without_a_way_back_is_told_once_for_all_its_hosts() -> None:
    tape = Tape(("web1", "web2"))
    tape.begin()
    tape.end(Exit.ROLLED_BACK, "x", UNDONE, not_undone=("web1: Build", "web2: Build", "Tag"))
    texts = [one.text for one in summary(ending(tape), commands=())]
    at = texts.index("Changed, and no way back was written down")
    assert texts[at + 1 : at + 3] == ["  web1, web2  Build", "  Tag"]


def fail(tape: Tape, host: str, step: str, reason: str, *, counts: bool = True) -> None:
    tape.say(Ended(Key(host, "2.1"), Result(Status.OK, 1, tail=("no space left",))))
    tape.say(StepEnded(host, "2.1", step, "failed", reason))
    tape.say(HostFailed(host, "2", reason, "2.1", step, counts=counts))


def test_hosts_that_failed_alike_are_told_together_and_commands_are_ready_to_copy() -> None:
    tape = Tape(tuple(f"web{number}" for number in range(1, 9)))
    tape.begin()
    for host in tape.hosts[:4]:
        fail(tape, host, "It's up; really", "exit code 1")
    for number, host in enumerate(tape.hosts[4:]):
        fail(tape, host, f"Step {number}", "exit code 1")
    tape.end(Exit.STOPPED, "stopped", {})
    view = ending(tape)
    texts = [one.text for one in summary(view, commands=())]
    assert "  web1…web4  It's up; really (Roll out): exit code 1" in texts
    assert next_commands(view, ("logs", "show")) == [
        "runbook logs 20261120-120340-k7m2 --host web1 --step 'It'\"'\"'s up; really'",
        "runbook logs 20261120-120340-k7m2 --host web5 --step 'Step 0'",
        "runbook logs 20261120-120340-k7m2 --host web6 --step 'Step 1'",
        "runbook show 20261120-120340-k7m2",
    ]


def test_a_failure_that_counts_against_no_limit_is_not_counted() -> None:
    tape = Tape(("web1", "web2", "web3"))
    tape.say(StageStarted("2", "Roll out", tape.hosts, limit=1))
    fail(tape, "web1", "Migrate", "exit code 1", counts=False)
    view = ending(tape)
    stamp, _ = tape.records[-1]
    (said,) = told(view, tape.plan, stamp, HostFailed("web2", "2", "exit code 2", "2.2", "Unpack"))
    assert said.text == "FAILED in Roll out (1st failure, 1 allowed): Unpack: exit code 2"
    (said,) = told(view, tape.plan, stamp, HostFailed("web2", "2", "exit code 2", "2.2", "Migrate", counts=False))
    assert said.text == "FAILED in Roll out: Migrate: exit code 2"


def test_nothing_is_proposed_that_has_nothing_to_show() -> None:
    tape = Tape(("web1",))
    tape.begin()
    tape.say(StepEnded("web1", "2.1", "Enough space", "failed", "only 3 GB left"))
    tape.say(HostFailed("web1", "2", "only 3 GB left", "2.1", "Enough space"))
    tape.end(Exit.ROLLED_BACK, "failed", {})
    assert next_commands(ending(tape), ("logs", "show")) == ["runbook show 20261120-120340-k7m2"]


def test_what_still_runs_on_its_host_is_named() -> None:
    tape = Tape(("web1",))
    tape.begin()
    tape.say(Started(Key("web1", "2.1"), "Unpack"))
    tape.say(Started(Key("web1", "2", "health"), "health", kind="sample"))
    tape.end(Exit.INTERRUPTED, "interrupted", {})
    texts = [one.text for one in summary(ending(tape), commands=())]
    assert texts[texts.index("Still running there when the run ended") + 1 :][:2] == ["  web1  Unpack", ""]


def test_a_run_that_has_not_ended_names_what_is_going_on() -> None:
    tape = Tape(("web1", "web2", "web3"))
    tape.begin()
    tape.say(*(Started(Key(host, "2.1"), "Unpack") for host in tape.hosts))
    tape.say(Ended(Key("web2", "2.1"), Result(Status.OK, rc=0)))
    texts = [one.text for one in summary(ending(tape), commands=())]
    assert texts[-2:] == ["Begun there, and not known to have ended", "  web1, web3  Unpack"]


def test_a_watch_counts_once_the_stage_is_given_up_for_it() -> None:
    """A person may have had it begin again: then it is no failure of the run."""
    watch = Key("localhost", "2.w1", "watch")
    failed = WatchTurned(watch, "failed", Verdict(Opinion.FAILED, "error rate 9%"))
    tape = Tape(("web1",))
    tape.begin()
    tape.say(WatchStarted(watch, "http"), failed, WatchStarted(watch, "http"))
    assert ending(tape).failures == []
    tape.say(failed, Aborted("2", "watch: error rate 9%", "rollback"))
    assert [failure.reason for failure in ending(tape).failures] == ["http: error rate 9%"]


def test_a_failure_in_the_closing_steps_is_told_though_no_host_fails_by_it() -> None:
    tape = Tape(("web1",))
    tape.begin()
    tape.say(Closing("done"), StepEnded("localhost", "a.1", "Tell", "failed", "exit code 1"))
    (failure,) = ending(tape).failures
    assert (failure.host, failure.stage, failure.step) == ("localhost", "closing steps", "Tell")


def test_long_lines_are_wrapped_but_for_what_is_copied() -> None:
    tape = Tape(("web1",))
    tape.begin()
    fail(tape, "web1", "A step with quite a long name indeed", "it " + "really " * 12 + "failed")
    tape.end(Exit.STOPPED, "stopped", {})
    lines = summary(ending(tape), commands=("logs",))
    wrapped = text(lines, colour=False, width=60).splitlines()
    at = next(number for number, one in enumerate(wrapped) if one.startswith("  web1"))
    assert wrapped[at + 1].startswith("      really")
    assert all(len(one) <= 60 or "runbook logs" in one for one in wrapped)
    assert any(len(one) > 60 for one in wrapped)
    assert "\n" not in text(lines, colour=False).split("Next\n  ")[1].rstrip("\n")


def test_why_a_host_failed_is_not_repeated_beside_its_state() -> None:
    tape = Tape(("web1", "web2"))
    tape.begin()
    fail(tape, "web1", "Unpack", "exit code 1")
    tape.end(
        Exit.ROLLED_BACK, "x", {"web1": HostSummary("rolled back", "exit code 1"), "web2": HostSummary("rolled back")}
    )
    texts = [one.text for one in summary(ending(tape), commands=())]
    assert "  web1, web2  rolled back  what was changed there is undone" in texts


def test_a_step_that_failed_is_told_even_if_the_run_ended_before_it_was_decided_what_that_means() -> None:
    """An interrupt while a person was being asked; what an abort cut short, or a person had tried again, is not."""
    tape = Tape(("web1", "web2", "web3"))
    tape.begin()
    for host in ("web1", "web2"):
        tape.say(StepEnded(host, "2.1", "Unpack", "failed", "exit code 1"))
    tape.say(StepEnded("web2", "2.1", "Unpack", "changed"))
    tape.say(
        Aborted("2", "interrupted", "stop"), StepEnded("web3", "2.1", "Unpack", "failed", "cut short by the abort")
    )
    tape.end(Exit.INTERRUPTED, "interrupted", {})
    assert [(failure.host, failure.reason) for failure in ending(tape).failures] == [("web1", "exit code 1")]


def test_a_step_that_a_rollback_kept_from_starting_is_nothing_that_went_wrong() -> None:
    tape = Tape(("web1",))
    tape.begin()
    tape.roll_out()
    tape.step("web1", "2.1")
    reason = f"refused: {NEVER_STARTED}"
    tape.say(Started(Key("web1", "2.2"), "Activate"), StepEnded("web1", "2.2", "Activate", "failed", reason))
    before = ending(tape)
    said = [one.text for one in told(before, tape.plan, tape.records[-1][0], tape.records[-1][1])]
    assert said == ["Activate: had not begun there, and is kept from it"]
    tape.say(HostFailed("web1", "2", reason, task="2.2", step="Activate"))
    assert told(ending(tape), tape.plan, tape.records[-1][0], tape.records[-1][1]) == ()
    tape.end(Exit.DONE, "rolled back, as asked", {"web1": HostSummary("rolled back", reason)})
    shown = text(summary(ending(tape), commands=()), colour=False)
    assert "What went wrong" not in shown
    assert "never" not in shown


@pytest.mark.parametrize(
    ("kind", "status", "ended", "offered"),
    [
        ("builtin", "changed", "done", True),
        ("handler", "changed", "rolled back in part, as asked", True),
        ("handler", "changed", "rolled back, as asked", False),
        ("handler", "ok", "done", False),
        ("unsaid", "changed", "done", False),
    ],
)
def test_a_run_that_is_done_offers_its_undoing_where_there_is_any(
    kind: Literal["handler", "builtin", "unsaid"], status: Literal["ok", "changed"], ended: str, offered: bool
) -> None:
    tape = Tape(("web1",))
    tape.begin()
    tape.roll_out()
    armed = Armed("web1", "2.1", 0, run_wide=False, kind=kind)
    tape.say(Started(Key("web1", "2.1"), "Unpack", armed=armed), StepEnded("web1", "2.1", "Unpack", status))
    tape.end(Exit.DONE, ended, {"web1": HostSummary("done")})
    lines = next_commands(ending(tape), ("rollback", "show"))
    assert ("runbook rollback 20261120-120340-k7m2" in lines) is offered
