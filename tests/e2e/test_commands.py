"""The commands around a run, as an operator types them."""

from __future__ import annotations

import json

from tests.e2e.conftest import Project

RUNBOOK = """
name: Greet
stages:
  - name: Greet
    hosts: web
    serial: 100%
    steps:
      - {name: Say hello, shell: "echo hello from {{ host.name }}", register: said, rollback: none}
      - {name: Repeat it, shell: "echo {{ said.stdout }} again", rollback: none}
"""


def test_what_steps_printed_is_found_again(project: Project) -> None:
    project.write("runbooks/greet.yml", RUNBOOK)
    assert project.runbook("run", "greet", "-i", "prod").code == 0
    logs = project.runbook("logs", "--host", "web2")
    assert logs.out.splitlines() == [
        "[web2] Say hello | hello from web2",
        "[web2] Repeat it | hello from web2 again",
    ]
    shown = project.runbook("show", "last")
    assert "Greet: DONE" in shown.out
    assert json.loads(project.runbook("show", "last", "--format", "json").out)["exit"] == 0
    assert "unbroken" in project.runbook("show", "last", "--verify").out
    assert "Greet" in project.runbook("show").out


def test_jsonl_prints_one_event_a_line_and_nothing_else(project: Project) -> None:
    project.write("runbooks/greet.yml", RUNBOOK)
    ran = project.runbook("run", "greet", "-i", "prod", "--output", "jsonl")
    assert ran.code == 0
    events = [json.loads(line)["event"]["is"] for line in ran.out.splitlines()]
    assert (events[0], events[-1]) == ("RunStarted", "RunEnded")


def test_one_command_on_many_hosts(project: Project) -> None:
    ran = project.runbook("exec", "echo here is $(basename $HOME) of {{ host.name }}", "-i", "prod", "-l", "web1,web3")
    assert ran.code == 0, ran
    assert "here is home of web1" in ran.out
    assert "here is home of web3" in ran.out
    assert "web2" not in ran.out


def test_a_command_that_fails_somewhere_does_not_stop_the_others(project: Project) -> None:
    (project.servers["web2"].home / "broken").touch()
    ran = project.runbook("exec", "echo ran >> ~/log; test ! -e broken", "-i", "prod", "-l", "web")
    assert ran.code == 7, ran
    assert [project.log(f"web{n}") for n in range(1, 5)] == [["ran"]] * 4


def test_ping_tells_which_host_is_not_ready(project: Project) -> None:
    project.servers["web4"].stop()
    ran = project.runbook("ping", "-i", "prod")
    assert ran.code == 4
    assert "web1: ready" in ran.out
    assert "web4: NOT READY" in ran.out


def test_a_question_without_a_terminal_is_named_before_the_first_connection(project: Project) -> None:
    project.write(
        "runbooks/ask.yml",
        """
        name: Ask
        stages:
          - name: Ready
            hosts: web1
            steps:
              - {name: Look, checklist: [Is it a good day]}
        """,
    )
    ran = project.runbook("run", "ask", "-i", "prod", "-y")
    assert ran.code == 11, ran
    assert "Ready/Look/Is it a good day" in ran.err
    assert not (project.folder / "state").exists()
    assert project.runbook("run", "ask", "-i", "prod", "--confirm", "Ready/Look/Is it a good day").code == 0


def test_an_invalid_runbook_is_told_with_its_place_and_connects_to_nothing(project: Project) -> None:
    project.write("runbooks/bad.yml", "name: Bad\nstages:\n  - name: A\n    hosts: web\n    setps: []\n")
    ran = project.runbook("run", "bad", "-i", "prod")
    assert ran.code == 3
    assert "runbooks/bad.yml:5:5" in ran.err
    assert "did you mean 'steps'" in ran.err
    assert "Traceback" not in ran.err


def test_wrong_usage_is_exit_5(project: Project) -> None:
    assert project.runbook("run", "greet", "--no-such-flag").code == 5
    project.write("runbooks/greet.yml", RUNBOOK)
    assert project.runbook("run", "greet").code == 5


def test_dry_run_is_the_plan(project: Project) -> None:
    project.write("runbooks/greet.yml", RUNBOOK)
    dry = project.runbook("run", "greet", "-i", "prod", "--dry-run")
    plan = project.runbook("plan", "greet", "-i", "prod")
    assert (dry.code, dry.out) == (0, plan.out)
    assert not (project.folder / "state").exists()


def test_diff_shows_what_a_file_step_changes(project: Project) -> None:
    home = project.servers["web1"].home
    (home / "app.conf").write_text("port 1\nname x\n")
    project.write(
        "runbooks/conf.yml",
        """
        name: Conf
        stages:
          - name: Conf
            hosts: web1
            steps:
              - {name: Write, copy: {dest: "{{ home }}/app.conf", content: "port 2\\nname x\\n"}}
        """,
    )
    plain = project.runbook("run", "conf", "-i", "prod", "-e", f"home={home}", "-e", "x=1")
    assert "port" not in plain.err
    (home / "app.conf").write_text("port 1\nname x\n")
    ran = project.runbook("run", "conf", "-i", "prod", "-e", f"home={home}", "-D")
    assert ran.code == 0, ran
    assert "-port 1" in ran.err
    assert "+port 2" in ran.err


def test_a_new_hosts_key_is_kept_only_once_it_was_compared(project: Project) -> None:
    server = project.servers["web1"]
    known = project.folder / "known_hosts"
    project.write(
        "inventories/new.yml",
        f"""
        hosts:
          new: {{address: 127.0.0.1, port: {server.port}, user: {server.user}, key: {server.key}}}
        ssh: {{known_hosts: {known}}}
        """,
    )
    refused = project.runbook("ping", "-i", "new")
    assert refused.code == 4
    assert "runbook trust new" in refused.out
    assert project.runbook("trust", "new", "-i", "new").code == 11
    assert project.runbook("trust", "new", "-i", "new", "--fingerprint", "SHA256:other").code == 11
    assert not known.exists()
    fingerprint = refused.out.split("SHA256:", 1)[1].split()[0].rstrip(")")
    kept = project.runbook("trust", "new", "-i", "new", "--fingerprint", f"SHA256:{fingerprint}")
    assert kept.code == 0, kept
    assert project.runbook("ping", "-i", "new").code == 0
    assert "known already" in project.runbook("trust", "new", "-i", "new").out


def test_a_changed_key_is_never_accepted(project: Project) -> None:
    inventory = project.folder / "inventories" / "prod.yml"
    known = inventory.read_text().split("known_hosts: ", 1)[1].split("}", 1)[0]
    own = project.servers["web1"].known_hosts.read_text()
    other = project.servers["web2"].known_hosts.read_text()
    with open(known, "w") as file:  # noqa: PTH123 - a path that the inventory has as text
        file.write(own.split(" ", 1)[0] + " " + other.split(" ", 1)[1])
    trusted = project.runbook("trust", "web1", "-i", "prod")
    assert trusted.code == 4, trusted
    assert "has changed" in trusted.err
