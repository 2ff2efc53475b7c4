"""unarchive: a folder whole or not at all, removed only by the run that made it."""

from __future__ import annotations

import io
import os
import tarfile
import zipfile
from pathlib import Path

import pytest

from executor import actions
from executor.actions import CannotStart
from executor.engine.effects import Perform
from executor.events import Key
from executor.model.actions import Unarchive
from executor.model.outcomes import Status
from tests.actions.running import HOSTILE, Here


def tar(path: Path, files: dict[str, str], *, kind: str = "gz") -> Path:
    with tarfile.open(path, f"w:{kind}") as archive:  # type: ignore[call-overload]  # the mode is one of those it knows
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode, entry.uid, entry.gid = len(text), 0o755, 12345, 12345
            archive.addfile(entry, io.BytesIO(text.encode()))
    return path


@pytest.mark.parametrize("name", HOSTILE)
def test_any_name_is_made_and_removed(here: Here, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "in" / name
    folder.mkdir(parents=True)
    archive = tar(tmp_path / "app.tgz", {"bin/run": "x"})
    action = Unarchive(src=str(archive), dest=str(folder / name))
    done = here.do(action)
    assert (done.status, done.changed) == (Status.OK, True), done
    assert (folder / name / "bin" / "run").read_text() == "x"
    assert here.undo(action, done.captured).detail == "removed"
    assert list(folder.iterdir()) == []
    assert not list(here.home.glob("pwned*"))


@pytest.mark.parametrize(("ending", "kind"), [("tar", ""), ("tar.gz", "gz"), ("tar.bz2", "bz2"), ("TXZ", "xz")])
def test_each_kind_of_tar_is_unpacked(here: Here, tmp_path: Path, ending: str, kind: str) -> None:
    archive = tar(tmp_path / f"app.{ending}", {"a/b": "content"}, kind=kind)
    done = here.do(Unarchive(src=str(archive), dest=str(tmp_path / "app")))
    assert done.status is Status.OK, done
    assert (tmp_path / "app" / "a" / "b").read_text() == "content"
    assert (tmp_path / "app" / "a" / "b").stat().st_uid == os.geteuid(), "the builder's ids mean nothing here"
    assert os.access(tmp_path / "app" / "a" / "b", os.X_OK)


def test_a_zip_is_unpacked(here: Here, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "app.zip", "w") as archive:
        archive.writestr("a/b", "content")
    done = here.do(Unarchive(src=str(tmp_path / "app.zip"), dest=str(tmp_path / "app")))
    assert done.status is Status.OK, done
    assert (tmp_path / "app" / "a" / "b").read_text() == "content"


def test_the_folder_has_the_mode_that_the_umask_leaves(here: Here, tmp_path: Path) -> None:
    old = os.umask(0o022)
    try:
        here.do(Unarchive(src=str(tar(tmp_path / "a.tgz", {"f": ""})), dest=str(tmp_path / "app")))
    finally:
        os.umask(old)
    assert (tmp_path / "app").stat().st_mode & 0o777 == 0o755


def test_the_same_archive_again_changes_nothing_and_is_not_undone(here: Here, tmp_path: Path) -> None:
    action = Unarchive(src=str(tar(tmp_path / "a.tgz", {"f": "x"})), dest=str(tmp_path / "app"))
    here.do(action, task="1.1")
    again = here.do(action, task="1.2")
    assert (again.status, again.changed, again.captured) == (Status.OK, False, {})
    undone = here.undo(action, again.captured, task="1.2")
    assert (undone.status, undone.changed) == (Status.OK, False)
    assert (tmp_path / "app" / "f").read_text() == "x"


def test_a_second_attempt_can_still_be_undone(here: Here, tmp_path: Path) -> None:
    action = Unarchive(src=str(tar(tmp_path / "a.tgz", {"f": "x"})), dest=str(tmp_path / "app"))
    here.do(action, attempt=1)  # its answer is lost
    assert here.do(action, attempt=2).changed is True
    here.undo(action, {})
    assert not (tmp_path / "app").exists()
    again = here.undo(action, {"step": "1.1.i0@web1"})
    assert (again.status, again.changed) == (Status.OK, False)


def test_a_folder_of_somebody_else_is_refused_and_left(here: Here, tmp_path: Path) -> None:
    app = tmp_path / "app"
    app.mkdir()
    action = Unarchive(src=str(tar(tmp_path / "a.tgz", {"f": "x"})), dest=str(app))
    done = here.do(action)
    assert done.status is Status.FAILED
    assert done.detail.startswith(f"{app} is there already, and was not made from an archive by a run")
    app.rmdir()
    captured = here.do(action).captured
    other = here.do(Unarchive(src=str(tar(tmp_path / "b.tgz", {"f": "y"})), dest=str(app)), task="1.2")
    assert other.detail.startswith(f"{app} is there already, made from another archive")
    app.rename(tmp_path / "moved")
    app.mkdir()
    undone = here.undo(action, captured)
    assert (undone.status, undone.detail) == (
        Status.FAILED,
        f"{app} is not the folder that this run made: it is left as it is",
    )
    assert app.is_dir()


def test_a_damaged_archive_leaves_nothing(here: Here, tmp_path: Path) -> None:
    whole = tar(tmp_path / "a.tgz", {"f": "x" * 10_000}).read_bytes()
    (tmp_path / "cut.tgz").write_bytes(whole[: len(whole) // 2])
    done = here.do(Unarchive(src=str(tmp_path / "cut.tgz"), dest=str(tmp_path / "app")))
    assert (done.status, done.detail) == (Status.FAILED, "the archive cannot be unpacked")
    assert done.tail, "tar's own words are kept"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.tgz", "cut.tgz", "home"]


def test_an_archive_that_changes_on_the_way_is_not_unpacked(here: Here, tmp_path: Path) -> None:
    archive = tar(tmp_path / "a.tgz", {"f": "x"})
    perform = Perform(Key("web1", "1.1"), on="web1", action=Unarchive(src=str(archive), dest=str(tmp_path / "app")))
    job = actions.job(perform, run="r1", job_id="j")
    archive.write_bytes(archive.read_bytes()[:-1])
    assert actions.result(perform, *here.run(job)).detail == "the archive arrived damaged: nothing was unpacked"
    assert not (tmp_path / "app").exists()


def test_a_missing_tool_is_named(here: Here, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "app.zip", "w") as archive:
        archive.writestr("a", "")
    action = Unarchive(src=str(tmp_path / "app.zip"), dest=str(tmp_path / "app"))
    perform = Perform(Key("web1", "1.1"), on="web1", action=action)
    job = actions.job(perform, run="r1", job_id="j")
    absent = type(job)(id=job.id, script=job.script.replace("-v unzip", "-v no-such-tool"), executable=job.executable)
    assert actions.result(perform, *here.run(absent)).detail == "unzip is not installed on the host"


def test_what_is_no_archive_is_refused_before_anything(tmp_path: Path) -> None:
    (tmp_path / "app.rar").write_text("")
    for name, reason in [("app.rar", "is not an archive that is known here"), ("gone.tgz", "there is no file")]:
        perform = Perform(Key("web1", "1.1"), on="web1", action=Unarchive(src=name, dest="/srv/app"))
        with pytest.raises(CannotStart, match=reason):
            actions.job(perform, run="r1", job_id="j", root=tmp_path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_read_only_folders_inside_are_removed_too(here: Here, tmp_path: Path, public: Path) -> None:
    home = public / "home"
    home.mkdir()
    nobody = here.as_nobody(home)
    action = Unarchive(src=str(tar(tmp_path / "a.tgz", {"d/f": "x"})), dest=str(home / "app"))
    done = nobody.do(action)
    (home / "app" / "d").chmod(0o555)
    assert nobody.undo(action, done.captured).status is Status.OK
    assert not (home / "app").exists()
    assert here.leftovers(home) == []


def test_a_check_makes_nothing(here: Here, tmp_path: Path) -> None:
    action = Unarchive(src=str(tar(tmp_path / "a.tgz", {"f": "x"})), dest=str(tmp_path / "app"))
    assert here.do(action, dry=True).changed is True
    assert not (tmp_path / "app").exists()
