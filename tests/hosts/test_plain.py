"""Steps without a record, as `durable: false` asks for: what they can do, and what nobody can tell of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from executor.hosts.protocol import Fence, bar
from tests.hosts.recording import Recording, job, run, start
from tests.hosts.shells import ShellHost, processes_with
from tests.waiting import until


def test_it_leaves_nothing_on_the_host(here: ShellHost) -> None:
    ran = run(here, "echo out; echo err >&2; exit 3", durable=False)
    assert (ran.stdout, ran.stderr, ran.end.how, ran.end.rc) == (b"out\n", b"err\n", "exited", 3)
    assert not (here.home / ".runbook").exists()


@pytest.mark.parametrize("data", [b"", b"a\\tb\\\\\n", bytes(range(256)) * 3, bytes(range(256)) * 4000])
def test_input_arrives_byte_for_byte(here: ShellHost, data: bytes) -> None:
    assert run(here, "cat", durable=False, stdin=data).stdout == data


def test_a_file_is_streamed_to_it(here: ShellHost, tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(bytes(range(256)) * 8_000)
    ran = run(here, "wc -c", durable=False, stdin=tmp_path / "large")
    assert ran.stdout.strip() == b"2048000"
    assert not (here.home / ".runbook").exists()


def test_what_it_does_not_read_is_not_taken_for_requests(here: ShellHost, tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(b"echo ran >ran\n" * 100_000)
    assert run(here, "read -r line; exit 4", durable=False, stdin=tmp_path / "large").end.rc == 4
    assert run(here, "echo next", durable=False).stdout == b"next\n"
    assert not (tmp_path / "ran").exists()


def test_other_languages_and_long_scripts_need_no_file_either(here: ShellHost) -> None:
    ran = run(here, "import sys; print(sys.stdin.read() * 2)", executable="python3 -B", stdin=b"ab", durable=False)
    assert ran.stdout == b"abab\n"
    long = "true " + "x" * 200_000 + "\nread -r word; echo $word; exit 6"
    ran = run(here, long, durable=False, stdin=b"it's read\n")
    assert (ran.stdout, ran.end.rc) == (b"it's read\n", 6)
    assert not list(here.home.iterdir())


def test_folder_environment_and_timeout(here: ShellHost, tmp_path: Path) -> None:
    ran = run(here, 'echo "$A $PWD"', durable=False, environment={"A": "it's"}, chdir="/")
    assert ran.stdout == b"it's /\n"
    slow = run(here, "sleep 60 & sleep 60", durable=False, timeout=0.3, environment={"SLOW": str(tmp_path)})
    assert slow.end.how == "timed out"
    until(lambda: not processes_with(f"SLOW={tmp_path}"))
    assert run(here, "true", durable=False, chdir="/nope").end.how == "refused"


def test_a_lost_connection_makes_it_unknown_and_never_runs_it_twice(here: ShellHost) -> None:
    sink = start(here, "echo ran >>count; while ! [ -e go ]; do sleep 0.05; done", durable=False, id="a")
    until((here.home / "count").exists)
    here.cut()
    assert sink.end.how == "unknown"
    assert sink.end.detail == (
        "the connection was lost while it ran: it ran without a record (durable: false), "
        "so the host cannot tell what came of it"
    )
    (here.home / "go").touch()
    assert run(here, "cat count", read_only=True).stdout == b"ran\n"


def test_nobody_can_tell_what_became_of_an_earlier_start(here: ShellHost) -> None:
    asked, again = Recording(), Recording()
    here.start(bar(job("echo ran >ran", id="a", durable=False)), asked)
    here.start(job("echo ran >ran", id="a", durable=False, again=True), again)
    assert (asked.end.how, again.end.how) == ("unknown", "unknown")
    assert not (here.home / "ran").exists()


def test_what_changes_nothing_is_simply_done_again(here: ShellHost) -> None:
    assert run(here, "echo x", read_only=True, durable=False, again=True).stdout == b"x\n"


@pytest.mark.parametrize("stdin", [None, b"x" * 100_000])
def test_under_a_broken_lock_it_does_not_start(here: ShellHost, tmp_path: Path, stdin: bytes | None) -> None:
    (tmp_path / "lock").write_text("mine\n")
    ours, theirs = (Fence(str(tmp_path / "lock"), word) for word in ("mine", "another"))
    ran = run(here, "cat >/dev/null; echo ran", durable=False, fence=ours, stdin=stdin)
    assert ran.stdout == b"ran\n"
    ran = run(here, "echo ran >ran", durable=False, fence=theirs, stdin=stdin)
    assert (ran.end.how, ran.end.fenced) == ("refused", True)
    assert not (tmp_path / "ran").exists()
    assert run(here, "echo on", durable=False, fence=ours).stdout == b"on\n"


def test_it_can_be_ended(here: ShellHost) -> None:
    sink = start(here, "echo up; exec sleep 60", durable=False, id="a")
    sink.wait_for(b"up")
    here.end("a")
    assert sink.end.how == "cancelled"
