"""Files of allowed signers mean what they mean to ssh-keygen."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from executor.approvals.allowed import matches, people, signers
from executor.approvals.approval import NAMESPACE
from executor.errors import InvalidInput
from tests.approvals import openssh

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return openssh.make_key(tmp_path_factory.mktemp("keys"), "alice")


@pytest.mark.parametrize(
    ("options", "counts"),
    [
        ("", True),
        ('namespaces="runbook-plan"', True),
        ('namespaces="git,runbook-*"', True),
        ('namespaces="git,file"', False),
        ('namespaces="*,!runbook-plan"', False),
        ('NAMESPACES="runbook-plan"', True),
        ('valid-after="20260601Z"', True),
        ('valid-after="20260602Z"', False),
        ('valid-before="20260602Z"', True),
        ('valid-before="20260601Z"', False),
        ('valid-after="202606011159Z",valid-before="20260601120001Z"', True),
        ('valid-before="20260601115959Z",namespaces="runbook-plan"', False),
        ("cert-authority", False),
        ('cert-authority,namespaces="runbook-plan"', False),
    ],
)
def test_a_line_lets_its_key_sign_where_openssh_would_let_it(
    options: str, counts: bool, key: Path, tmp_path: Path
) -> None:
    line = f"alice@example.com {options} {openssh.public(key)} a comment\n"
    (signer,) = signers(line, "allowed_signers")
    assert (signer.why_not(NAMESPACE, NOW) == "") is counts
    assert _openssh(tmp_path, line, key, "alice@example.com") is counts


def _openssh(folder: Path, line: str, key: Path, who: str) -> bool:
    (folder / "allowed_signers").write_text(line)
    (folder / "signature").write_bytes(openssh.sign(key, b"plan"))
    words = [
        "-f",
        "allowed_signers",
        "-I",
        who,
        "-n",
        NAMESPACE,
        "-s",
        "signature",
        "-O",
        "verify-time=20260601120000Z",
    ]
    ended = subprocess.run(
        ["ssh-keygen", "-Y", "verify", *words], input=b"plan", cwd=folder, capture_output=True, check=False
    )
    return ended.returncode == 0


@pytest.mark.parametrize(
    ("patterns", "who", "means"),
    [
        ("alice@example.com", "alice@example.com", True),
        ("bob,alice", "alice", True),
        ("*@example.com", "alice@example.com", True),
        ("a?ice", "alice", True),
        ("a[l]ice", "alice", False),
        ("*,!alice", "alice", False),
        ("!bob", "alice", False),
        ("Alice", "alice", False),
        ('"alice smith"', "alice smith", True),
    ],
)
def test_names_are_patterns_as_for_openssh(patterns: str, who: str, means: bool, key: Path, tmp_path: Path) -> None:
    line = f"{patterns} {openssh.public(key)}\n"
    (signer,) = signers(line, "allowed_signers")
    assert matches(who, signer.principals) is means
    assert _openssh(tmp_path, line, key, who) is means


def test_a_time_without_a_z_is_the_local_clocks(key: Path) -> None:
    (signer,) = signers(f'alice valid-before="20260601120000" {openssh.public(key)}', "allowed_signers")
    assert signer.before is not None
    assert signer.before == datetime(2026, 6, 1, 12, 0).astimezone()


def test_comments_and_empty_lines_are_passed_over_and_lines_counted(key: Path) -> None:
    (signer,) = signers(f"# who\n\n  \t\n alice {openssh.public(key)}\r\n", "allowed_signers")
    assert signer.line == 4


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("alice", "no key after the name"),
        ("alice ssh-ed25519", "no public key"),
        ("alice ssh-ed25519 !!!", "no public key"),
        ("alice ssh-ed25519 AAAA=A", "damaged"),
        ("alice ssh-rsa {ed25519}", "not of the type ssh-rsa"),
        ("alice zone-transfer {key}", "'zone-transfer' is not known"),
        ('alice valid-before="soon" {key}', "'soon' is no time"),
        ('alice valid-before="20261301" {key}', ""),
        ("alice namespaces {key}", "not as it should be"),
        ('alice cert-authority="yes" {key}', "not as it should be"),
        ('alice namespaces="" {key}', "empty"),
        ('alice valid-after="20260602",valid-before="20260601" {key}', "not before"),
        ('alice namespaces="a" namespaces="b" {key}', "no public key"),
        (", {key}", "empty"),
    ],
)
def test_a_line_that_makes_no_sense_is_told_with_its_place(line: str, wrong: str, key: Path) -> None:
    known = openssh.public(key)
    text = f"# first\n{line.format(key=known, ed25519=known.split()[1])}\n"
    with pytest.raises(InvalidInput) as told:
        signers(text, "inventories/allowed_signers")
    (problem,) = told.value.problems
    assert wrong in problem.message
    assert str(problem.place) == "inventories/allowed_signers:2:1"


def _persons(folder: Path, *names: str) -> int:
    """How many people there are among keys with these names."""
    lines = [f"{name} {openssh.public(openssh.make_key(folder, str(n)))}" for n, name in enumerate(names)]
    return len(set(people(signers("\n".join(lines), "f")).values()))


def test_two_keys_under_one_name_are_one_persons(tmp_path: Path) -> None:
    assert _persons(tmp_path, "alice", "alice") == 1


def test_keys_are_one_persons_along_a_chain_of_names(tmp_path: Path) -> None:
    assert _persons(tmp_path, "alice", "alice@work", "bob", "alice,alice@work") == 2


def test_a_pattern_may_mean_the_same_person(tmp_path: Path) -> None:
    assert _persons(tmp_path, "*@example.com", "alice@example.com", "bob@example.org") == 2


def test_one_key_under_two_names_is_one_persons(key: Path) -> None:
    line = openssh.public(key)
    assert len(people(signers(f"alice {line}\nbob {line}", "f"))) == 1
