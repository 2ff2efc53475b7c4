"""Where runs are kept: private, and never at the cost of a folder that is not ours alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from executor.errors import RunbookError
from executor.journal import folders

RUN = "20260314-101502-k7wm"


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_only_the_owner_can_enter_a_run(tmp_path: Path) -> None:
    folder = folders.create(tmp_path / "new" / "state", RUN, "{}")
    assert [mode(path) for path in (folder.path, folder.path.parent, folder.path.parent.parent)] == [0o700] * 3
    assert mode(folder.plan) == 0o600


def test_a_state_folder_that_is_there_keeps_its_mode_and_what_is_made_in_it_is_private(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "runs").mkdir(mode=0o755)
    folders.create(tmp_path, RUN, "{}")
    assert (mode(tmp_path), mode(tmp_path / "runs")) == (0o755, 0o700)


def test_a_link_in_the_place_of_the_state_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(RunbookError, match="it is a link"):
        folders.create(tmp_path / "link", RUN, "{}")


def test_a_place_where_nothing_can_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunbookError, match=r"cannot write to .*/file/state: Not a directory"):
        folders.create(tmp_path / "file" / "state", RUN, "{}")
