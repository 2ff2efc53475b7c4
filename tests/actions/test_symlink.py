"""symlink: switched in one step, and pointed back where it pointed."""

from __future__ import annotations

from pathlib import Path

import pytest

from executor.model.actions import Symlink
from executor.model.outcomes import Status
from tests.actions.running import HOSTILE, Here


@pytest.mark.parametrize("name", HOSTILE)
def test_any_name_is_linked_and_undone(here: Here, tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    (folder / "there").mkdir()
    action = Symlink(dest=str(folder / name), to=str(folder))
    done = here.do(action)
    assert (done.status, done.changed) == (Status.OK, True), done
    assert (folder / name).readlink() == folder
    assert here.undo(action, done.captured).status is Status.OK
    assert sorted(path.name for path in folder.iterdir()) == ["there"]
    assert not list(here.home.glob("pwned*"))


@pytest.mark.parametrize("target", ["ends in\n", "-x", "a b", "größe", "../up"])
def test_any_target_is_linked_to_and_restored(here: Here, tmp_path: Path, target: str) -> None:
    dest = tmp_path / "l"
    dest.symlink_to(target)
    action = Symlink(dest=str(dest), to=f"{target}2")
    done = here.do(action)
    assert str(dest.readlink()) == f"{target}2"
    assert done.captured["before"] == target
    here.undo(action, done.captured)
    assert str(dest.readlink()) == target


def test_a_link_to_a_folder_is_replaced_and_not_entered(here: Here, tmp_path: Path) -> None:
    for name in ("v1", "v2"):
        (tmp_path / name).mkdir()
    dest = tmp_path / "current"
    dest.symlink_to(tmp_path / "v1")
    action = Symlink(dest=f"{dest}/", to=str(tmp_path / "v2"))
    done = here.do(action)
    assert done.detail == f"{tmp_path}/v1 -> {tmp_path}/v2"
    assert dest.readlink() == tmp_path / "v2"
    undone = here.undo(action, done.captured)
    assert undone.detail == f"points at {tmp_path}/v1 again"
    assert dest.readlink() == tmp_path / "v1"
    assert list((tmp_path / "v1").iterdir()) == list((tmp_path / "v2").iterdir()) == []
    assert here.leftovers(tmp_path) == []


def test_a_second_time_changes_nothing(here: Here, tmp_path: Path) -> None:
    action = Symlink(dest=str(tmp_path / "l"), to="x")
    assert here.do(action, task="1.1").detail == "to x (nothing is there yet)"
    again = here.do(action, task="1.2")
    assert (again.status, again.changed, again.captured) == (Status.OK, False, {})


def test_what_is_no_link_is_left_alone(here: Here, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    for name, reason in [
        ("folder", "is a folder, not a link: move it away first"),
        ("file", "is a file, not a link: move it away first"),
    ]:
        done = here.do(Symlink(dest=str(tmp_path / name), to="x"))
        assert (done.status, done.detail) == (Status.FAILED, f"{tmp_path}/{name} {reason}")
    gone = here.do(Symlink(dest=str(tmp_path / "gone" / "l"), to="x"))
    assert gone.detail == f"there is no folder {tmp_path}/gone on the host"


def test_undo_leaves_a_link_that_somebody_else_changed_since(here: Here, tmp_path: Path) -> None:
    dest = tmp_path / "l"
    dest.symlink_to("v1")
    action = Symlink(dest=str(dest), to="v2")
    done = here.do(action)
    dest.unlink()
    dest.symlink_to("v3")
    undone = here.undo(action, done.captured)
    assert (undone.status, undone.detail) == (
        Status.FAILED,
        f"{dest} points at v3 now: something else has changed it since",
    )
    assert str(dest.readlink()) == "v3"


def test_undoing_twice_is_undoing_once(here: Here, tmp_path: Path) -> None:
    for old in (None, "v1"):
        dest = tmp_path / "l"
        if old is not None:
            dest.symlink_to(old)
        action = Symlink(dest=str(dest), to="v2")
        done = here.do(action)
        here.undo(action, done.captured)
        again = here.undo(action, done.captured)
        assert (again.status, again.changed) == (Status.OK, False)
        assert (str(dest.readlink()) if dest.is_symlink() else None) == old


def test_a_second_attempt_knows_what_the_first_replaced(here: Here, tmp_path: Path) -> None:
    dest = tmp_path / "l"
    dest.symlink_to("v1")
    action = Symlink(dest=str(dest), to="v2")
    here.do(action, attempt=1)  # its answer is lost
    second = here.do(action, attempt=2)
    assert (second.changed, second.captured["before"]) == (True, "v1")
    here.undo(action, {})
    assert str(dest.readlink()) == "v1"
    assert here.undo(action, {}).detail == "the step had changed nothing"


def test_a_check_changes_nothing(here: Here, tmp_path: Path) -> None:
    dest = tmp_path / "l"
    dest.symlink_to("v1")
    assert here.do(Symlink(dest=str(dest), to="v2"), dry=True).detail == "v1 -> v2 (nothing is there yet)"
    assert here.do(Symlink(dest=str(dest), to="v1"), dry=True).changed is False
    assert str(dest.readlink()) == "v1"
    assert not (here.home / ".runbook").exists()
