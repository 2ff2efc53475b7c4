"""What cannot be a runbook is refused before any parser sees it, with exit 3 and never a traceback."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from executor.errors import InvalidInput
from executor.language import load_inventory, load_runbook
from executor.language.sources import MAX_BYTES, place_at, shown


def make_nothing(_: Path) -> None:
    pass


def make_folder(path: Path) -> None:
    path.mkdir()


def make_fifo(path: Path) -> None:
    os.mkfifo(path)


def make_huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(100 * 1024 * 1024)


def make_link_to_itself(path: Path) -> None:
    path.symlink_to(path)


CASES: list[tuple[Callable[[Path], None], str]] = [
    (make_nothing, "there is no"),
    (make_folder, "folder"),
    (make_fifo, "not a regular file"),
    (make_huge, "larger than 4 MB"),
    (make_link_to_itself, "symbolic links"),
]


@pytest.mark.parametrize(("make", "said"), CASES)
def test_what_is_no_readable_file_is_named_as_what_it_is(
    make: Callable[[Path], None], said: str, tmp_path: Path
) -> None:
    path = tmp_path / "r.yml"
    make(path)
    with pytest.raises(InvalidInput, match=said):
        load_runbook(path)


def test_an_inventory_is_bounded_as_a_runbook_is(tmp_path: Path) -> None:
    make_huge(tmp_path / "i.yml")
    with pytest.raises(InvalidInput, match="larger than 4 MB"):
        load_inventory([str(tmp_path / "i.yml")], root=tmp_path)


def test_a_file_of_exactly_the_bound_is_read(tmp_path: Path) -> None:
    text = b"name: x\nstages: [{name: s, hosts: web, steps: [{shell: x}]}]\n#"
    (tmp_path / "r.yml").write_bytes(text + b"." * (MAX_BYTES - len(text)))
    assert load_runbook(tmp_path / "r.yml").name == "x"


def test_an_unreadable_file_is_told_in_words(tmp_path: Path) -> None:
    """Root may read everything, so that the file here is one that nobody can: below another file."""
    (tmp_path / "file").write_text("x")
    with pytest.raises(InvalidInput, match="not a directory"):
        load_runbook(tmp_path / "file" / "r.yml", root=tmp_path)


def test_a_place_counts_the_line_breaks_that_yaml_counts() -> None:
    place = place_at("a\r\nb\rc\u2028dé", "f")
    assert (place.line, place.column) == (4, 3)


def test_a_path_is_shown_as_it_would_be_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert shown(tmp_path / "a" / ".." / "b.yml") == "b.yml"
    assert shown(tmp_path.parent / "b.yml") == str(tmp_path.parent / "b.yml")
