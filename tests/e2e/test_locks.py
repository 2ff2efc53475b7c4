"""Two operators never work on one machine at once: runs and their locks on real OpenSSH servers."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from tests.e2e.conftest import Project, Ran
from tests.e2e.racing import race

HOLD = """
name: Hold
stages:
  - name: Roll out
    hosts: {hosts}
    serial: 100%
    steps:
      - name: One
        shell: echo "{tag} one" >> ~/log
        rollback: echo "{tag} undo one" >> ~/log
      - name: Wait
        shell: echo "{tag} wait" >> ~/log; until [ -e {gate} ]; do sleep 0.05; done
        rollback: none
      - name: Two
        shell: echo "{tag} two" >> ~/log
        rollback: echo "{tag} undo two" >> ~/log
"""
WHOLE = ["a one", "a wait", "a two"]


def hold(project: Project, name: str = "hold", *, hosts: str = "web1:web2", tag: str = "a") -> Path:
    """A runbook that waits in its middle until the file that is returned exists."""
    gate = project.folder / f"go-{name}"
    project.write(f"runbooks/{name}.yml", HOLD.format(hosts=hosts, tag=tag, gate=gate))
    return gate


def until(project: Project, host: str, line: str, process: subprocess.Popen[str]) -> None:
    while line not in project.log(host):
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.02)


def begun(
    project: Project, name: str = "hold", *, hosts: str = "web1:web2", tag: str = "a"
) -> tuple[subprocess.Popen[str], Path]:
    """A run that stands in its middle, and the file that lets it go on."""
    gate = hold(project, name, hosts=hosts, tag=tag)
    running = project.start("run", name, "-i", "prod")
    for host in hosts.split(":"):
        until(project, host, f"{tag} wait", running)
    return running, gate


def end(running: subprocess.Popen[str], gate: Path) -> None:
    gate.touch()
    out = running.communicate(timeout=60)[0]
    assert running.returncode == 0, out


def as_eve(project: Project, *arguments: str) -> Ran:
    """The command line of somebody else."""
    return Project(project.folder, project.servers, project.environment | {"RUNBOOK_OPERATOR": "eve"}).runbook(
        *arguments
    )


def free(project: Project) -> bool:
    shown = project.runbook("lock", "status", "-i", "prod", "--name", "deploy")
    assert shown.code == 0, shown
    return shown.out.splitlines() == [f"web{n}: free" for n in range(1, 5)]


def test_the_second_run_is_told_who_holds_the_hosts_and_changes_nothing(project: Project) -> None:
    running, gate = begun(project)
    hold(project, "other", hosts="web2:web3", tag="b")
    refused = as_eve(project, "run", "other", "-i", "prod")
    assert refused.code == 11, refused
    run = project.events("RunStarted")  # the newest is the one that was refused
    assert run[0]["operator"] == "eve"
    assert "REFUSED" in refused.out
    for said in ("(Hold)", " on ", "since", "s ago"):
        assert said in refused.out, refused
    assert project.log("web2") == ["a one", "a wait"]
    assert project.log("web3") == []
    end(running, gate)
    assert free(project)
    assert project.log("web1") == project.log("web2") == WHOLE


def test_what_a_refused_run_had_taken_is_let_go(project: Project) -> None:
    """All hosts or none: web3 is free again while web2 is still held."""
    running, gate = begun(project)
    hold(project, "other", hosts="web2:web3", tag="b")
    assert project.runbook("run", "other", "-i", "prod").code == 11
    shown = project.runbook("lock", "status", "-i", "prod", "--name", "deploy").out
    assert "web3: free" in shown
    assert "web2: deploy" in shown
    end(running, gate)


def test_with_wait_the_second_one_waits_and_then_does_its_work(project: Project) -> None:
    running, gate = begun(project)
    hold(project, "other", hosts="web2:web3", tag="b").touch()
    waiting = project.start("run", "other", "-i", "prod", "--wait", "1m")
    assert waiting.stdout is not None
    for line in waiting.stdout:
        if "waiting for the lock" in line:
            break
    end(running, gate)
    out = waiting.communicate(timeout=60)[0]
    assert waiting.returncode == 0, out
    assert project.log("web2") == [*WHOLE, "b one", "b wait", "b two"]
    assert free(project)


def test_an_interrupt_while_it_waits_ends_it_and_leaves_nothing(project: Project) -> None:
    running, gate = begun(project)
    hold(project, "other", hosts="web2:web3", tag="b")
    waiting = project.start("run", "other", "-i", "prod", "--wait", "1m")
    assert waiting.stdout is not None
    for line in waiting.stdout:
        if "waiting for the lock" in line:
            break
    waiting.send_signal(signal.SIGINT)
    out = waiting.communicate(timeout=30)[0]
    assert waiting.returncode == 130, out
    end(running, gate)
    assert free(project)


def test_hosts_that_do_not_overlap_do_not_exclude_each_other(project: Project) -> None:
    running, gate = begun(project)
    other, other_gate = begun(project, "other", hosts="web3:web4", tag="b")
    end(other, other_gate)
    end(running, gate)
    assert project.log("web4") == ["b one", "b wait", "b two"]


def test_a_killed_run_keeps_its_lock_with_its_name_and_resume_lets_it_go(project: Project) -> None:
    running, gate = begun(project)
    running.kill()
    running.communicate()
    run = project.events("RunStarted")[0]["run"]
    refused = project.runbook("exec", "true", "-i", "prod", "-l", "web1")
    assert refused.code == 11, refused
    assert f"its program is gone: runbook resume {run} carries it on" in refused.out
    status = project.runbook("lock", "status", "-i", "prod", "-l", "web1")
    assert f"its program is gone: runbook resume {run} carries it on" in status.out, status
    gate.touch()
    resumed = project.runbook("resume", run)
    assert resumed.code == 0, resumed
    assert project.log("web1") == WHOLE
    assert free(project)


def test_a_stopped_run_keeps_its_lock_and_says_how_it_goes_on(project: Project) -> None:
    running, gate = begun(project)
    running.terminate()
    out = running.communicate(timeout=30)[0]
    assert running.returncode == 130, out
    run = project.events("RunStarted")[0]["run"]
    shown = project.runbook("lock", "status", "-i", "prod", "-l", "web1").out
    assert f"stopped: runbook resume {run} carries on" in shown
    gate.touch()
    assert project.runbook("resume", run).code == 0
    assert free(project)


def test_a_run_whose_lock_was_broken_is_refused_its_next_step_and_stops(project: Project) -> None:
    running, gate = begun(project)
    unasked = as_eve(project, "lock", "break", "-i", "prod", "-l", "web1")
    assert unasked.code == 11, unasked
    broken = as_eve(project, "lock", "break", "-i", "prod", "-l", "web1", "-y", "--reason", "an outage")
    assert broken.code == 0, broken
    assert "(Hold)" in broken.out
    gate.touch()
    out = running.communicate(timeout=60)[0]
    assert running.returncode == 6, out
    assert "LOCK LOST" in out
    assert "STOPPED: its lock was broken" in out
    assert project.log("web1") == ["a one", "a wait"]
    assert not any("undo" in line for line in (*project.log("web1"), *project.log("web2")))


def test_an_override_needs_a_reason_and_stops_the_other_run(project: Project) -> None:
    running, gate = begun(project)
    assert project.runbook("run", "hold", "-i", "prod", "--override", "lock").code == 5
    hold(project, "other", hosts="web2", tag="b").touch()
    ran = project.runbook("run", "other", "-i", "prod", "--override", "lock", "--reason", "an outage")
    assert ran.code == 0, ran
    assert "OVERRIDDEN" in ran.err
    assert "(Hold)" in project.events("Locked")[0]["broken"]["web2"]
    gate.touch()
    running.communicate(timeout=60)
    assert running.returncode == 6
    assert project.log("web2") == ["a one", "a wait", "b one", "b wait", "b two"]


def test_a_lock_is_held_by_hand_and_let_go_by_its_owner_alone(project: Project) -> None:
    held = project.runbook("lock", "acquire", "-i", "prod", "--reason", "the database moves")
    assert held.code == 0, held
    hold(project).touch()
    refused = project.runbook("run", "hold", "-i", "prod")
    assert refused.code == 11, refused
    assert "the database moves" in refused.out
    assert as_eve(project, "lock", "acquire", "-i", "prod", "--reason", "me too").code == 11
    assert as_eve(project, "lock", "release", "-i", "prod").code == 11
    assert project.runbook("lock", "release", "-i", "prod").code == 0
    assert free(project)


def test_a_command_within_a_step_does_not_meet_the_runs_own_lock(project: Project) -> None:
    inner = f"{sys.executable} -m executor exec 'echo inner >> ~/log' -i prod -l web1"
    project.write(
        "runbooks/nested.yml",
        f"""
        name: Nested
        stages:
          - name: Both
            hosts: web1
            steps:
              - {{name: Outer, shell: echo outer >> ~/log, rollback: none}}
              - {{name: Inner, shell: "{inner}", delegate_to: localhost, rollback: none}}
              - {{name: Last, shell: echo last >> ~/log, rollback: none}}
        """,
    )
    ran = project.runbook("run", "nested", "-i", "prod")
    assert ran.code == 0, ran
    assert project.log("web1") == ["outer", "inner", "last"]
    assert free(project)


def test_two_names_of_one_machine_meet(project: Project) -> None:
    """Within a run, which locks it once, and between two runs."""
    inventory = project.folder / "inventories" / "prod.yml"
    server = project.servers["web1"]
    twin = f"  twin: {{address: 127.0.0.1, port: {server.port}, user: {server.user}, key: {server.key}}}\n"
    inventory.write_text(inventory.read_text().replace("groups:", f"{twin}groups:"))
    running, gate = begun(project, hosts="web1:web2")
    assert project.runbook("exec", "true", "-i", "prod", "-l", "twin").code == 11
    end(running, gate)
    assert project.runbook("exec", "true", "-i", "prod", "-l", "twin:web1").code == 0
    assert project.runbook("lock", "status", "-i", "prod", "-l", "twin", "--name", "deploy").out == "twin: free\n"


def test_what_changes_nothing_and_what_wants_no_lock_takes_none(project: Project) -> None:
    running, gate = begun(project)
    assert project.runbook("exec", "true", "-i", "prod", "-l", "web1", "--read-only").code == 0
    inventory = project.folder / "inventories" / "prod.yml"
    (inventory.with_name("loose.yml")).write_text(inventory.read_text() + "policy: {lock: false}\n")
    assert project.runbook("exec", "true", "-i", "loose", "-l", "web1").code == 0
    (inventory.with_name("named.yml")).write_text(inventory.read_text() + "policy: {lock: other}\n")
    assert project.runbook("exec", "true", "-i", "named", "-l", "web1").code == 0
    assert project.runbook("exec", "true", "-i", "prod", "-l", "web1").code == 11
    end(running, gate)


def test_a_host_that_cannot_be_reached_is_left_out_and_the_rest_is_locked(project: Project) -> None:
    project.servers["web2"].stop()
    ran = project.runbook("exec", "true", "-i", "prod", "-l", "all")
    assert ran.code == 7, ran
    assert sorted(project.events("Locked")[0]["fences"]) == ["web1", "web3", "web4"]


def test_a_lock_that_a_run_could_not_let_go_is_taken_over_once_it_has_ended(project: Project) -> None:
    """Its host was away at the end; the same controller knows that the run is over, and no other one does."""
    assert project.runbook("exec", "true", "-i", "prod", "-l", "web1").code == 0
    run = project.events("RunStarted")[0]["run"]
    place = next(project.servers["web1"].home.glob(".runbook/locks/*/deploy"))

    def left_behind(number: int, controller: str) -> None:
        claim = json.dumps({"operator": "ada", "controller": controller, "since": ""})
        (place / str(number)).write_text(f"token\n{run}\n- 0\n{claim}\n")

    left_behind(2, "elsewhere")
    assert project.runbook("exec", "true", "-i", "prod", "-l", "web1").code == 11
    (place / "2").unlink()
    left_behind(3, socket.gethostname())
    assert project.runbook("exec", "true", "-i", "prod", "-l", "web1").code == 0
    assert [path.name for path in place.iterdir()] == ["4.end"]


def test_a_run_that_was_killed_while_it_gathered_its_hosts_waits_with_empty_hands(project: Project) -> None:
    """Two of those that each kept what they had would wait for each other."""
    assert project.runbook("lock", "acquire", "-i", "prod", "-l", "web2", "--reason", "by hand").code == 0
    hold(project).touch()
    killed = project.start("run", "hold", "-i", "prod", "--wait", "1m")
    runs = project.folder / "state" / "runs"
    while not any('"LockAwaited"' in journal.read_text() for journal in runs.glob("*/journal.jsonl")):
        assert killed.poll() is None, killed.communicate()[0]
        time.sleep(0.02)
    run = project.events("RunStarted")[0]["run"]
    killed.kill()
    killed.communicate()
    place = next(project.servers["web2"].home.glob(".runbook/locks/*/deploy"))
    taken = project.servers["web1"].home / place.relative_to(project.servers["web2"].home) / "7"
    for old in taken.parent.glob("*"):
        old.unlink()
    taken.write_text(f"token\n{run}\n- 0\n{json.dumps({'operator': 'ada', 'controller': 'here', 'since': ''})}\n")
    carried = project.start("resume", run, "--wait", "1m")
    while not (ends := [path for path in taken.parent.iterdir() if path.suffix == ".end"]):
        assert carried.poll() is None, carried.communicate()[0]
        time.sleep(0.02)
    assert [path.name for path in ends] == ["8.end"]
    assert project.runbook("lock", "release", "-i", "prod", "-l", "web2").code == 0
    end(carried, project.folder / "go-hold")
    assert free(project)
    assert project.log("web1") == project.log("web2") == WHOLE


def test_of_many_controllers_at_once_one_works_at_a_time(project: Project) -> None:
    """Overlapping sets of hosts, all started together, some of them killed: no overlap, no wait without an end."""
    told = race(project, controllers=6, kills=3, wait="5m", seed=7)
    assert not told.wrong, told
    assert told.killed
