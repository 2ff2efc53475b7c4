"""fetch: a file of a host becomes a local one, whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from executor import actions
from executor.actions import CannotStart
from executor.engine.effects import Perform
from executor.events import Key
from executor.hosts.protocol import JobEnd
from executor.model.actions import Fetch
from executor.model.outcomes import Result, Status
from tests.actions.running import HOSTILE, Here


def fetch(
    here: Here, src: Path | str, dest: str, root: Path, *, dry: bool = False, creates: str | None = None, piece: int = 7
) -> Result:
    perform = Perform(Key("web1", "1.1"), on="web1", action=Fetch(str(src), dest), dry=dry, creates=creates)
    receiver = actions.receiver(perform, root=root)
    assert receiver is not None
    end, stdout, stderr = here.run(actions.job(perform, run="r1", job_id="j"))
    for start in range(0, len(stdout), piece):
        receiver.output("stdout", stdout[start : start + piece])
    receiver.output("stderr", stderr)
    return receiver.result(end)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "project").mkdir()
    return tmp_path / "project"


@pytest.mark.parametrize("name", HOSTILE)
def test_any_name_is_fetched(here: Here, tmp_path: Path, root: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\x00\xffcontent\n\nrunbook-end all_\n")
    done = fetch(here, tmp_path / name, f"{name}/{name}", root)
    assert (done.status, done.changed) == (Status.OK, True), done
    assert (root / name / name).read_bytes() == b"\x00\xffcontent\n\nrunbook-end all_\n"
    assert not list(here.home.glob("pwned*"))


@pytest.mark.parametrize("content", [b"", b"x", b"x" * 17, b"y" * 100_000])
def test_every_size_arrives_whole(here: Here, tmp_path: Path, root: Path, content: bytes) -> None:
    (tmp_path / "f").write_bytes(content)
    assert fetch(here, tmp_path / "f", "f", root, piece=4096).changed is True
    assert (root / "f").read_bytes() == content
    assert fetch(here, tmp_path / "f", "f", root, piece=4096).changed is False, "a second time changes nothing"
    assert [path.name for path in root.iterdir()] == ["f"]


def test_what_few_may_read_there_few_may_read_here(here: Here, tmp_path: Path, root: Path) -> None:
    for name, there, local in [("open", 0o664, 0o644), ("closed", 0o640, 0o600)]:
        (tmp_path / name).write_text("x")
        (tmp_path / name).chmod(there)
        fetch(here, tmp_path / name, name, root)
        assert (root / name).stat().st_mode & 0o777 == local


def test_what_cannot_be_fetched_says_why_and_leaves_the_old_file(here: Here, tmp_path: Path, root: Path) -> None:
    (root / "f").write_text("old")
    for src, reason in [
        (tmp_path / "gone", f"there is no file {tmp_path}/gone on the host"),
        (tmp_path, f"{tmp_path} is a folder: src names one file"),
    ]:
        done = fetch(here, src, "f", root)
        assert (done.status, done.detail) == (Status.FAILED, reason)
    assert (root / "f").read_text() == "old"


def test_a_file_that_was_cut_short_on_the_way_is_not_kept(root: Path) -> None:
    perform = Perform(Key("web1", "1.1"), on="web1", action=Fetch("/f", "f"))
    for end, status in [
        (JobEnd("exited", 0), Status.FAILED),
        (JobEnd("unreachable", None, "gone"), Status.UNREACHABLE),
    ]:
        receiver = actions.receiver(perform, root=root)
        assert receiver is not None
        receiver.output("stdout", b"some of the content, but no end of it")
        assert receiver.result(end).status is status
        assert list(root.iterdir()) == []


def test_nothing_is_written_outside_the_project(root: Path) -> None:
    (root / "way-out").symlink_to("/tmp")  # noqa: S108  # a folder outside, whichever it is
    (root / "folder").mkdir()
    for dest, reason in [
        ("../f", "lies outside the project's folder"),
        ("/etc/f", "lies outside the project's folder"),
        ("way-out/f", "lies outside the project's folder"),
        ("folder", "is a folder"),
        ("new/", "is a folder"),
    ]:
        with pytest.raises(CannotStart, match=reason):
            actions.receiver(Perform(Key("web1", "1.1"), on="web1", action=Fetch("/f", dest)), root=root)


def test_a_link_in_place_of_the_file_is_replaced_and_not_followed(here: Here, tmp_path: Path, root: Path) -> None:
    (tmp_path / "f").write_text("new")
    (tmp_path / "outside").write_text("old")
    (root / "f").symlink_to(tmp_path / "outside")
    assert fetch(here, tmp_path / "f", "f", root).changed is True
    assert (tmp_path / "outside").read_text() == "old"
    assert (root / "f").read_text() == "new"


def test_checks_and_guards_write_nothing(here: Here, tmp_path: Path, root: Path) -> None:
    (tmp_path / "f").write_text("x")
    assert fetch(here, tmp_path / "f", "f", root, dry=True).detail == f"would become {root / 'f'}"
    skipped = fetch(here, tmp_path / "f", "f", root, creates=str(tmp_path))
    assert (skipped.changed, skipped.detail) == (False, f"{tmp_path} is there already")
    assert list(root.iterdir()) == []


def test_a_check_compares_what_is_here_with_what_is_there(here: Here, tmp_path: Path, root: Path) -> None:
    (tmp_path / "f").write_bytes(b"x\0y\n" * 1000)
    fetch(here, tmp_path / "f", "f", root)
    same = fetch(here, tmp_path / "f", "f", root, dry=True)
    assert (same.changed, same.detail) == (False, "")
    (root / "f").write_bytes(b"x")
    assert fetch(here, tmp_path / "f", "f", root, dry=True).changed is True
    assert (root / "f").read_bytes() == b"x"


def test_a_local_folder_that_cannot_be_written_is_a_failure_with_its_reason(
    here: Here, tmp_path: Path, root: Path
) -> None:
    (tmp_path / "f").write_text("x")
    (root / "not-a-folder").write_text("")
    done = fetch(here, tmp_path / "f", "not-a-folder/f", root)
    assert done.status is Status.FAILED
    assert "cannot be written" in done.detail
