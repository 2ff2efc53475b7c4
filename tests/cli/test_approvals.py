"""Approvals at the command line: who signs what, who counts, and what runs without any."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from executor.cli.main import call
from tests.approvals import openssh
from tests.cli.conftest import Told, policy, signers


def test_where_approvals_are_asked_for_nothing_else_runs(project: Path, told: Told) -> None:
    policy(project, "{}")
    code, said = told("run", "deploy", "-i", "prod", "-y")
    assert code == 11
    assert "only sealed plans run that have them" in said
    assert "runbook plan runbooks/deploy.yml … --out plan.json" in said
    assert told("exec", "true", "-i", "prod", "-l", "web1")[0] == 11


@pytest.mark.parametrize("inventories", [".", "prod"])
def test_with_another_inventory_the_same_hosts_want_approvals_as_well(
    inventories: str, project: Path, told: Told
) -> None:
    """A host is under the project's policy by whatever name, list or delegation a run comes to it."""
    policy(project, "{}")
    folder = project / "inventories" / inventories
    folder.mkdir(exist_ok=True)
    (project / "inventories/prod.yml").rename(folder / "hosts.yml")
    (project / "other.yml").write_text("hosts: {WEB1: {}, x: {address: 127.0.0.1, port: 1}, y: {}}\n")
    (project / "runbooks/through.yml").write_text(
        "{name: T, stages: [{name: Go, hosts: localhost, steps: [{shell: id, delegate_to: x, rollback: none}]}]}\n"
    )
    (project / "runbooks/somewhere.yml").write_text(
        "{name: S, stages: [{name: Go, hosts: localhost, steps: [{shell: id, register: it, rollback: none},"
        " {shell: id, delegate_to: '{{ it.stdout }}', rollback: none}]}]}\n"
    )
    for words in (
        ["run", "deploy", "-i", "web1,"],
        ["run", "deploy", "-i", "127.0.0.1:1,"],
        ["run", "deploy", "-i", "other.yml", "-l", "WEB1"],
        ["run", "through", "-i", "other.yml"],
        ["run", "somewhere", "-i", "other.yml"],
        ["exec", "id", "-i", "other.yml", "-l", "x"],
    ):
        code, said = told(*words)
        assert code == 11, said
        assert "another inventory of this project asks for approvals" in said
    assert told("exec", "id", "-i", "other.yml", "-l", "x", "--read-only")[0] == 4
    assert told("run", "deploy", "-i", "other.yml", "-l", "y", "-y")[0] == 4


def test_an_inventory_that_is_broken_lets_nothing_run_that_it_may_want_approved(project: Path, told: Told) -> None:
    (project / "other.yml").write_text("hosts: {web1: {address: 127.0.0.1, port: 1}}\n")
    (project / "inventories/prod.yml").write_text("hosts: {web1: {}}\npolicy: {approvals: {min: 2}\n")
    code, said = told("run", "deploy", "-i", "other.yml", "-y")
    assert code == 3, said
    assert "inventories/prod.yml:" in said


def test_what_only_reads_needs_no_approval(project: Path, told: Told) -> None:
    policy(project, "{}")
    assert told("exec", "true", "-i", "prod", "-l", "web1", "--read-only")[0] == 4
    assert told("plan", "deploy", "-i", "prod")[0] == 0
    assert told("simulate", "deploy", "-i", "prod")[0] == 0


@pytest.fixture
def people(project: Path, tmp_path: Path) -> tuple[Path, Path, Path]:
    """Alice and Bob, who may sign, and Eve, who may not; a plan that two people must approve."""
    keys = tuple(openssh.make_key(tmp_path, name) for name in ("alice", "bob", "eve"))
    policy(project, "{min: 2}")
    signers(project, *keys[:2])
    assert call(["plan", "deploy", "-i", "prod", "--out", "plan.json"]) == 0
    return keys[0], keys[1], keys[2]


def test_what_is_to_be_typed_next_can_be_pasted(people: tuple[Path, Path, Path], told: Told) -> None:
    file = "my $(id) plan.json"
    said = [told("plan", "deploy", "-i", "prod", "--out", file)[1], told("run", file, "-y")[1]]
    said += [told("approve", file, "--key", str(key), "-y")[1] for key in people[:2]]
    lines = [line.strip() for text in said for line in text.splitlines() if "runbook " in line]
    assert len(lines) == 6
    assert all("'my $(id) plan.json'" in line for line in lines), lines


def test_two_people_are_needed_and_two_are_enough(people: tuple[Path, Path, Path], told: Told) -> None:
    alice, bob, _ = people
    assert "it needs approvals of 2 people, and has none" in told("run", "plan.json", "-y")[1]
    assert told("approve", "plan.json", "--key", str(alice), "-y")[0] == 0
    code, said = told("run", "plan.json", "-y")
    assert code == 11
    assert "it needs approvals of 2 people, and has 1" in said
    code, said = told("approve", "plan.json", "--key", str(bob), "-y")
    assert code == 0
    assert "approved by alice@example.com (SHA256:" in said
    assert told("run", "plan.json", "-y")[0] == 4  # it would run, if its host were there


def test_the_same_person_twice_is_one(people: tuple[Path, Path, Path], told: Told) -> None:
    alice, *_ = people
    assert told("approve", "plan.json", "--key", str(alice), "-y")[0] == 0
    Path("plan.json.sig").write_bytes(openssh.sign(alice, Path("plan.json").read_bytes()))
    code, said = told("run", "plan.json", "-y")
    assert code == 11
    assert "alice@example.com has signed already" in said


def test_somebody_outside_the_list_does_not_count(people: tuple[Path, Path, Path], told: Told) -> None:
    alice, _, eve = people
    assert told("approve", "plan.json", "--key", str(alice), "-y")[0] == 0
    code, said = told("approve", "plan.json", "--key", str(eve), "-y")
    assert (code, "is none of the allowed signers'" in said) == (11, True), said
    assert [path.name for path in Path().glob("plan.json*.sig")] == ["plan.json.alice@example.com.sig"]
    Path("plan.json.eve.sig").write_bytes(openssh.sign(eve, Path("plan.json").read_bytes()))
    code, said = told("run", "plan.json", "-y")
    assert code == 11
    assert "is none of the allowed signers'" in said


def test_openssh_and_this_program_may_sign_beside_each_other(people: tuple[Path, Path, Path], told: Told) -> None:
    alice, bob, _ = people
    subprocess.run(["ssh-keygen", "-q", "-Y", "sign", "-f", str(alice), "-n", "runbook-plan", "plan.json"], check=True)
    assert told("approve", "plan.json", "--key", str(bob), "-y")[0] == 0
    assert told("run", "plan.json", "-y")[0] == 4


def test_a_damaged_approval_is_refused_even_beside_enough_others(people: tuple[Path, Path, Path], told: Told) -> None:
    for key in people[:2]:
        assert told("approve", "plan.json", "--key", str(key), "-y")[0] == 0
    Path("plan.json.carol.sig").write_text("not a signature\n")
    code, said = told("run", "plan.json", "-y")
    assert code == 11
    assert "plan.json.carol.sig is no approval of this plan: it is no SSH signature" in said


@pytest.mark.usefixtures("people")
def test_what_is_no_file_beside_a_plan_is_no_approval_and_nobody_waits_for_it(told: Told) -> None:
    os.mkfifo("plan.json.x.sig")
    code, said = told("run", "plan.json", "-y")
    assert code == 11
    assert "plan.json.x.sig is no approval of this plan: it is no SSH signature" in said


def test_a_signer_whose_time_is_over_does_not_count(people: tuple[Path, Path, Path], told: Told) -> None:
    alice, bob, _ = people
    for key in (alice, bob):
        assert told("approve", "plan.json", "--key", str(key), "-y")[0] == 0
    lines = f'alice {openssh.public(alice)}\nbob valid-before="20200101Z" {openssh.public(bob)}\n'
    Path("inventories/allowed_signers").write_text(lines)
    code, said = told("run", "plan.json", "-y")
    assert code == 11
    assert "the key of bob does not count: it was valid only before 2020-01-01" in said


@pytest.mark.usefixtures("people")
def test_signers_that_cannot_be_read_let_nobody_sign(told: Told) -> None:
    Path("inventories/allowed_signers").unlink()
    assert told("run", "plan.json", "-y")[0] == 11
    Path("inventories/allowed_signers").write_text("alice\n")
    code, said = told("run", "plan.json", "-y")
    assert code == 3
    assert "allowed_signers:1:1: error: this is no allowed signer: there is no key after the name" in said


def test_a_plan_without_its_policy_does_not_get_around_the_projects_own(
    project: Path, told: Told, tmp_path: Path
) -> None:
    assert call(["plan", "deploy", "-i", "127.0.0.1:1,", "--out", "plan.json"]) == 0
    policy(project, "{}")
    signers(project, openssh.make_key(tmp_path, "alice"))
    code, said = told("run", "plan.json", "-y")
    assert code == 11
    assert "it needs 1 approval, and has none" in said


def test_a_second_look_wants_its_time(project: Path, told: Told, tmp_path: Path) -> None:
    policy(project, "{cool_down: 10m}")
    alice = openssh.make_key(tmp_path, "alice")
    signers(project, alice)
    assert call(["plan", "deploy", "-i", "prod", "--out", "plan.json"]) == 0
    assert told("approve", "plan.json", "--key", str(alice), "-y")[0] == 0
    assert Path("plan.json.alice@example.com.sig").read_text().splitlines()[-1].startswith("approved 20")
    code, said = told("run", "plan.json", "-y")
    assert code == 11
    assert "the plan is not approved yet: what there is counts from " in said
    assert "to approve it again would begin that time anew" in said
    message = Path("plan.json").read_bytes() + b"approved 2026-01-01T00:00:00Z\n"
    earlier = openssh.sign(alice, message) + b"approved 2026-01-01T00:00:00Z\n"
    Path("plan.json.alice@example.com.sig").write_bytes(earlier)
    assert told("run", "plan.json", "-y")[0] == 4


def test_nobody_signs_without_having_been_asked(people: tuple[Path, Path, Path], told: Told) -> None:
    code, said = told("approve", "plan.json", "--key", str(people[0]))
    assert code == 11
    assert "nobody is there to be asked whether to sign" in said
    assert not list(Path().glob("*.sig"))


def test_a_changed_plan_is_not_signed(people: tuple[Path, Path, Path], told: Told) -> None:
    Path("plan.json").write_bytes(Path("plan.json").read_bytes().replace(b"echo v1", b"echo v2"))
    assert told("approve", "plan.json", "--key", str(people[0]), "-y")[0] == 11


def test_the_agents_key_that_may_sign_is_taken(
    people: tuple[Path, Path, Path], told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, bob, eve = people
    with openssh.agent(eve, alice) as socket:
        monkeypatch.setenv("SSH_AUTH_SOCK", socket)
        code, said = told("approve", "plan.json", "-y")
        assert code == 0
        assert "approved by alice@example.com: plan.json.alice@example.com.sig" in said
    with openssh.agent(alice, bob) as socket:
        monkeypatch.setenv("SSH_AUTH_SOCK", socket)
        code, said = told("approve", "plan.json", "-y")
        assert code == 5
        assert "the agent has several keys that could sign: alice (SHA256:" in said


def test_a_key_of_ones_own_that_may_sign_goes_before_one_of_the_agents_that_may_not(
    people: tuple[Path, Path, Path], told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, _, eve = people
    (tmp_path / ".ssh").mkdir()
    for ending in ("", ".pub"):
        shutil.copy(f"{alice}{ending}", tmp_path / f".ssh/id_ed25519{ending}")
    with openssh.agent(eve) as socket:
        monkeypatch.setenv("SSH_AUTH_SOCK", socket)
        code, said = told("approve", "plan.json", "-y")
    assert code == 0
    assert "approved by alice@example.com: plan.json.alice@example.com.sig" in said


@pytest.mark.usefixtures("people")
def test_without_any_key_it_says_where_one_could_come_from(told: Told) -> None:
    code, said = told("approve", "plan.json", "-y")
    assert code == 5
    assert "there is no key to sign with" in said


@pytest.mark.usefixtures("people")
def test_who_only_looks_is_told_how_it_stands_and_not_refused(told: Told) -> None:
    assert "it needs approvals of 2 people, and has none" in told("plan", "plan.json")[1]
    Path("inventories/allowed_signers").unlink()
    code, said = told("plan", "plan.json")
    assert code == 0
    assert "the allowed signers in" in said


@pytest.mark.usefixtures("people")
def test_the_plan_says_what_approvals_it_needs(capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert call(["plan", "plan.json"]) == 0
    assert "Approvals   of 2 people out of allowed_signers" in capsys.readouterr().out


@pytest.mark.usefixtures("sealed")
def test_a_sealed_plan_can_be_simulated(told: Told) -> None:
    assert told("simulate", "plan.json")[0] == 0
    assert told("simulate", "plan.json", "--fail", "web1:Note")[0] == 2
    assert told("simulate", "plan.json", "-e", "version=v2")[0] == 5
