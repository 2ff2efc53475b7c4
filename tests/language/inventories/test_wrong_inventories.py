"""Every wrong inventory of Ansible's gets its messages, all of them at once, each with a place: never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from executor.errors import Exit, InvalidInput
from executor.language import load_inventory, render
from tests.language.golden import matches

BAD = Path(__file__).parent / "data" / "bad"


@pytest.mark.parametrize("name", sorted(path.name for path in BAD.iterdir() if path.suffix != ".txt"))
def test_a_wrong_inventory_is_told_of_as_its_golden_file_says(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(BAD)
    with pytest.raises(InvalidInput) as caught:
        load_inventory([name], root=BAD)
    assert caught.value.exit_code is Exit.INVALID
    assert matches(BAD / f"{name}.txt", "\n\n".join(map(render, caught.value.problems)) + "\n")
