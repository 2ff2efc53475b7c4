"""Secrets are fetched from where the inventory says, and what goes wrong is told without any value."""

from __future__ import annotations

from pathlib import Path

import pytest

from executor.errors import Exit, InvalidInput
from executor.model.inventories import Inventory
from executor.model.places import Place
from executor.model.secrets import FromCommand, FromDotenv, FromFile, FromVariable, SecretSource
from executor.secrets.fetch import Desk, dotenv, fetch

PLACE = Place("inventories/prod.yml", 7, 3)


def got(source: SecretSource, folder: Path, *, at_terminal: bool = False) -> str:
    desk = Desk({"TOKEN": "from-env", "PATH": "/usr/bin:/bin"}, folder, at_terminal)
    return fetch(["it"], Inventory({}, {}, secrets={"it": source}), desk)["it"].reveal()


def test_a_variable_a_command_and_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("line 1\nline 2\n\n")
    assert got(FromVariable("TOKEN"), tmp_path) == "from-env"
    assert got(FromCommand("printf '%s-%s\\n' two words; pwd >/dev/null"), tmp_path) == "two-words"
    assert got(FromFile(str(tmp_path / "key")), tmp_path) == "line 1\nline 2"


def test_a_command_runs_in_the_project_with_its_environment(tmp_path: Path) -> None:
    (tmp_path / "here").write_text("in-the-project")
    assert got(FromCommand("cat here"), tmp_path) == "in-the-project"
    assert got(FromCommand("echo $TOKEN"), tmp_path) == "from-env"


def test_a_dotenv_file_is_read_as_others_read_it(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("A=one\nexport B = two words # remark\nA='the # last'\n")
    assert got(FromDotenv(str(tmp_path / ".env"), "A"), tmp_path) == "the # last"
    assert got(FromDotenv(str(tmp_path / ".env"), "B"), tmp_path) == "two words"


def test_dotenv_values() -> None:
    text = '# A=no\nA="x\\ny \\"q\\" $HOME"\nB=\'a\nb\'\nC=\nD=p#q\nnonsense\nE="open\nF=f\n'
    assert dotenv(text) == {"A": 'x\ny "q" $HOME', "B": "a\nb", "C": "", "D": "p#q", "E": '"open', "F": "f"}


@pytest.mark.parametrize(
    ("source", "why"),
    [
        (FromVariable("UNSET", PLACE), "the environment variable UNSET is not set"),
        (FromCommand("echo hunter2; echo 'no hunter2 today' >&2; exit 3", PLACE), "(exit code 3): no [redacted] today"),
        (FromCommand("kill -9 $$", PLACE), "signal 9"),
        (FromCommand("echo abc", PLACE), "shorter than 4 characters"),
        (FromCommand("true", PLACE), "it is empty"),
        (FromCommand("printf 'hunter2\\000x'", PLACE), "NUL character"),
        (FromCommand("printf 'hunter2\\377'", PLACE), "not UTF-8 text"),
        (FromFile("/nowhere/at/all", PLACE), "No such file"),
        (FromDotenv("/dev/null", "KEY", PLACE), "there is no KEY in /dev/null"),
        (FromFile("/dev/zero", PLACE), "larger than 1 MB"),
    ],
)
def test_what_goes_wrong_has_its_place_and_no_value(source: SecretSource, why: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        got(source, tmp_path)
    (problem,) = caught.value.problems
    assert problem.message.startswith("the secret 'it' could not be fetched: ")
    assert why in problem.message
    assert "hunter2" not in problem.message
    assert problem.place == PLACE
    assert caught.value.exit_code is Exit.INVALID


def test_all_that_cannot_be_fetched_is_told_at_once(tmp_path: Path) -> None:
    inventory = Inventory({}, {}, secrets={"a": FromVariable("A"), "b": FromVariable("B")})
    with pytest.raises(InvalidInput) as caught:
        fetch(["a", "b"], inventory, Desk({}, tmp_path))
    assert len(caught.value.problems) == 2


def test_only_what_is_asked_for_is_fetched(tmp_path: Path) -> None:
    other = FromCommand(f"touch {tmp_path}/fetched; echo value")
    inventory = Inventory({}, {}, secrets={"a": FromVariable("A"), "b": other})
    assert list(fetch(["a"], inventory, Desk({"A": "value"}, tmp_path))) == ["a"]
    assert not (tmp_path / "fetched").exists()
