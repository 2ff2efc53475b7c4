"""A look beforehand whether a file action can still be undone: the answer of its undoing, and no change to the host."""

from __future__ import annotations

import tarfile
from collections.abc import Mapping
from pathlib import Path

from executor.model.actions import Copy, Symlink, Unarchive
from executor.model.outcomes import Result, Status
from tests.actions.running import Here


def tree(folder: Path) -> Mapping[str, tuple[int, bytes | str]]:
    """Everything below a folder: modes and contents."""
    return {str(path): (path.lstat().st_mode, _content(path)) for path in sorted(folder.rglob("*"))}


def _content(path: Path) -> bytes | str:
    if path.is_symlink():
        return str(path.readlink())
    return path.read_bytes() if path.is_file() else ""


def looked(here: Here, folder: Path, action: Copy | Symlink | Unarchive, captured: Mapping[str, str]) -> Result:
    """The look's answer; nothing has changed, in the home or beside the file."""
    before = tree(folder)  # the host's home is in it, too
    result = here.undo(action, captured, dry=True)
    assert tree(folder) == before
    return result


def test_what_is_as_it_was_left_can_be_undone(here: Here, tmp_path: Path) -> None:
    (tmp_path / "f").write_text("old")
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        archive.add(tmp_path / "f", "f")
    for action in (
        Copy(dest=str(tmp_path / "f"), content="new"),
        Symlink(dest=str(tmp_path / "l"), to="somewhere"),
        Unarchive(src=str(tmp_path / "a.tar"), dest=str(tmp_path / "d")),
    ):
        done = here.do(action)
        for captured in (done.captured, {}):
            assert looked(here, tmp_path, action, captured).status is Status.OK
        assert here.undo(action, done.captured).status is Status.OK
        assert looked(here, tmp_path, action, done.captured).status is Status.OK  # it is undone already


def test_a_file_that_was_changed_since_is_told(here: Here, tmp_path: Path) -> None:
    action = Copy(dest=str(tmp_path / "f"), content="new")
    done = here.do(action)
    (tmp_path / "f").write_text("by hand")
    result = looked(here, tmp_path, action, done.captured)
    assert result.status is Status.FAILED
    assert "has been changed by something else since" in result.detail


def test_what_was_not_kept_is_told(here: Here, tmp_path: Path) -> None:
    """keep: false, and what the host has cleared away since."""
    (tmp_path / "f").write_text("old")
    action = Copy(dest=str(tmp_path / "f"), content="new", keep=False)
    done = here.do(action)
    assert "keep: false" in looked(here, tmp_path, action, done.captured).detail
    kept = Copy(dest=str(tmp_path / "f"), content="newer")
    done = here.do(kept, task="1.2")
    Path(done.captured["slot"]).rename(tmp_path / "cleared")
    assert "is no longer kept on the host" in here.undo(kept, done.captured, task="1.2", dry=True).detail


def test_a_link_that_points_elsewhere_is_told(here: Here, tmp_path: Path) -> None:
    action = Symlink(dest=str(tmp_path / "l"), to="somewhere")
    done = here.do(action)
    (tmp_path / "l").unlink()
    (tmp_path / "l").symlink_to("elsewhere")
    assert "points at elsewhere now" in looked(here, tmp_path, action, done.captured).detail


def test_a_folder_that_somebody_else_has_put_there_is_told(here: Here, tmp_path: Path) -> None:
    (tmp_path / "f").write_text("x")
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        archive.add(tmp_path / "f", "f")
    action = Unarchive(src=str(tmp_path / "a.tar"), dest=str(tmp_path / "d"))
    done = here.do(action)
    (tmp_path / "d").rename(tmp_path / "away")
    (tmp_path / "d").mkdir()
    assert "is not the folder that this run made" in looked(here, tmp_path, action, done.captured).detail
