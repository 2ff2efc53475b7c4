"""What an inventory's policy says of approvals."""

from __future__ import annotations

from pathlib import Path

import pytest

from executor.errors import InvalidInput
from executor.language import load_inventory
from executor.language.inventory.policies import approvals_in
from executor.model.inventories import Approvals


def _approvals(folder: Path, *policies: str) -> tuple[Approvals, ...]:
    names = []
    for number, policy in enumerate(policies):
        file = folder / f"{number}.yml"
        file.write_text(f"hosts: {{web{number}: {{}}}}\n{policy}\n")
        names.append(str(file))
    return load_inventory(names, root=folder).approvals


def test_all_that_approvals_can_say(tmp_path: Path) -> None:
    found = _approvals(tmp_path, "policy: {approvals: {min: 2, signers: keys/signers, cool_down: 10m}}")
    assert found == (Approvals(str(tmp_path / "keys/signers"), 2, 600.0),)


def test_one_person_who_is_in_the_file_beside_the_inventory_unless_said_otherwise(tmp_path: Path) -> None:
    assert _approvals(tmp_path, "policy: {approvals: {}}") == (Approvals(str(tmp_path / "allowed_signers")),)


def test_an_inventory_that_does_not_speak_of_approvals_asks_for_none(tmp_path: Path) -> None:
    assert _approvals(tmp_path, "policy: {lock: x}") == ()


def test_of_two_inventories_each_holds(tmp_path: Path) -> None:
    found = _approvals(tmp_path, "policy: {approvals: {min: 2}}", "policy: {approvals: {cool_down: 1h}}")
    signers = str(tmp_path / "allowed_signers")
    assert found == (Approvals(signers, 2), Approvals(signers, 1, 3600.0))


@pytest.mark.parametrize(
    ("written", "wrong"),
    [
        ("{min: 0}", "min"),
        ("{min: two}", "min"),
        ("{cool_down: 5x}", "cool_down"),
        ("{signers: ''}", "signers"),
        ("{signer: me}", "signer"),
        ("[me]", "approvals"),
        ("{min: 1.5}", "min"),
    ],
)
def test_what_makes_no_sense_is_told_with_its_place(tmp_path: Path, written: str, wrong: str) -> None:
    with pytest.raises(InvalidInput) as told:
        _approvals(tmp_path, f"policy: {{approvals: {written}}}")
    (problem,) = told.value.problems
    assert wrong in problem.message
    assert problem.place is not None
    assert problem.place.line == 2


def test_a_files_own_policy_is_read_without_what_lies_around_it(tmp_path: Path) -> None:
    (tmp_path / "group_vars").mkdir()
    (tmp_path / "group_vars/all.yml").write_text("$ANSIBLE_VAULT;1.1;AES256\n00\n")
    file = tmp_path / "prod.yml"
    file.write_text("hosts: {web1: {address: 203.0.113.1}, web2: {}}\npolicy: {approvals: {min: 2}}\n")
    known, wanted = approvals_in(file, tmp_path)
    assert known == {"web1", "203.0.113.1", "web2"}
    assert wanted == (Approvals(str(tmp_path / "allowed_signers"), 2),)


@pytest.mark.parametrize("text", ["", "all: {hosts: {web1: {}}}\n", "#!/bin/false approvals\n{}\n"])
def test_what_is_not_of_our_own_format_asks_for_nothing_and_is_not_run(tmp_path: Path, text: str) -> None:
    file = tmp_path / "other.yml"
    file.write_text(text)
    file.chmod(0o755)
    assert approvals_in(file, tmp_path) == (frozenset(), ())


def test_a_file_that_is_wrong_is_told(tmp_path: Path) -> None:
    file = tmp_path / "prod.yml"
    file.write_text("hosts: {web1: {}}\npolicy: {approvals: {min: none}}\n")
    with pytest.raises(InvalidInput):
        approvals_in(file, tmp_path)
