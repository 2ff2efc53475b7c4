"""What a job prints beyond its limit is dropped, on the host and here, and the job does not notice."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.hosts.recording import run, start
from tests.hosts.shells import ShellHost
from tests.waiting import until

LIMIT = 200_000
LINE = "x" * 91
PRINTS = f"i=0\nwhile [ $i -lt 3000 ]; do i=$((i + 1)); echo $i {LINE}; done\n"
WHOLE = b"".join(f"{number} {LINE}\n".encode() for number in range(1, 3001))


def test_the_beginning_is_kept_and_the_job_ends_as_it_would(here: ShellHost) -> None:
    ran = run(here, PRINTS + "echo last >ran; echo err >&2; exit 7", output_limit=LIMIT, id="a")
    assert (ran.end.how, ran.end.rc, ran.end.cut) == ("exited", 7, True)
    assert (ran.stdout, ran.stderr) == (WHOLE[:LIMIT], b"err\n")
    assert (here.home / "ran").exists()
    assert (here.folder / "a.out").stat().st_size == LIMIT + 1000


def test_each_stream_has_the_limit_for_itself(here: ShellHost) -> None:
    ran = run(here, f"{{\n{PRINTS}}} >&2; echo out", output_limit=LIMIT)
    assert (ran.stdout, ran.stderr, ran.end.cut) == (b"out\n", WHOLE[:LIMIT], True)


def test_within_the_limit_all_is_kept(here: ShellHost) -> None:
    """To the last byte."""
    ran = run(here, f"printf '%{LIMIT}d' 1", output_limit=LIMIT)
    assert (len(ran.stdout), ran.end.cut) == (LIMIT, False)
    ran = run(here, f"printf '%{LIMIT + 1}d' 1", output_limit=LIMIT)
    assert (len(ran.stdout), ran.end.cut) == (LIMIT, True)


def test_the_hosts_disk_is_kept_while_it_runs(here: ShellHost) -> None:
    """And what comes after the cut is not taken for what was cut off."""
    script = f"{PRINTS}while ! [ -e go ]; do echo junk; sleep 0.01; done; echo junk; exit 2"
    sink = start(here, script, output_limit=LIMIT, id="a")
    until(lambda: (here.folder / "a.out.cut").exists() and (here.folder / "a.out").stat().st_size < LIMIT + 20_000)
    (here.home / "go").touch()
    assert (sink.end.rc, sink.end.cut, sink.stdout) == (2, True, WHOLE[:LIMIT])


def test_output_that_is_opened_by_name_is_limited_too(here: ShellHost) -> None:
    ran = run(here, PRINTS + "echo x >/dev/stderr; exit 3", output_limit=LIMIT, id="a")
    assert (ran.stdout, ran.stderr, ran.end.rc, ran.end.cut) == (WHOLE[:LIMIT], b"x\n", 3, True)
    assert (here.folder / "a.out").stat().st_size == LIMIT + 1000


def test_attached_to_later_it_is_known_to_have_been_cut(here: ShellHost) -> None:
    assert run(here, PRINTS, output_limit=LIMIT, id="a").end.cut
    here.cut()
    again = run(here, "echo never", output_limit=LIMIT, id="a", again=True)
    assert (again.stdout, again.end.cut) == (WHOLE[:LIMIT], True)


@pytest.mark.parametrize("settings", [{"read_only": True}, {"durable": False}])
def test_without_a_record_it_is_limited_here(here: ShellHost, settings: dict[str, bool]) -> None:
    ran = run(here, PRINTS + "exit 5", output_limit=LIMIT, **settings)
    assert (ran.stdout, ran.end.rc, ran.end.cut) == (WHOLE[:LIMIT], 5, True)


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
def test_the_limit_costs_a_step_no_process(tmp_path: Path) -> None:
    """What is started for a step is the step, and the naps of the lane's timer."""
    trace = tmp_path / "trace"
    host = ShellHost("dash", tmp_path, under=f"strace -f -qq -e trace=execve -o {trace} ")
    assert run(host, "exit 0", output_limit=LIMIT).end.rc == 0
    host.close()
    started = re.findall(r'execve\("[^"]*/([\w-]+)".* = 0$', trace.read_text(), re.MULTILINE)
    assert set(started) - {"sleep"} == {"dash", "mkdir", "chmod", "mkfifo", "setsid", "sh"}
