"""From jobs to the text that a lane's shell reads."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from executor.hosts import requests
from executor.hosts.protocol import Fence, Job
from executor.hosts.requests import BadJob


def test_a_durable_job() -> None:
    job = Job("2.1.action.1@web1", "echo 'x'", "bash -euo pipefail", {"A": "it's"}, "/srv/app", b"a\\\0", timeout=1.5)
    assert requests.durable(job, 7, 0) == (
        b"rb_job '2.1.action.1@web1' '7' '0' '15' "
        b"'export A='\\''it'\\''\\'\\'''\\''s'\\''\n"
        b"cd '\\''/srv/app'\\'' || rb_no\n"
        b"exec $rb_setsid '\\''bash'\\'' '\\''-euo'\\'' '\\''pipefail'\\'' \"$rb_dir/$rb_id.sh\" 5>&- 6>&-' "
        b"'echo '\\''x'\\''' 'itf1' 'a\\\\\\0000' '' '' '0' .\n"
    )


def test_a_plain_job() -> None:
    assert requests.plain(Job("p", "test -e x", read_only=True)) == (
        b"rb_plain 'p' '0' 'exec $rb_setsid '\\''/bin/sh'\\'' '\\''-e'\\'' -c '\\''test -e x'\\''' '' '-' '' '' '' .\n"
    )


def test_a_plain_job_of_another_language_finds_its_script_behind_a_descriptor() -> None:
    job = Job("p", "print(1)", "python3", durable=False, stdin=b"x")
    assert requests.plain(job) == (
        b"rb_plain 'p' '0' 'exec $rb_setsid '\\''python3'\\'' /dev/fd/5 5<&5' 'print(1)' 't' 'x' '' '' .\n"
    )


@pytest.mark.parametrize(
    ("job", "plain"),
    [
        (Job("a", "true", read_only=True), True),
        (Job("a", "true"), False),
        (Job("a", "true", read_only=True, stdin=b""), False),
        (Job("a", "true", read_only=True, executable="busybox sh -e"), True),
        # Other languages mean other things by -c, if anything.
        (Job("a", "true", read_only=True, executable="perl"), False),
        (Job("a", "true" * 10_000, read_only=True), False),
        (Job("a", "true" * 10_000, durable=False, executable="perl", stdin=b""), True),
    ],
)
def test_which_jobs_need_no_record(job: Job, plain: bool) -> None:
    assert requests.is_plain(job) is plain


def test_what_is_large_goes_ahead_as_a_file(tmp_path: Path) -> None:
    assert not requests.has_files(Job("a", "x" * 65_536, stdin=b"x" * 65_536))
    assert requests.has_files(Job("a", "x" * 65_537))
    assert requests.has_files(Job("a", "€" * 30_000))
    assert requests.has_files(Job("a", "", stdin=b"x" * 65_537))
    assert requests.has_files(Job("a", "", stdin=tmp_path / "file"))


@pytest.mark.parametrize(
    "job",
    [
        Job("a", "echo \0"),
        Job("a", "", chdir="/\0"),
        Job("a", "", environment={"A": "\0"}),
        Job("a", "", environment={"A-B": ""}),
        Job("a", "", environment={"A=B; rm": ""}),
        Job("a", "", executable=""),
        Job("a", "", executable="sh 'x"),
        Job("../a", ""),
        Job("a b", ""),
        Job(".a", ""),
        Job("", ""),
    ],
)
def test_what_cannot_be_said_is_refused(job: Job) -> None:
    with pytest.raises(BadJob):
        requests.check(job)


def test_the_program_is_shell_that_every_shell_can_read() -> None:
    program = requests.program()
    assert not [line for line in program.splitlines() if line.startswith((b"#", b"\t"))]
    subprocess.run(["/bin/sh", "-n"], input=program, check=True)
    assert len(program) < 16_384, "it is sent for every lane"


def test_a_job_that_is_sent_under_a_lock_names_its_file_and_the_word_in_it() -> None:
    job = Job("a", "true", fence=Fence("/home/it's me/7", "abc"))
    assert requests.durable(job, 0, 0).endswith(b" '/home/it'\\''s me/7' 'abc' '0' .\n")
    assert requests.plain(job).endswith(b" '/home/it'\\''s me/7' 'abc' .\n")


def test_the_host_keeps_a_little_more_than_the_limit() -> None:
    """So that whoever reads the file later sees that it was cut."""
    assert requests.durable(Job("a", "", output_limit=100_000_000), 0, 0).endswith(b" '100001' .\n")
    assert requests.durable(Job("a", "", output_limit=1), 0, 0).endswith(b" '1' .\n")
