"""A job that an earlier program has started is left in peace by the one that carries its run on."""

from __future__ import annotations

from tests.hosts.recording import Recording, job
from tests.hosts.shells import ShellHost

LARGE = 200_000  # bytes: more than a request carries itself


def test_an_input_that_is_sent_again_does_not_touch_what_the_running_job_reads(here: ShellHost) -> None:
    script = "read -r first; echo up; while ! [ -e go ]; do sleep 0.05; done; tr -d a | wc -c"
    first, second = Recording(), Recording()
    here.start(job(script, id="a", stdin=b"line\n" + b"a" * LARGE), first)
    first.wait_for(b"up")
    other = ShellHost(here.shell, here.home)
    other.start(job(script, id="a", stdin=b"line\n" + b"b" * LARGE, again=True), second)
    second.wait_for(b"up")
    (here.home / "go").touch()
    assert first.end.rc == second.end.rc == 0
    assert first.stdout.split() == second.stdout.split() == [b"up", b"0"]
    other.close()


def test_a_large_script_that_is_sent_again_does_not_change_under_the_shell_that_reads_it(here: ShellHost) -> None:
    def text(word: str) -> str:
        return "echo up; while ! [ -e go ]; do sleep 0.05; done\n" + "#\n" * LARGE + f"echo {word}\n"

    first, second = Recording(), Recording()
    here.start(job(text("one"), id="a"), first)
    first.wait_for(b"up")
    other = ShellHost(here.shell, here.home)
    other.start(job(text("two"), id="a", again=True), second)
    second.wait_for(b"up")
    (here.home / "go").touch()
    assert first.end.rc == second.end.rc == 0
    assert first.stdout.split() == second.stdout.split() == [b"up", b"one"]
    other.close()
