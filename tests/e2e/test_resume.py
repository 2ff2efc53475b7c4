"""Runs that are stopped, killed or edited, and carried on by the real program on real hosts."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable
from pathlib import Path

from executor.journal.lines import GENESIS, chain
from tests.e2e.conftest import Project

SLOW = """
name: Deploy
stages:
  - name: Roll out
    hosts: web[0:1]
    serial: 2
    steps:
      - name: One
        shell: echo one >> ~/log
        rollback: echo undo one >> ~/log
      - name: Slow
        shell: echo slow >> ~/log; echo begun; until test -e ~/go; do sleep 0.1; done; echo over
        register: slow
        rollback: echo undo slow >> ~/log
      - name: Three
        shell: echo {{ slow.stdout | replace('\\n', ' ') }} >> ~/log
        rollback: echo undo three >> ~/log
"""
DONE = ["one", "slow", "begun over"]


def begin(project: Project) -> None:
    """Start a run and kill its program while the slow step runs."""
    process = project.start("run", "deploy", "-i", "prod")
    wait_for(lambda: all("slow" in project.log(host) for host in ("web1", "web2")))
    process.send_signal(signal.SIGKILL)
    process.communicate()


def wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(300):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("it never came so far")


def let_go(project: Project) -> None:
    for host in ("web1", "web2"):
        (project.servers[host].home / "go").touch()


def run_of(project: Project) -> Path:
    return max((project.folder / "state" / "runs").iterdir())


def test_a_step_that_was_running_when_the_program_died_is_attached_to_with_all_that_it_printed(
    project: Project,
) -> None:
    project.write("runbooks/deploy.yml", SLOW)
    begin(project)
    let_go(project)
    ran = project.runbook("resume")
    assert ran.code == 0, ran
    assert [project.log(host) for host in ("web1", "web2")] == [DONE, DONE]
    output = next((run_of(project) / "output" / "web1").glob("1.2.action*"))
    assert output.read_text() == "begun\nover\n"
    assert "CARRIED ON" in ran.err
    assert "taken up again: Slow" in ran.err


def test_stopped_by_a_signal_it_says_what_to_type_and_goes_on(project: Project) -> None:
    project.write("runbooks/deploy.yml", SLOW)
    process = project.start("run", "deploy", "-i", "prod")
    wait_for(lambda: "slow" in project.log("web1") and "slow" in project.log("web2"))
    process.terminate()
    out, _ = process.communicate()
    assert process.returncode == 130, out
    run = run_of(project).name
    assert f"runbook resume {run}" in out
    assert f"runbook rollback {run}" in out
    let_go(project)
    assert project.runbook("resume", run).code == 0
    assert [project.log(host) for host in ("web1", "web2")] == [DONE, DONE]


def test_a_run_that_died_can_be_undone_instead(project: Project) -> None:
    project.write("runbooks/deploy.yml", SLOW)
    begin(project)
    let_go(project)
    ran = project.runbook("rollback", "last", "-y")
    assert ran.code == 0, ran
    for host in ("web1", "web2"):
        assert project.log(host) == ["one", "slow", "undo slow", "undo one"]


def test_a_run_that_goes_on_is_refused_to_others_who_are_told_whose_it_is(project: Project) -> None:
    project.write("runbooks/deploy.yml", SLOW)
    process = project.start("run", "deploy", "-i", "prod")
    wait_for(lambda: "slow" in project.log("web1") and "slow" in project.log("web2"))
    refused = project.runbook("resume", "last")
    assert refused.code == 11, refused
    assert f"process {process.pid}" in refused.err
    status = project.runbook("status")
    assert f"running: process {process.pid}" in status.out
    let_go(project)
    process.communicate()
    assert process.returncode == 0


def test_of_two_that_carry_a_run_on_one_wins(project: Project) -> None:
    project.write("runbooks/deploy.yml", SLOW)
    begin(project)
    both = [project.start("resume", "last") for _ in range(2)]
    wait_for(lambda: any(process.poll() is not None for process in both))
    let_go(project)
    for process in both:
        process.communicate()
    assert sorted(process.returncode for process in both) == [0, 11]
    assert [project.log(host) for host in ("web1", "web2")] == [DONE, DONE]


def test_an_edited_runbook_is_noticed_and_refused_with_the_list(project: Project) -> None:
    file = project.write("runbooks/deploy.yml", SLOW)
    begin(project)
    let_go(project)
    before = file.read_text()
    file.write_text(before + "# another word\n")
    (project.folder / "inventories" / "prod.yml").touch()
    refused = project.runbook("resume")
    assert refused.code == 11, refused
    assert "runbooks/deploy.yml (changed)" in refused.err
    assert "prod.yml" not in refused.err
    file.write_text(before)
    assert project.runbook("resume").code == 0


def test_a_failure_that_stopped_the_run_is_tried_again(project: Project) -> None:
    project.write(
        "runbooks/deploy.yml",
        """
        name: Deploy
        stages:
          - name: Roll out
            hosts: web[0:1]
            on_failure: stop
            steps:
              - {name: One, shell: echo one >> ~/log}
              - {name: Two, shell: test -e ~/cure && echo two >> ~/log}
        """,
    )
    ran = project.runbook("run", "deploy", "-i", "prod")
    assert ran.code == 6, ran
    assert project.runbook("resume").code == 6
    for host in ("web1", "web2"):
        (project.servers[host].home / "cure").touch()
    assert project.runbook("resume").code == 0
    assert [project.log(host) for host in ("web1", "web2")] == [["one", "two"]] * 2


def test_what_cannot_be_carried_on_is_told(project: Project) -> None:
    """Nothing unfinished, an unknown run, a finished one, a damaged journal, one of a newer program, one of nothing."""
    project.write("runbooks/deploy.yml", SLOW)
    nothing = project.runbook("resume")
    assert (nothing.code, "no run is unfinished" in nothing.err) == (3, True)
    unknown = project.runbook("resume", "20200101-000000-abcd")
    assert (unknown.code, "is known here" in unknown.err) == (3, True)
    let_go(project)
    assert project.runbook("run", "deploy", "-i", "prod").code == 0
    finished = project.runbook("resume", "last")
    assert (finished.code, "is finished: done" in finished.err) == (11, True), finished
    journal = run_of(project) / "journal.jsonl"
    whole = journal.read_bytes()
    journal.write_bytes(whole.replace(b"web1", b"web9", 1))
    damaged = project.runbook("resume", "last")
    assert (damaged.code, "journal is damaged" in damaged.err) == (3, True), damaged
    status = project.runbook("status")
    assert (status.code, "its record cannot be read: the journal is damaged" in status.out) == (0, True), status
    listed = project.runbook("show")
    assert (listed.code, "cannot be read: the journal is damaged" in listed.err) == (0, True), listed
    undone = project.runbook("rollback", "deploy", "-y")
    assert "not looked at: run" in undone.err, undone
    record = json.loads(whole.splitlines()[0])
    record["event"]["version"] = 99
    journal.write_bytes(_chained(record))
    newer = project.runbook("resume", "last")
    assert (newer.code, "newer version" in newer.err) == (3, True), newer
    journal.write_bytes(b"")
    empty = project.runbook("resume", "last")
    assert (empty.code, "never began" in empty.err) == (3, True), empty


def _chained(record: dict[str, object]) -> bytes:
    del record["chain"]
    body = json.dumps(record, separators=(",", ":"))
    return f'{{"chain":"{chain(GENESIS, body)}",{body[1:]}\n'.encode()


def test_a_folder_that_is_gone_from_the_host_is_unknown_and_never_a_second_run(project: Project) -> None:
    """Nobody can tell whether the step ran: without a person or a proof it has failed, and is undone."""
    project.write("runbooks/deploy.yml", SLOW)
    begin(project)
    let_go(project)
    wait_for(lambda: not _running(project))
    for host in ("web1", "web2"):
        (project.servers[host].home / ".runbook").rename(project.servers[host].home / "gone")
    ran = project.runbook("resume")
    assert ran.code == 2, ran
    assert "unknown what came of it" in ran.out
    for host in ("web1", "web2"):
        assert project.log(host) == ["one", "slow", "undo slow", "undo one"]


def _running(project: Project) -> bool:
    records = project.servers["web1"].home.glob(".runbook/runs/*/*/1.2.action*.rc")
    return not all(record.read_text().startswith("x") for record in records)
