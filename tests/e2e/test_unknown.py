"""Steps of which nobody can tell what came of them: their controller died, and their record on the host is gone."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.e2e.conftest import Project, new_project
from tests.e2e.terminals import answered
from tests.e2e.test_resume import wait_for
from tests.sshd import StartServer

WORK = "echo did >> ~/log; until test -e ~/go; do sleep 0.1; done; touch ~/done"
STEP = """
      - name: {name}
        when: host.name == '{host}'
        shell: "{work}"
        rollback: echo undid >> ~/log
        {word}
"""
WORDS = {
    "proved": "verify: {file: {path: ~/done}}",
    "disproved": "verify: {file: {path: ~/other}}",
    "there": "creates: ~/done",
    "needless": "unless: test -e ~/done",
    "needed": "only_if: test ! -e ~/other",
    "nothing": "timeout: 1h",
}
BOOK = (
    "name: Doubt\nstages:\n  - name: All\n    hosts: all\n    serial: 100%\n    max_failures: 100%\n    steps:\n"
    + "".join(STEP.format(name=f"The {host}", host=host, work=WORK, word=word) for host, word in WORDS.items())
    + "      - {name: Last, shell: echo last >> ~/log, rollback: none}\n"
)


SAID = (  # and what comes of it; the first one in every suite
    ("it did not run", 0, ["did", "did", "last"]),
    ("it ran", 0, ["did", "last"]),
    ("failed", 2, ["did", "undid"]),
)


def lose(project: Project, hosts: list[str]) -> None:
    """Kill the controller while their steps run, let those end, and remove every record of them."""
    process = project.start("run", "doubt", "-i", "prod")
    wait_for(lambda: all("did" in project.log(host) for host in hosts))
    process.send_signal(signal.SIGKILL)
    process.communicate()
    homes = [project.servers[host].home for host in hosts]
    for home in homes:
        (home / "go").touch()
    wait_for(lambda: all((home / "done").exists() for home in homes))
    for home in homes:
        (home / ".runbook").rename(home / "lost")


def test_proof_guards_and_nothing_else_decide_and_without_any_it_has_failed_and_is_undone(
    tmp_path: Path, sshd: StartServer
) -> None:
    """By `verify`; else by the guards: where they say it is still needed it runs again; else it is undone."""
    project = new_project(tmp_path, {host: sshd() for host in WORDS})
    project.write("runbooks/doubt.yml", BOOK)
    lose(project, list(WORDS))
    ran = project.runbook("resume")
    assert ran.code == 7, ran
    assert {host: project.log(host) for host in WORDS} == {
        "proved": ["did", "last"],
        "disproved": ["did", "undid"],
        "there": ["did", "last"],
        "needless": ["did", "last"],
        "needed": ["did", "did", "last"],
        "nothing": ["did", "undid"],
    }
    assert "unknown what came of it" in ran.out


def test_what_changes_nothing_is_done_again(tmp_path: Path, sshd: StartServer) -> None:
    project = new_project(tmp_path, {"web1": sshd()})
    step = STEP.format(name="Look", host="web1", work=WORK, word="read_only: true")
    project.write("runbooks/doubt.yml", BOOK.partition("      - name")[0] + step.replace("rollback:", "# rollback:"))
    lose(project, ["web1"])
    ran = project.runbook("resume")
    assert ran.code == 0, ran
    assert project.log("web1") == ["did", "did"]


@pytest.mark.parametrize(("answer", "code", "log"), SAID if os.environ.get("RUNBOOK_FAULTS") else SAID[:1])
def test_at_a_terminal_the_operator_says_what_is_true(
    tmp_path: Path, sshd: StartServer, answer: str, code: int, log: list[str]
) -> None:
    project = new_project(tmp_path, {"nothing": sshd()})
    project.write("runbooks/doubt.yml", BOOK)
    lose(project, ["nothing"])
    ran = answered(project, "resume", "--on-failure", "rollback", answers=(("What is true?", answer),))
    assert ran.code == code, ran
    assert project.log("nothing") == log
