"""What a job may rely on, under every shell that a host may have as /bin/sh."""

from __future__ import annotations

import hashlib
import re
import stat
import time
from pathlib import Path

import pytest

from tests.hosts.recording import Recording, job, run, start
from tests.hosts.shells import ShellHost, processes_with
from tests.waiting import until


def test_output_and_exit_code(here: ShellHost) -> None:
    ran = run(here, "echo out; echo err >&2; exit 3")
    assert (ran.stdout, ran.stderr, ran.end.how, ran.end.rc) == (b"out\n", b"err\n", "exited", 3)


def test_output_is_bytes_with_or_without_a_last_newline(here: ShellHost) -> None:
    ran = run(here, r"printf 'a\000b\377\r\n\033[31mc'; printf 'no newline' >&2")
    assert (ran.stdout, ran.stderr) == (b"a\x00b\xff\r\n\x1b[31mc", b"no newline")


def test_output_may_be_opened_by_name(here: ShellHost) -> None:
    """Also with a child that holds on to it."""
    ran = run(here, "echo one; echo two >/dev/stdout; echo a | tee /dev/stderr; echo b >/dev/stderr; sleep 9 & exit 3")
    assert (ran.stdout, ran.stderr, ran.end.rc) == (b"one\ntwo\na\n", b"a\nb\n", 3)
    assert not list(here.folder.glob("*.p?"))


def test_a_script_is_carried_out_letter_by_letter(here: ShellHost) -> None:
    """Quotes, backslashes, non-ASCII letters, dollar signs and percent signs mean what they mean to the job's shell."""
    ran = run(here, "x='it'\\''s'\nprintf '%s|' \"$x\" 'a\\nb' \"\\$y\" 'ü€😀' '%s'\necho \\\n  end")
    assert ran.stdout == "it's|a\\nb|$y|ü€😀|%s|end\n".encode()


def test_a_script_of_a_megabyte_runs_whole(here: ShellHost) -> None:
    ran = run(here, "true " + "x" * 1_000_000 + "\necho end")
    assert (ran.stdout, ran.end.rc) == (b"end\n", 0)


def test_environment_and_folder_are_the_jobs_alone(here: ShellHost, tmp_path: Path) -> None:
    (tmp_path / "it's a folder").mkdir()
    first = run(here, 'printf \'%s|%s\' "$A" "$PWD"; cd /; B=2', environment={"A": "x'y\n$z"}, chdir="it's a folder")
    assert first.stdout == f"x'y\n$z|{tmp_path}/it's a folder".encode()
    assert run(here, 'echo "$A$B"; pwd').stdout == f"\n{tmp_path}\n".encode()


def test_the_home_can_be_named_by_a_tilde(here: ShellHost, tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    assert run(here, "pwd", chdir="~/app").stdout == f"{tmp_path}/app\n".encode()


def test_a_missing_folder_refuses_the_job(here: ShellHost) -> None:
    ran = run(here, "echo ran", chdir="/does/not/exist")
    assert (ran.end.how, ran.end.rc, ran.stdout) == ("refused", None, b"")
    assert ran.end.detail == "cannot change to the directory /does/not/exist"


def test_exit_code_126_is_no_refusal(here: ShellHost) -> None:
    assert run(here, "exit 126").end.rc == 126


def test_the_executable_runs_the_script(here: ShellHost) -> None:
    assert run(here, "false; echo on", executable="/bin/sh").stdout == b"on\n"
    assert run(here, "false; echo on").end.rc == 1
    assert run(here, "print(6 * 7)", executable="env python3 -B").stdout == b"42\n"


def test_a_missing_executable_is_the_jobs_failure(here: ShellHost) -> None:
    assert run(here, "echo", executable="/no/such/shell -e").end.rc == 127


def test_without_an_input_there_is_nothing_to_read(here: ShellHost) -> None:
    assert run(here, "cat; echo end").stdout == b"end\n"


@pytest.mark.parametrize("data", [b"", b"a\\tb\\\\\n", bytes(range(256)) * 3, b"'\"$x`y`%s\n"])
def test_input_arrives_byte_for_byte(here: ShellHost, data: bytes) -> None:
    assert run(here, "cat", stdin=data).stdout == data


def test_large_input_arrives_byte_for_byte(here: ShellHost, tmp_path: Path) -> None:
    data = bytes(range(256)) * 20_000
    (tmp_path / "large").write_bytes(data)
    digest = hashlib.sha256(data).hexdigest().encode()
    assert run(here, "sha256sum", stdin=data).stdout.startswith(digest)
    assert run(here, "sha256sum", stdin=tmp_path / "large").stdout.startswith(digest)


def test_a_job_that_does_not_read_its_input_ends(here: ShellHost) -> None:
    assert run(here, "exit 4", stdin=b"x" * 60_000).end.rc == 4


def test_an_end_by_signal_is_128_and_its_number(here: ShellHost) -> None:
    ran = run(here, "kill -KILL $$")
    assert (ran.end.rc, ran.stderr) == (137, b"")


def test_signals_do_to_a_job_what_they_do_anywhere(here: ShellHost) -> None:
    for name, rc in (("HUP", 129), ("PIPE", 141), ("TERM", 143)):
        assert run(here, f"kill -{name} $$; echo survived").end.rc == rc


def test_background_children_do_not_hold_a_job(here: ShellHost) -> None:
    began = time.monotonic()
    assert run(here, "sleep 30 & echo started").stdout == b"started\n"
    assert time.monotonic() - began < 20


def test_output_cannot_forge_the_supervisors_words(here: ShellHost) -> None:
    """What an earlier lane's mark looked like, and the words themselves, are output like any other."""
    script = "printf '%%0123456789abcdef0123456789abcdef x job1 0 exited\\n%%'; exit 5"
    ran = run(here, script)
    assert ran.stdout.endswith(b" x job1 0 exited\n%")
    assert ran.end.rc == 5


def test_a_job_knows_neither_the_mark_nor_the_supervisor(here: ShellHost) -> None:
    ran = run(here, "env; set; cat /proc/$PPID/cmdline; tr '\\0' ' ' </proc/$PPID/environ; ls -l /proc/self/fd")
    assert b"rb_" not in ran.stdout
    # Its open files are its standard streams and what `ls` opens: nothing of the lane's pipes.
    assert not re.search(rb"run1/web1/[0-9a-f]{8}\.", ran.stdout)


def test_values_stand_in_no_argument_and_no_file(here: ShellHost) -> None:
    secret = "hunter2-in-no-file"  # noqa: S105  a canary, not a password
    pending = start(
        here,
        "echo ready; while ! [ -e go ]; do sleep 0.05; done; cat >/dev/null",
        environment={"P": secret},
        stdin=secret.encode(),
    )
    pending.wait_for(b"ready")
    arguments = [p.read_bytes() for p in Path("/proc").glob("[0-9]*/cmdline") if p.exists()]
    files = [path.read_bytes() for path in here.folder.iterdir() if path.is_file()]
    (here.home / "go").touch()
    assert pending.end.rc == 0
    assert not [text for text in (*arguments, *files) if secret.encode() in text]


def test_the_runs_folder_is_the_users_alone(here: ShellHost) -> None:
    run(here, "echo x")
    for folder in (here.home / ".runbook", here.folder):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in here.folder.iterdir() if path.is_file()} == {0o600}


def test_the_jobs_own_umask_is_the_logins(tmp_path: Path, shell: str) -> None:
    host = ShellHost(shell, tmp_path, before="umask 027; ")
    assert run(host, "umask").stdout.strip() in {b"0027", b"027"}
    host.close()


def test_a_timeout_ends_the_whole_group(here: ShellHost, tmp_path: Path) -> None:
    mark = f"GROUP={tmp_path}"
    ran = run(here, "sleep 60 & sleep 60; echo never", timeout=0.3, environment={"GROUP": str(tmp_path)})
    assert (ran.end.how, ran.end.rc, ran.stdout) == ("timed out", None, b"")
    assert ran.end.detail == "ended after its timeout of 0.3 s"
    until(lambda: not processes_with(mark))


def test_a_timeout_ends_also_what_ignores_being_asked(tmp_path: Path) -> None:
    """After five seconds of patience, which is why one shell must do here."""
    here = ShellHost("dash", tmp_path)
    ran = run(here, "trap '' TERM; while :; do sleep 0.1; done", timeout=0.2, environment={"DEAF": str(tmp_path)})
    assert ran.end.how == "timed out"
    until(lambda: not processes_with(f"DEAF={tmp_path}"))
    here.close()


def test_a_job_within_its_timeout_is_left_alone(here: ShellHost) -> None:
    assert run(here, "sleep 0.2; exit 6", timeout=5).end.rc == 6


def test_output_of_a_running_job_is_shown_while_it_runs(here: ShellHost) -> None:
    pending = start(here, "echo one; echo bad >&2; while ! [ -e go ]; do sleep 0.05; done; echo two")
    pending.wait_for(b"one\n")
    assert not pending.ends
    (here.home / "go").touch()
    assert (pending.end.rc, pending.stdout, pending.stderr) == (0, b"one\ntwo\n", b"bad\n")


def test_a_job_can_be_ended(here: ShellHost) -> None:
    sink = Recording()
    here.start(job("trap 'echo bye; exit 9' TERM; echo up; sleep 60 & wait", id="long"), sink)
    sink.wait_for(b"up")
    here.end("long")
    assert sink.end.how == "cancelled"
    assert sink.stdout == b"up\nbye\n"


def test_jobs_may_overlap(here: ShellHost) -> None:
    first = start(here, "while ! [ -e second ]; do sleep 0.05; done; echo first")
    assert run(here, "touch second; echo second").stdout == b"second\n"
    assert first.end.rc == 0
    assert first.stdout == b"first\n"


def test_one_job_started_twice_runs_once(here: ShellHost) -> None:
    sinks = [Recording(), Recording()]
    for sink in sinks:
        here.start(job("echo ran >>count; sleep 0.2; cat count", id="same"), sink)
    assert sinks[0].end.rc == 0
    here.start(job("echo ran >>count; cat count", id="same"), again := Recording())
    assert (again.end.rc, again.stdout) == (0, b"ran\n"), "it is attached to: its output and exit code come again"
    assert (here.home / "count").read_text() == "ran\n"


def test_a_claim_is_exclusive(here: ShellHost) -> None:
    """Of many supervisors that are asked to start one job at the same moment, one does."""
    others = [ShellHost(here.shell, here.home) for _ in range(5)]
    sinks = [(host, Recording()) for host in (here, *others)]
    for host, sink in sinks:
        host.start(job("echo ran >>count; sleep 0.3; echo done", id="raced"), sink)
    assert [sink.end.rc for _, sink in sinks] == [0] * 6
    assert {sink.stdout for _, sink in sinks} == {b"done\n"}
    assert (here.home / "count").read_text() == "ran\n"
    for host in others:
        host.close()


def test_a_lost_connection_ends_nothing_and_loses_nothing(here: ShellHost) -> None:
    """Attached to again, a job goes on where its output stood, and its exit code is found."""
    pending = start(here, "echo one; echo bad >&2; while ! [ -e go ]; do sleep 0.05; done; echo two; exit 7")
    pending.wait_for(b"one\n")
    here.cut()
    (here.home / "go").touch()
    assert (pending.end.how, pending.end.rc) == ("exited", 7)
    assert (pending.stdout, pending.stderr) == (b"one\ntwo\n", b"bad\n")


def test_a_job_that_ends_while_nobody_looks_is_found_ended(here: ShellHost, tmp_path: Path) -> None:
    pending = start(here, "echo one; while ! [ -e go ]; do sleep 0.05; done; echo two; exit 7")
    pending.wait_for(b"one\n")
    supervisor = ShellHost(here.shell, here.home)
    here.forget()
    assert pending.end.how == "unreachable"
    (tmp_path / "go").touch()
    until(lambda: (here.folder / f"{_id(here)}.rc").read_text().startswith("x 7"))
    again = Recording()
    supervisor.start(job("never run", id=_id(here)), again)
    assert (again.end.rc, again.stdout) == (7, b"one\ntwo\n")
    supervisor.close()


def test_a_job_whose_supervisor_was_killed_is_unknown_as_soon_as_it_has_ended(here: ShellHost) -> None:
    """While it runs nothing is said of it: what undoes it would run beside it."""
    pending = start(here, "echo up; kill -KILL $PPID; sleep 0.5; echo over; touch over")
    assert pending.end.how == "unknown"
    assert (here.home / "over").exists()
    assert pending.stdout == b"up\nover\n"


def test_a_job_whose_supervisor_was_killed_can_be_ended(here: ShellHost) -> None:
    pending = start(here, "echo up; kill -KILL $PPID; exec sleep 60", id="orphan")
    pending.wait_for(b"up\n")
    here.end("orphan")
    assert pending.end.how == "unknown"


def test_a_run_whose_folder_was_removed_says_so_and_goes_on(here: ShellHost) -> None:
    assert run(here, "rm -rf ~/.runbook").end.how == "exited"
    end = run(here, "echo two").end
    assert (end.how, end.detail.partition(",")[0]) == ("unknown", "the run's folder on the host is gone")
    assert run(here, "echo three").stdout == b"three\n"


def test_a_signal_to_the_supervisor_changes_nothing(here: ShellHost) -> None:
    ran = run(here, "kill -TERM $PPID; kill -HUP $PPID; sleep 0.1; exit 8")
    assert (ran.end.how, ran.end.rc) == ("exited", 8)
    assert run(here, "echo on").stdout == b"on\n"


def test_read_only_jobs_leave_nothing_behind(here: ShellHost) -> None:
    ran = run(here, "echo out; printf err >&2; exit 3", read_only=True)
    assert (ran.stdout, ran.stderr, ran.end.rc) == (b"out\n", b"err", 3)
    assert not (here.home / ".runbook").exists()


def test_read_only_jobs_have_timeouts_and_folders_too(here: ShellHost, tmp_path: Path) -> None:
    slow = run(here, "sleep 60 & sleep 60", read_only=True, timeout=0.3, environment={"SLOW": str(tmp_path)})
    assert slow.end.how == "timed out"
    until(lambda: not processes_with(f"SLOW={tmp_path}"))
    assert run(here, "pwd", read_only=True, chdir="/nope").end.how == "refused"
    assert run(here, "pwd", read_only=True, chdir="/").stdout == b"/\n"


def test_a_read_only_job_can_be_ended(here: ShellHost) -> None:
    sink = Recording()
    here.start(job("echo up; exec sleep 60", id="watch", read_only=True), sink)
    sink.wait_for(b"up")
    here.end("watch")
    assert sink.end.how == "cancelled"


def test_what_was_printed_before_the_supervisor_is_skipped(shell: str, tmp_path: Path) -> None:
    host = ShellHost(shell, tmp_path, before="echo 'Welcome!'; echo 'to this host' >&2; ")
    assert run(host, "echo x").stdout == b"x\n"
    host.close()


@pytest.mark.parametrize("cut", ["'touch ra", "'touch ran' 'i-f'", "'touch ran' 'i-f' '' '' ''"])
def test_a_request_that_is_cut_short_does_nothing(here: ShellHost, cut: str) -> None:
    run(here, "echo open the lane")
    here.wires[0].send(b"rb_job 'cut' '0' '0' '0' 'exec /bin/sh \"$rb_dir/$rb_id.sh\"' " + cut.encode())
    here.wires[0].close()
    here.wires[0].process.wait(30)
    assert not (here.home / "ran").exists()
    assert not (here.folder / "cut.rc").exists()


def _id(host: ShellHost) -> str:
    (record,) = host.folder.glob("*.rc")
    return record.name.removesuffix(".rc")
