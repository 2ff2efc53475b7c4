"""shell and script: the operator's own commands, with the guards before them."""

from __future__ import annotations

from pathlib import Path

import pytest

from executor import actions
from executor.actions import CannotStart
from executor.engine.effects import Perform
from executor.events import Key
from executor.hosts.protocol import JobEnd
from executor.model.actions import Pause, Script, Shell
from executor.model.outcomes import Result, Status
from executor.model.steps import Settings
from tests.actions.running import HOSTILE, RUN, Here

KEY = Key("web1", "1.1")


def perform(action: Shell | Script, **more: object) -> Perform:
    return Perform(KEY, on="web1", action=action, **more)  # type: ignore[arg-type]  # fields of Perform, by name


def test_a_command_reaches_the_host_as_it_was_written() -> None:
    settings = Settings(
        environment={"A": "b"}, chdir="/srv", executable="bash -eu", become=True, become_user="app", timeout=30.0
    )
    job = actions.job(perform(Shell("echo $A\n"), settings=settings, stdin="in"), run="r1", job_id="j1")
    assert (job.id, job.script, job.executable, job.stdin) == ("j1", "echo $A\n", "bash -eu", b"in")
    assert (job.environment, job.chdir, job.timeout) == ({"A": "b"}, "/srv", 30.0)
    assert (job.become, job.become_user, job.read_only) == (True, "app", False)


def test_what_is_not_said_is_plain_sh_that_stops_at_errors() -> None:
    job = actions.job(perform(Shell("true")), run="r1", job_id="j1")
    assert (job.executable, job.stdin, job.become, job.become_user, job.timeout) == (
        "/bin/sh -e",
        None,
        False,
        "root",
        None,
    )


@pytest.mark.parametrize("part", ["only_if", "unless", "item"])
def test_a_question_needs_no_durable_record(part: str) -> None:
    asked = Perform(Key("web1", "1.1", part=part), on="web1", action=Shell("true"))
    assert actions.job(asked, run="r1", job_id="j").read_only is True


@pytest.mark.parametrize(
    ("how", "status"),
    [
        ("exited", Status.OK),
        ("timed out", Status.TIMED_OUT),
        ("cancelled", Status.CANCELLED),
        ("unreachable", Status.UNREACHABLE),
        ("unknown", Status.UNKNOWN),
        ("refused", Status.REFUSED),
    ],
)
def test_every_end_has_its_status(how: str, status: Status) -> None:
    end = JobEnd(how, 3, "why", 1.5)  # type: ignore[arg-type]  # the parameters are its own values
    said = actions.result(perform(Shell("x")), end, b"", b"")
    assert (said.status, said.rc, said.detail, said.duration, said.changed) == (status, 3, "why", 1.5, None)


def test_output_is_registered_only_where_it_was_asked_for() -> None:
    end = JobEnd("exited", 0)
    said = actions.result(perform(Shell("x"), register=True), end, b"out \xff\r\n\n", b"err\n")
    assert (said.stdout, said.stderr, said.truncated) == ("out \\xff", "err", False)
    unasked = actions.result(perform(Shell("x")), end, b"out\n", b"err\n")
    assert (unasked.stdout, unasked.stderr, unasked.tail) == ("", "", ("out", "err"))
    long = actions.result(perform(Shell("x"), register=True), end, b"x" * 1_000_001, b"")
    assert (len(long.stdout), long.truncated) == (1_000_000, True)


def run(here: Here, asked: Perform, root: Path | None = None) -> Result:
    job = actions.job(asked, run="r1", job_id="j", root=root or here.home)
    end, stdout, stderr = here.run(job)
    return actions.result(asked, end, stdout, stderr)


@pytest.mark.parametrize("name", HOSTILE)
def test_creates_and_removes_say_not_needed_for_any_name(here: Here, name: str) -> None:
    here.home.joinpath("in").mkdir()
    path = here.home / "in" / name
    asked = perform(Shell("touch ran"), creates=str(path), register=True)
    assert run(here, asked).changed is None
    (here.home / "ran").unlink()
    path.mkdir()
    skipped = run(here, asked)
    assert (skipped.status, skipped.changed, skipped.detail) == (Status.OK, False, f"{path} is there already")
    assert not (here.home / "ran").exists()
    removes = perform(Shell("touch ran"), removes=str(path))
    assert run(here, removes).changed is None
    path.rmdir()
    assert run(here, removes).detail == f"there is no {path}"
    # What the guard says begins as the program expects: nobody is shown it.
    _, said, _ = here.run(actions.job(removes, run=RUN, job_id="1"))
    assert said.startswith(actions.whisper(removes))
    assert not list(here.home.glob("pwned*"))


def test_creates_takes_a_pattern_and_a_dangling_link(here: Here) -> None:
    (here.home / "build 1.done").write_text("")
    (here.home / "dangling").symlink_to("nowhere")
    for creates in ("build *.done", "~/build [0-9].done", "dangling"):
        assert run(here, perform(Shell("exit 9"), creates=creates)).detail == f"{creates} is there already"
    assert run(here, perform(Shell("exit 9"), creates="build*.gone")).rc == 9


def test_a_guarded_command_keeps_its_interpreter_its_exit_code_and_its_input(here: Here) -> None:
    settings = Settings(executable="python3")
    text = "import sys; print(sys.stdin.read(), sys.argv[1:], sep='|'); sys.exit(7)"
    path = {"PATH": "/usr/bin:/bin"}
    asked = perform(Shell(text), creates="/gone", stdin="in", register=True, settings=settings)
    said = run(here.with_environment(**path), asked)
    assert (said.rc, said.stdout) == (7, "in|[]")


def test_a_command_cannot_pretend_that_it_was_not_needed(here: Here) -> None:
    asked = perform(Shell("echo 'not needed (0):'; echo '/gone is there already'"), creates="/gone", register=True)
    assert run(here, asked).changed is None


def test_a_guarded_command_that_fails_stops_at_its_first_error(here: Here) -> None:
    said = run(here, perform(Shell("false\ntouch went-on"), creates="/gone"))
    assert said.rc == 1
    assert not (here.home / "went-on").exists()


def test_the_end_by_a_signal_is_128_and_its_number(here: Here) -> None:
    assert run(here, perform(Shell("kill -9 $$"), creates="/gone")).rc == 137


def test_a_script_runs_by_its_first_line_with_its_arguments(here: Here, tmp_path: Path) -> None:
    (tmp_path / "x.py").write_text("#!/usr/bin/env python3\nimport sys\nprint(sys.argv[1:], sys.stdin.read())\n")
    asked = perform(Script("x.py", args=tuple(HOSTILE)), stdin="in", register=True)
    said = run(here.with_environment(PATH="/usr/bin:/bin"), asked, tmp_path)
    assert said.stdout == f"{HOSTILE} in"


def test_a_script_without_a_first_line_runs_by_the_steps_executable(here: Here, tmp_path: Path) -> None:
    (tmp_path / "x.sh").write_text('echo "${0##*/}" "$@"; exit 3\n')
    said = run(here, perform(Script("x.sh", args=("a b",)), register=True), tmp_path)
    assert (said.rc, said.stdout) == (3, "x.sh a b")


def test_a_script_leaves_nothing_behind(here: Here, tmp_path: Path) -> None:
    (tmp_path / "x.sh").write_text("kill -TERM $$\n")
    (tmp_path / "tmp").mkdir()
    run(here.with_environment(TMPDIR=str(tmp_path / "tmp")), perform(Script("x.sh")), tmp_path)
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_large_script_arrives_whole(here: Here, tmp_path: Path) -> None:
    (tmp_path / "x.sh").write_text("# filler\n" * 120_000 + "echo whole\n")
    assert run(here, perform(Script("x.sh"), register=True), tmp_path).stdout == "whole"


def test_what_is_no_script_is_refused_before_anything(tmp_path: Path) -> None:
    (tmp_path / "elf").write_bytes(b"\x7fELF\0")
    for name, reason in [("elf", "is not a script"), ("gone", "cannot be read: No such file")]:
        with pytest.raises(CannotStart, match=reason):
            actions.job(perform(Script(name)), run="r1", job_id="j", root=tmp_path)


def test_a_check_asks_the_guards_and_runs_nothing(here: Here) -> None:
    would = run(here, perform(Shell("touch ran"), dry=True))
    assert (would.status, would.changed, would.detail) == (Status.OK, True, "would run")
    skipped = run(here, perform(Shell("touch ran"), dry=True, creates="."))
    assert (skipped.changed, skipped.detail) == (False, ". is there already")
    assert not (here.home / "ran").exists()


def test_input_for_an_action_that_reads_none_is_refused() -> None:
    from executor.model.actions import Symlink  # noqa: PLC0415  # only this test needs another action

    with pytest.raises(CannotStart, match="stdin goes with shell and script alone"):
        actions.job(Perform(KEY, on="web1", action=Symlink("a", "b"), stdin="x"), run="r1", job_id="j")


def test_what_the_engine_does_itself_has_no_job() -> None:
    with pytest.raises(TypeError, match="Pause is not done by a job"):
        actions.job(Perform(KEY, on="web1", action=Pause(1.0)), run="r1", job_id="j")


def test_whose_output_is_needed() -> None:
    assert actions.keeps_output(perform(Shell("x"))) is False
    assert actions.keeps_output(perform(Shell("x"), creates="/x")) is True
    assert actions.keeps_output(perform(Shell("x"), register=True)) is True
    assert actions.speaks_to_us(perform(Shell("x"))) is False
