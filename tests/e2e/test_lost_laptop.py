"""The machine that ran a run is lost, with all that it kept: another one takes the run over from its hosts."""

from __future__ import annotations

import shutil
import signal
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from tests.e2e.conftest import Project
from tests.waiting import until

DEPLOY = """
name: Deploy
stages:
  - name: Roll out
    hosts: web[0:2]
    steps:
      - name: One
        shell: echo one >> ~/log
        rollback: echo undo one >> ~/log
      - name: Two
        shell: |
          echo two >> ~/log
          if test "{{ host.name }}" = web3; then while ! test -e ~/go; do sleep 0.1; done; fi
          echo two ended >> ~/log
        rollback: echo undo two >> ~/log
      - name: Three
        shell: echo three >> ~/log
        rollback: echo undo three >> ~/log
"""
WHOLE = ["one", "two", "two ended", "three"]


def begun(project: Project, text: str = DEPLOY, host: str = "web3") -> subprocess.Popen[str]:
    """A run that is in the middle of its third host, or another one, of which the hosts know."""
    project.write("runbooks/deploy.yml", text.replace("= web3", f"= {host}"))
    running = project.start("run", "deploy", "-i", "prod")
    until(lambda: project.log(host)[-1:] == ["two"])
    until(lambda: any(_knows(copy, host) for copy in copies(project)))
    return running


def _knows(copy: Path, host: str) -> bool:
    last = copy.read_text().splitlines()[-1]
    return copy.parent.name == "web1" and '"name":"Two"' in last and host in last


def lost(project: Project, running: subprocess.Popen[str]) -> str:
    """The laptop is gone. Returns the run's id."""
    running.send_signal(signal.SIGKILL)
    running.communicate()
    (run,) = (path.name for path in (project.folder / "state" / "runs").iterdir())
    shutil.rmtree(project.folder / "state")
    return run


def another(project: Project, name: str) -> Project:
    """The same project on a machine with a state of its own."""
    return replace(project, environment={**project.environment, "RUNBOOK_STATE": str(project.folder / name)})


def test_a_run_is_taken_over_and_undone_exactly(project: Project) -> None:
    run = lost(project, begun(project))
    other = another(project, "state2")
    fetched = other.runbook("fetch", run[-4:], "-i", "prod", "--take-over")
    assert fetched.code == 0, fetched
    assert f"run {run} is here now" in fetched.out
    (project.servers["web3"].home / "go").touch()  # what still runs is waited for
    undone = other.runbook("rollback", run, "-y")
    assert undone.code == 0, undone
    back = ["undo three", "undo two", "undo one"]
    assert [project.log(f"web{n}") for n in (1, 2)] == [WHOLE + back] * 2
    assert project.log("web3") == ["one", "two", "two ended", "undo two", "undo one"]
    assert project.log("web4") == []


def test_a_run_is_taken_over_and_carried_on(project: Project) -> None:
    run = lost(project, begun(project))
    other = another(project, "state2")
    assert other.runbook("fetch", run, "-i", "prod", "--take-over").code == 0
    (project.servers["web3"].home / "go").touch()
    carried = other.runbook("resume", run, "-y")
    assert carried.code == 0, carried
    assert [project.log(f"web{n}") for n in (1, 2, 3)] == [WHOLE] * 3


QUICK = """
name: Quick
stages:
  - name: Roll out
    hosts: web[0:2]
    traffic: {drain: echo drain >> ~/log, restore: echo restore >> ~/log}
    steps:
      - name: One
        shell: echo one >> ~/log; echo value
        register: one
        rollback: echo undo {{ one.stdout | replace('value', 'one') }} >> ~/log
      - name: Guarded
        unless: test -e ~/guarded
        shell: touch ~/guarded; echo guarded >> ~/log
        rollback: rm ~/guarded; echo undo guarded >> ~/log
      - name: Loop
        shell: echo {{ item }} >> ~/log
        loop: [a, b]
        verify: {shell: "true"}
        rollback: echo undo {{ item }} >> ~/log
"""
ALL = ["one", "guarded", "a", "b"]


def killed_after(project: Project, lines: int) -> str:
    """A run whose machine is lost, with all that it kept, when its hosts have written so much. Its id."""
    project.write("runbooks/quick.yml", QUICK)
    running = project.start("run", "quick", "-i", "prod")
    until(lambda: sum(len(project.log(f"web{n}")) for n in (1, 2, 3)) >= lines)
    return lost(project, running)


@pytest.mark.parametrize("lines", [1, 10])
def test_whenever_it_was_lost_all_that_ran_is_undone(project: Project, lines: int) -> None:
    """Also what was begun after the last copy was made, of which the journal that is fetched knows nothing."""
    run = killed_after(project, lines)
    other = another(project, "state2")
    fetched = other.runbook("fetch", run, "-i", "prod", "--take-over")
    assert fetched.code == 0, fetched
    undone = other.runbook("rollback", run, "-y")
    assert undone.code == 0, undone
    for name in ("web1", "web2", "web3"):
        log = project.log(name)
        traffic = [line for line in log if line in ("drain", "restore")]
        assert traffic == ["drain", "restore"] * (len(traffic) // 2), log
        ran = [line for line in log if line in ALL]
        assert ran == ALL[: len(ran)], log
        assert [line for line in log if line.startswith("undo")] == [f"undo {line}" for line in reversed(ran)], log
        assert not (project.servers[name].home / "guarded").exists()


def test_what_was_begun_after_the_last_copy_is_not_run_again(project: Project) -> None:
    run = killed_after(project, 9)
    other = another(project, "state2")
    assert other.runbook("fetch", run, "-i", "prod", "--take-over").code == 0
    carried = other.runbook("resume", run)
    assert carried.code == 0, carried
    assert [project.log(f"web{n}") for n in (1, 2, 3)] == [["drain", *ALL, "restore"]] * 3


def test_of_two_that_take_a_run_over_one_can_go_on(project: Project) -> None:
    run = killed_after(project, 3)
    machines = [another(project, f"state{n}") for n in (2, 3)]
    fetching = [machine.start("fetch", run, "-i", "prod", "--take-over") for machine in machines]
    said = [one.communicate(timeout=60)[0] for one in fetching]
    assert 0 in [one.returncode for one in fetching], said
    undone = [machine.runbook("rollback", run, "-y") for machine in machines]
    assert sorted(one.code == 0 for one in undone) == [False, True], (said, undone)
    (refused,) = (one for one in undone if one.code != 0)
    assert refused.code in (3, 11), refused  # the run is not known there, or was taken from there
    assert [line for line in project.log("web1") if line.startswith("undo")].count("undo one") == 1


def test_a_run_that_was_taken_from_a_machine_can_be_taken_back(project: Project) -> None:
    run = killed_after(project, 3)
    first, second = another(project, "state2"), another(project, "state3")
    for machine in (first, second):
        assert machine.runbook("fetch", run, "-i", "prod", "--take-over").code == 0
    refused = first.runbook("rollback", run, "-y")
    assert (refused.code, "--take-over" in refused.err) == (11, True), refused
    assert first.runbook("fetch", run, "-i", "prod").code == 0
    undone = first.runbook("rollback", run, "-y")
    assert undone.code == 0, undone


def test_who_has_lost_a_run_disturbs_nobody_by_carrying_it_on(project: Project) -> None:
    """The laptop that was given up wakes up while another machine carries the run on, and again when that is done."""
    running = begun(project)
    running.send_signal(signal.SIGKILL)
    running.communicate()
    run = next(iter((project.folder / "state" / "runs").iterdir())).name
    other = another(project, "state2")
    assert other.runbook("fetch", run, "-i", "prod", "--take-over").code == 0
    carrying = other.start("resume", run, "-y")
    until(
        lambda: (
            "stopped" not in (said := other.runbook("lock", "status", "-i", "prod", "-l", "web3").out) and run in said
        )
    )
    for command in (["resume", run], ["rollback", run, "-y"]):
        late = project.runbook(*command)
        assert (late.code, "taken over" in late.err) == (11, True), late
    (project.servers["web3"].home / "go").touch()
    out, _ = carrying.communicate(timeout=60)
    assert carrying.returncode == 0, out
    assert project.runbook("resume", run).code == 11
    assert run not in other.runbook("lock", "status", "-i", "prod").out
    assert [project.log(f"web{n}") for n in (1, 2, 3)] == [WHOLE] * 3


SENDING = DEPLOY.replace(
    "shell: echo three >> ~/log", "copy: {src: files/app.conf, dest: app.conf}\n        apply: echo three >> ~/log"
)


def test_what_had_not_begun_when_it_was_lost_is_not_begun_to_be_undone(project: Project) -> None:
    """The journal comes to the next host's first step; on that host nothing of it was ever heard."""
    running = begun(project, host="web2")
    run = lost(project, running)
    (project.servers["web2"].home / "go").touch()
    until(lambda: project.log("web2")[-1:] == ["two ended"])
    other = another(project, "state2")
    assert other.runbook("fetch", run, "-i", "prod", "--take-over").code == 0
    undone = other.runbook("rollback", run, "-y")
    assert undone.code == 0, undone
    assert project.log("web2") == ["one", "two", "two ended", "undo two", "undo one"]
    assert project.log("web3") == []


def test_it_goes_on_in_a_checkout_at_another_place_which_needs_only_what_is_sent(project: Project) -> None:
    project.write("files/app.conf", "as it was\n")
    run = lost(project, begun(project, SENDING))
    checkout = project.folder.parent / "elsewhere"
    project.folder.rename(checkout)
    other = replace(project, folder=checkout, environment={"RUNBOOK_STATE": str(checkout / "state2")})
    (checkout / "runbooks/deploy.yml").unlink()
    other.write("files/app.conf", "as it is\n")
    assert other.runbook("fetch", run, "-i", "prod", "--take-over").code == 0
    refused = other.runbook("resume", run)
    assert (refused.code, "files/app.conf (changed)" in refused.err) == (11, True), refused
    other.write("files/app.conf", "as it was\n")
    (project.servers["web3"].home / "go").touch()
    carried = other.runbook("resume", run)
    assert carried.code == 0, carried
    for name in ("web1", "web2", "web3"):
        assert (project.servers[name].home / "app.conf").read_text() == "as it was\n"
        assert project.log(name) == WHOLE


def test_who_has_lost_a_run_to_another_machine_stops(project: Project) -> None:
    long = "while ! test -e ~/never; do sleep 0.1; done"
    running = begun(project, DEPLOY.replace("shell: echo three >> ~/log", f"shell: if test -e ~/go; then {long}; fi"))
    run = next(iter((project.folder / "state" / "runs").iterdir())).name
    other = another(project, "state2")
    taken = other.runbook("fetch", run, "-i", "prod", "--take-over")
    assert taken.code == 0, taken
    (project.servers["web3"].home / "go").touch()
    out, _ = running.communicate(timeout=60)
    assert running.returncode == 6, out
    assert "taken over" in out
    late = project.runbook("resume", run, "-y")
    assert late.code == 11, late
    assert "taken over" in late.err
    assert project.log("web3") == ["one", "two", "two ended"]


def test_what_nobody_has_or_is_kept_here_is_not_fetched(project: Project) -> None:
    project.write("runbooks/deploy.yml", DEPLOY.replace('"{{ host.name }}" = web3', "a = b"))
    assert project.runbook("run", "deploy", "-i", "prod").code == 0
    unknown = project.runbook("fetch", "nosuchrun", "-i", "prod")
    assert unknown.code == 3, unknown
    run = next(iter((project.folder / "state" / "runs").iterdir())).name
    again = project.runbook("fetch", run, "-i", "prod")
    assert again.code == 11, again
    assert "kept here already" in again.err


def copies(project: Project) -> list[Path]:
    return [path for server in project.servers.values() for path in server.home.glob(".runbook/runs/*/*/journal.jsonl")]


def test_the_copies_are_what_the_controller_has(project: Project) -> None:
    project.write("runbooks/deploy.yml", DEPLOY.replace('"{{ host.name }}" = web3', "a = b"))
    assert project.runbook("run", "deploy", "-i", "prod").code == 0
    (folder,) = (project.folder / "state" / "runs").iterdir()
    found = copies(project)
    assert len(found) == 3
    assert {path.read_bytes() for path in found} == {(folder / "journal.jsonl").read_bytes()}
    assert {(path.parent / "plan.json").read_bytes() for path in found} == {(folder / "plan.json").read_bytes()}
    assert {path.stat().st_mode & 0o777 for path in found} == {0o600}


def test_what_changes_nothing_leaves_no_copy(project: Project) -> None:
    assert project.runbook("exec", "true", "-i", "prod", "-l", "web1", "--read-only").code == 0
    assert not copies(project)
