"""Sealed plans on real hosts: what was sealed runs, once, and other machines learn of it from the hosts."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from executor.approvals.signing import of_file
from executor.approvals.sshsig import fingerprint
from tests.approvals import openssh
from tests.e2e.conftest import Project, Ran
from tests.e2e.test_locks import begun, end

RUNBOOK = """
name: Note
params: {tag: {type: string, default: a}}
stages:
  - name: Roll out
    hosts: web1:web2
    steps:
      - name: Ask
        shell: hostname
        register: who
        read_only: true
      - name: Send
        copy: {src: files/motd, dest: "{{ home }}/motd"}
      - name: Note
        shell: echo "{{ tag }} {{ run.id }} {{ 'known' if who.stdout else 'unknown' }}" >> ~/log
        rollback: echo "{{ tag }} undone" >> ~/log
"""


@pytest.fixture
def sealed(project: Project) -> Project:
    project.write("runbooks/note.yml", RUNBOOK)
    project.write("files/motd", "hello\n")
    inventory = project.folder / "inventories/prod.yml"
    text = inventory.read_text()
    for name, server in project.servers.items():
        text = text.replace(f"  {name}: {{address", f"  {name}: {{vars: {{home: {server.home}}}, address")
    inventory.write_text(text)
    ran = project.runbook("plan", "note", "-i", "prod", "--out", "plan.json")
    assert ran.code == 0, ran
    return project


def _elsewhere(project: Project) -> Project:
    """The same project on another machine."""
    folder = project.folder.parent / "elsewhere"
    shutil.copytree(project.folder, folder, ignore=shutil.ignore_patterns("state"))
    return replace(project, folder=folder, environment={"RUNBOOK_STATE": str(folder / "state")})


def _marks(project: Project) -> dict[str, list[str]]:
    return {
        name: sorted(p.name for p in server.home.glob(".runbook/plans/*")) for name, server in project.servers.items()
    }


def _run(project: Project, *words: str) -> Ran:
    return project.runbook("run", "plan.json", "-y", *words)


def test_it_runs_as_it_was_sealed_and_once_on_whatever_machine(sealed: Project) -> None:
    sealed.write("runbooks/note.yml", RUNBOOK.replace("{{ tag }}", "changed"))
    ran = _run(sealed)
    assert ran.code == 0, ran
    started = sealed.events("RunStarted")[0]
    assert sealed.log("web1") == sealed.log("web2") == [f"a {started['run']} known"]
    assert (sealed.servers["web2"].home / "motd").read_text() == "hello\n"
    digest = started["sealed"]
    assert digest in (sealed.folder / "plan.json").read_text()
    assert _marks(sealed) == {"web1": [digest], "web2": [digest], "web3": [], "web4": []}
    assert f"sealed plan {digest[:12]}" in sealed.runbook("show", "last").out
    here = _run(sealed)
    assert here.code == 11
    assert "this plan has been used already (on this machine): run " in here.err
    other = _elsewhere(sealed)
    for words in ([], ["--detach"], []):  # what was refused has not become a use
        there = _run(other, *words)
        assert there.code == 11, there
        assert "this plan has been used already (on web1, web2): run " in there.err
    assert len(sealed.log("web1")) == 1
    assert not list((other.folder / "state/runs").iterdir())


def test_again_runs_it_once_more_and_the_record_says_so(sealed: Project) -> None:
    checked = sealed.runbook("run", "plan.json", "--check")
    assert checked.code == 0, checked
    assert not any(_marks(sealed).values())  # to ask is no use
    assert _run(sealed).code == 0
    ran = _run(_elsewhere(sealed), "--again")
    assert ran.code == 0, ran
    assert "once more" in ran.err
    assert _run(sealed, "--again").code == 0
    assert sealed.events("RunStarted")[0]["again"] is True
    assert len(sealed.log("web1")) == 3


def test_a_run_that_was_refused_its_lock_was_no_use(sealed: Project) -> None:
    running, gate = begun(sealed, hosts="web2")
    refused = _run(sealed)
    assert refused.code == 11, refused
    assert "taken" in str(refused)
    end(running, gate)
    assert _marks(sealed) == {"web1": [], "web2": [], "web3": [], "web4": []}
    assert _run(_elsewhere(sealed)).code == 0


def test_a_host_that_already_knows_it_keeps_the_others_free(sealed: Project) -> None:
    digest = hashlib.sha256((sealed.folder / "plan.json").read_bytes().split(b'"content":', 1)[1][:-2]).hexdigest()
    mark = sealed.servers["web2"].home / ".runbook/plans" / digest
    mark.parent.mkdir(parents=True)
    mark.write_text("nothing that anybody understands\n")
    refused = _run(sealed)
    assert refused.code == 11
    assert "(on web2): run unknown by somebody" in refused.err
    assert _marks(sealed)["web1"] == []


def test_a_host_that_only_works_for_others_knows_of_the_use_too(sealed: Project) -> None:
    through = (
        "{name: T, stages: [{name: Go, hosts: localhost, steps: [{shell: id, delegate_to: web1, rollback: none}]}]}"
    )
    sealed.write("runbooks/through.yml", through)
    assert sealed.runbook("plan", "through", "-i", "prod", "--out", "plan.json").code == 0
    ran = _run(sealed)
    assert ran.code == 0, ran
    there = _run(_elsewhere(sealed))
    assert there.code == 11, there
    assert "this plan has been used already (on web1): run " in there.err


def test_a_host_that_is_away_does_not_stand_in_the_way_of_the_question(sealed: Project) -> None:
    sealed.servers["web1"].vanish()
    ran = _run(sealed)
    assert ran.code == 4, ran
    assert _marks(sealed)["web2"] == []


def test_one_that_stopped_is_carried_on_and_undone_without_being_asked_for_more(sealed: Project) -> None:
    fails = RUNBOOK.replace("shell: echo", "shell: test ! -e ~/broken && echo").replace(
        "    hosts: web1:web2\n", "    hosts: web1:web2\n    on_failure: stop\n"
    )
    sealed.write("runbooks/note.yml", fails)
    assert sealed.runbook("plan", "note", "-i", "prod", "--out", "plan.json").code == 0
    broken = sealed.servers["web2"].home / "broken"
    broken.touch()
    assert _run(sealed).code == 6
    sealed.write("runbooks/note.yml", "name: another one altogether\n")
    broken.unlink()
    resumed = sealed.runbook("resume", "-y")
    assert resumed.code == 0, resumed
    assert len(sealed.log("web2")) == 1
    undone = sealed.runbook("rollback", "last", "-y")
    assert undone.code == 0, undone
    assert sealed.log("web1")[-1] == "a undone"
    assert _run(sealed).code == 11


def test_a_file_that_changes_while_the_run_goes_on_is_not_sent(sealed: Project) -> None:
    motd = sealed.folder / "files/motd"
    sealed.write("runbooks/note.yml", RUNBOOK.replace("shell: hostname\n", f"shell: hostname; echo other > {motd}\n"))
    assert sealed.runbook("plan", "note", "-i", "prod", "--out", "plan.json").code == 0
    ran = _run(sealed)
    assert ran.code == 2, ran
    assert "files/motd is not what was sealed: it has changed since the run began" in ran.out
    assert not (sealed.servers["web1"].home / "motd").exists()


def test_an_approved_plan_runs_with_its_secrets_and_the_record_says_who_approved_it(sealed: Project) -> None:
    key = openssh.make_key(sealed.folder, "alice")
    sealed.write("inventories/allowed_signers", f"alice@example.com {openssh.public(key)}\n")
    inventory = sealed.folder / "inventories/prod.yml"
    inventory.write_text(inventory.read_text() + "secrets: {token: $TOKEN}\npolicy: {approvals: {min: 1}}\n")
    asks = RUNBOOK.replace('echo "{{ tag }} {{ run.id }}', "echo \"{{ secret('token') | upper }}")
    sealed.write("runbooks/note.yml", asks)
    assert sealed.runbook("plan", "note", "-i", "prod", "--out", "plan.json").code == 0
    assert _run(sealed).code == 11
    assert sealed.runbook("approve", "plan.json", "--key", str(key), "-y").code == 0
    knowing = replace(sealed, environment={**sealed.environment, "TOKEN": "sesame"})
    ran = _run(knowing)
    assert ran.code == 0, ran
    assert sealed.log("web1") == ["SESAME known"]
    shown = sealed.runbook("show", "last")
    assert f"approved by alice@example.com ({_fingerprint(key)})" in shown.out
    undone = knowing.runbook("rollback", "last", "-y")  # what was approved is undone without being approved again
    assert undone.code == 0, undone
    for text in (*map(str, (ran, shown, undone)), (sealed.folder / "plan.json").read_text()):
        assert "sesame" not in text.lower()


def _fingerprint(key: Path) -> str:
    return fingerprint(of_file(key, str).public)
