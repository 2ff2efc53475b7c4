"""Every bad file gets its messages, all of them at once, each with a place: never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from executor.errors import Exit, InvalidInput
from executor.language import load_inventory, load_runbook, render
from tests.language.golden import DATA, matches

BAD = DATA / "bad"


@pytest.mark.parametrize("name", sorted(path.stem for path in BAD.glob("*.yml")))
def test_a_bad_file_is_told_of_as_its_golden_file_says(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(BAD)
    with pytest.raises(InvalidInput) as caught:
        _load(f"{name}.yml")
    assert caught.value.exit_code is Exit.INVALID
    assert matches(BAD / f"{name}.txt", "\n\n".join(map(render, caught.value.problems)) + "\n")


def _load(file: str) -> object:
    return load_inventory([file], root=BAD) if file.startswith("inventory-") else load_runbook(Path(file), root=BAD)
