"""Sealed plans at the command line, up to the first connection: what is refused, with which exit code and reason."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from executor.cli.main import call
from tests.approvals import openssh

RUNBOOK = """\
name: Deploy
params: {version: {type: string, default: v1}}
stages:
  - name: Go
    hosts: all
    steps:
      - {name: Note, shell: "echo {{ version }}", rollback: none}
      - {name: Send, copy: {src: files/motd, dest: /tmp/motd}}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose only host is one that nobody answers for."""
    folder = tmp_path / "project"
    for name, text in {
        "runbook.toml": "",
        "runbooks/deploy.yml": RUNBOOK,
        "inventories/prod.yml": "hosts: {web1: {address: 127.0.0.1, port: 1}}\n",
        "files/motd": "hello\n",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("RUNBOOK_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    return folder


@pytest.fixture
def sealed(project: Path) -> Path:
    assert call(["plan", "deploy", "-i", "prod", "--out", "plan.json"]) == 0
    return project / "plan.json"


class Told:
    """Runs a command line, and gives its exit code and what it said on standard error."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: str) -> tuple[int, str]:
        self._capsys.readouterr()
        code = call(list(arguments))
        return code, self._capsys.readouterr().err


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Told:
    return Told(capsys)


def _policy(project: Path, words: str) -> None:
    (project / "inventories/prod.yml").write_text(
        f"hosts: {{web1: {{address: 127.0.0.1, port: 1}}}}\npolicy: {{approvals: {words}}}\n"
    )


def _signers(project: Path, *keys: Path) -> None:
    lines = (f"{key.name}@example.com {openssh.public(key)}\n" for key in keys)
    (project / "inventories/allowed_signers").write_text("".join(lines))


# --- sealing ---------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("project")
def test_the_same_plan_is_the_same_file_and_the_markdown_bears_its_digest(told: Told) -> None:
    code, said = told("plan", "deploy", "-i", "prod", "--out", "a.json", "--markdown", "a.md")
    assert code == 0
    digest = said.split("sha256 ")[1].split()[0]
    assert told("plan", "deploy", "-i", "prod", "--out", "b.json")[0] == 0
    assert Path("a.json").read_bytes() == Path("b.json").read_bytes()
    assert digest in Path("a.json").read_text()
    assert digest in Path("a.md").read_text()


def test_its_pages_say_what_the_seal_says(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Who reads it in a review learns from which commit it is, until when it holds and what it does not cover."""
    (project / "runbooks/deploy.yml").write_text(
        RUNBOOK.replace("rollback: none}", "rollback: none, produces: [build/app]}")
    )
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "first"]):
        subprocess.run(["git", "-c", "user.name=T", "-c", "user.email=t@example.com", *words], check=True)
    (project / "files/motd").write_text("other\n")
    until = ["--expires", "2999-01-02T03:04:05+01:00"]
    assert call(["plan", "deploy", "-i", "prod", "--out", "plan.json", "--markdown", "plan.md", *until]) == 0
    page = Path("plan.md").read_text()
    commit = subprocess.run(["git", "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout[:12]
    assert f"| Commit | {commit}, with files that were not as it has them |\n" in page
    assert "| May be run | until 2999-01-02 02:04:05 UTC |\n" in page
    assert "| Not covered | build/app: only the run knows what is sent |\n" in page
    capsys.readouterr()
    assert call(["plan", "plan.json", "--format", "markdown"]) == 0
    assert capsys.readouterr().out == page
    assert call(["plan", "plan.json", "--format", "html"]) == 0
    assert "<dt>May be run</dt><dd>until 2999-01-02 02:04:05 UTC</dd>" in capsys.readouterr().out


def test_another_value_is_another_plan(sealed: Path) -> None:
    assert call(["plan", "deploy", "-i", "prod", "-e", "version=v2", "--out", "other.json"]) == 0
    assert sealed.read_bytes() != Path("other.json").read_bytes()


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    ("flags", "reason"),
    [
        (["--markdown", "x.md"], "--markdown belongs to a sealed plan"),
        (["--expires", "1h"], "--expires belongs to a sealed plan"),
        (["--out", "plan.yml"], "ends in .json"),
        (["--out", "x.json", "--expires", "soon"], "neither a time"),
        (["--out", "x.json", "--expires", "2020-01-01"], "has passed already"),
        (["--out", "x.json", "--markdown", "./x.json"], "--out and --markdown are the same file"),
    ],
)
def test_flags_that_make_no_sense_are_wrong_usage(told: Told, flags: list[str], reason: str) -> None:
    code, said = told("plan", "deploy", "-i", "prod", *flags)
    assert (code, reason in said) == (5, True), said


@pytest.mark.usefixtures("project")
def test_a_file_that_cannot_be_written_is_told(told: Told) -> None:
    code, said = told("plan", "deploy", "-i", "prod", "--out", "nowhere/plan.json")
    assert code == 1
    assert "nowhere/plan.json cannot be written: no such file or directory" in said


def test_approvals_of_what_the_file_was_before_are_told(project: Path, told: Told, tmp_path: Path) -> None:
    _policy(project, "{}")
    alice = openssh.make_key(tmp_path, "alice")
    _signers(project, alice)
    assert told("plan", "deploy", "-i", "prod", "--out", "plan.json")[0] == 0
    assert told("approve", "plan.json", "--key", str(alice), "-y")[0] == 0
    _, said = told("plan", "deploy", "-i", "prod", "--out", "plan.json", "-e", "version=v2")
    assert "plan.json.alice@example.com.sig is an approval of another plan" in said
    code, said = told("run", "plan.json", "-y")
    assert code == 11
    assert "plan.json.alice@example.com.sig is no approval of this plan: it is a signature of something else" in said


# --- running ---------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("sealed")
@pytest.mark.parametrize(
    "flags",
    [["-i", "prod"], ["-e", "version=v2"], ["-l", "web1"], ["-t", "a"], ["--skip-tags", "a"], ["-u", "root"], ["-b"],
     ["-f", "2"], ["--start-at-stage", "Go"], ["--step"], ["--on-failure", "stop"]],
)  # fmt: skip
@pytest.mark.parametrize("before", [["run", "plan.json"], ["run", "plan.json", "--dry-run"]])
def test_a_flag_that_would_change_a_sealed_plan_is_wrong_usage(told: Told, before: list[str], flags: list[str]) -> None:
    code, said = told(*before, *flags)
    assert code == 5
    assert f"it takes no {flags[0]}" in said


@pytest.mark.usefixtures("sealed")
def test_what_the_environment_says_does_not_hold(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNBOOK_INVENTORY", "elsewhere")
    monkeypatch.setenv("RUNBOOK_LIMIT", "nobody")
    monkeypatch.setenv("RUNBOOK_ON_FAILURE", "stop")
    assert told("run", "plan.json", "--dry-run")[0] == 0


@pytest.mark.usefixtures("project")
def test_again_is_for_sealed_plans(told: Told) -> None:
    assert told("run", "deploy", "-i", "prod", "--again", "-y")[0] == 5


def test_a_changed_byte_is_refused(sealed: Path, told: Told) -> None:
    sealed.write_bytes(sealed.read_bytes().replace(b"echo v1", b"echo v2"))
    code, said = told("run", "plan.json", "-y")
    assert code == 11
    assert "plan.json is not as it was sealed: its content does not have the digest that it bears" in said


@pytest.mark.usefixtures("project")
def test_what_was_made_by_a_format_is_told_how_it_is_made_to_run(
    told: Told, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(["plan", "deploy", "-i", "prod", "--format", "json"]) == 0
    Path("facts.json").write_text(capsys.readouterr().out)
    code, said = told("run", "facts.json")
    assert code == 11
    assert "hint: what can be run is made by runbook plan RUNBOOK -i INVENTORY --out FILE" in said


@pytest.mark.usefixtures("sealed")
def test_a_sealed_plan_is_no_runbook_to_document(told: Told) -> None:
    code, said = told("doc", "plan.json")
    assert code == 5
    assert "hint: runbook plan plan.json shows it" in said


@pytest.mark.usefixtures("project")
def test_an_expired_plan_is_refused(told: Told) -> None:
    assert told("plan", "deploy", "-i", "prod", "--out", "plan.json", "--expires", "0s")[0] == 0
    code, said = told("run", "plan.json", "-y")
    assert code == 11
    assert "the plan expired at" in said


@pytest.mark.usefixtures("sealed")
def test_a_changed_file_that_it_sends_is_refused_by_its_name(told: Told) -> None:
    Path("files/motd").write_text("another\n")
    code, said = told("run", "plan.json", "-y")
    assert code == 11
    assert said.startswith("error: what it sends is not what was sealed: files/motd (changed)\n  hint: put back")
    Path("files/motd").unlink()
    assert "files/motd (gone)" in told("run", "plan.json", "-y")[1]


@pytest.mark.usefixtures("sealed")
def test_a_file_that_it_sends_and_that_is_no_file_any_more_is_refused_at_once(told: Told) -> None:
    Path("files/motd").unlink()
    os.mkfifo("files/motd")
    code, said = told("run", "plan.json", "-y")
    assert code == 11
    assert "files/motd (changed)" in said


@pytest.mark.usefixtures("sealed")
def test_a_changed_inventory_is_refused(told: Told) -> None:
    with Path("inventories/prod.yml").open("a") as file:
        file.write("# nothing\n")
    code, said = told("run", "plan.json", "-y")
    assert code == 11
    assert "its inventory has changed since: inventories/prod.yml (changed)" in said


@pytest.mark.usefixtures("sealed")
def test_a_changed_runbook_is_told_and_what_was_sealed_runs(told: Told) -> None:
    Path("runbooks/deploy.yml").write_text("not even a runbook\n")
    code, said = told("run", "plan.json", "-y")
    assert code == 4  # the host of this project cannot be reached
    assert "what runs is what was sealed: runbooks/deploy.yml (changed)" in said


@pytest.mark.usefixtures("sealed")
def test_a_run_that_reached_nobody_was_no_use(told: Told) -> None:
    assert told("run", "plan.json", "-y")[0] == 4
    assert told("run", "plan.json", "-y")[0] == 4


@pytest.mark.usefixtures("sealed", "told")
def test_it_is_shown_with_how_it_stands(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["plan", "plan.json"], ["run", "plan.json", "--dry-run"]):
        capsys.readouterr()
        assert call(words) == 0
        shown = capsys.readouterr()
        assert "echo v1" in shown.out
        assert "sealed plan, sha256 " in shown.err


def test_it_runs_in_another_checkout(sealed: Path, told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import shutil  # noqa: PLC0415  beside its only use

    other = tmp_path / "checkout"
    shutil.copytree(sealed.parent, other)
    monkeypatch.chdir(other)
    shutil.rmtree(sealed.parent)
    assert told("run", "plan.json", "-y")[0] == 4


# --- approvals -------------------------------------------------------------------------------------------------------


def test_where_approvals_are_asked_for_nothing_else_runs(project: Path, told: Told) -> None:
    _policy(project, "{}")
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
    _policy(project, "{}")
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
    _policy(project, "{}")
    assert told("exec", "true", "-i", "prod", "-l", "web1", "--read-only")[0] == 4
    assert told("plan", "deploy", "-i", "prod")[0] == 0
    assert told("simulate", "deploy", "-i", "prod")[0] == 0


@pytest.fixture
def people(project: Path, tmp_path: Path) -> tuple[Path, Path, Path]:
    """Alice and Bob, who may sign, and Eve, who may not; a plan that two people must approve."""
    keys = tuple(openssh.make_key(tmp_path, name) for name in ("alice", "bob", "eve"))
    _policy(project, "{min: 2}")
    _signers(project, *keys[:2])
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
    _, said = told("approve", "plan.json", "--key", str(eve), "-y")
    assert "is none of the allowed signers': this will not count" in said
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
    _policy(project, "{}")
    _signers(project, openssh.make_key(tmp_path, "alice"))
    code, said = told("run", "plan.json", "-y")
    assert code == 11
    assert "it needs 1 approval, and has none" in said


def test_a_second_look_wants_its_time(project: Path, told: Told, tmp_path: Path) -> None:
    _policy(project, "{cool_down: 10m}")
    alice = openssh.make_key(tmp_path, "alice")
    _signers(project, alice)
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
