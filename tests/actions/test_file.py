"""copy and template: written whole or not at all, and put back byte for byte and mode for mode."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock

from executor import actions
from executor.actions import CannotStart
from executor.engine.effects import Perform
from executor.events import Key
from executor.model.actions import Copy, TemplateFile
from executor.model.outcomes import Status
from tests.actions.running import HOSTILE, Here


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o7777


@pytest.mark.parametrize("name", HOSTILE)
def test_any_name_is_written_and_undone(here: Here, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "folder" / name
    folder.mkdir(parents=True)
    action = Copy(dest=str(folder / name), content="new\n", mode="0640")
    first = here.do(action)
    assert (first.status, first.changed, first.detail) == (Status.OK, True, "created")
    assert (folder / name).read_bytes() == b"new\n"
    assert mode(folder / name) == 0o640
    undone = here.undo(action, first.captured)
    assert (undone.status, undone.changed) == (Status.OK, True), undone
    assert list(folder.iterdir()) == []
    assert not list(here.home.glob("pwned*"))


@pytest.mark.parametrize("name", ["-rf", "two words", "*"])
def test_a_relative_name_is_taken_from_the_working_folder(here: Here, name: str) -> None:
    action = Copy(dest=name, content="x")
    assert here.do(action).changed is True
    assert (here.home / name).read_bytes() == b"x"


def test_a_tilde_is_the_home_folder(here: Here) -> None:
    assert here.do(Copy(dest="~/x", content="x")).changed is True
    assert (here.home / "x").read_bytes() == b"x"


CONTENTS = [
    b"",
    b"no newline",
    b"\x00\xff\xfe binary \r\n\x1b[31m",
    b"outcome 6368616e676564\nrunbook-end\n",
    b"x" * 300_000,
]


@pytest.mark.parametrize("content", CONTENTS, ids=["empty", "no newline", "binary", "forged answer", "large"])
def test_content_arrives_and_comes_back_byte_for_byte(here: Here, tmp_path: Path, content: bytes) -> None:
    source, dest = tmp_path / "source", tmp_path / "dest"
    source.write_bytes(content)
    dest.write_bytes(content[::-1] + b"before")
    dest.chmod(0o751)
    os.utime(dest, (1_000_000_000, 1_000_000_000))
    action = Copy(dest=str(dest), src=str(source))
    done = here.do(action)
    assert dest.read_bytes() == content
    assert mode(dest) == 0o751, "the mode stays where none is said"
    here.undo(action, done.captured)
    assert dest.read_bytes() == content[::-1] + b"before"
    assert mode(dest) == 0o751
    assert dest.stat().st_mtime == 1_000_000_000
    assert here.leftovers(tmp_path) == []


def test_no_mode_at_all_is_a_mode(here: Here, tmp_path: Path) -> None:
    action = Copy(dest=str(tmp_path / "f"), content="x", mode="0000")
    assert here.do(action).status is Status.OK
    assert mode(tmp_path / "f") == 0


def test_a_second_time_changes_nothing(here: Here, tmp_path: Path) -> None:
    action = Copy(dest=str(tmp_path / "f"), content="x", mode="600")
    here.do(action, task="1.1")
    before = (tmp_path / "f").stat()
    again = here.do(action, task="1.2")
    assert (again.status, again.changed, again.captured) == (Status.OK, False, {})
    assert (tmp_path / "f").stat().st_ino == before.st_ino
    assert here.leftovers(tmp_path) == []


def test_a_new_file_has_the_mode_that_the_umask_leaves(here: Here, tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        here.do(Copy(dest=str(tmp_path / "f"), content="x"))
    finally:
        os.umask(old)
    assert mode(tmp_path / "f") == 0o640


def test_a_change_of_mode_alone_is_made_and_undone(here: Here, tmp_path: Path) -> None:
    dest = tmp_path / "f"
    dest.write_text("same")
    dest.chmod(0o644)
    action = Copy(dest=str(dest), content="same", mode="4755")
    done = here.do(action)
    assert (done.changed, done.detail) == (True, "mode 644 -> 4755")
    assert mode(dest) == 0o4755
    here.undo(action, done.captured)
    assert (mode(dest), dest.read_text()) == (0o644, "same")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_owner_and_group_are_set_kept_and_put_back(here: Here, tmp_path: Path) -> None:
    dest = tmp_path / "f"
    dest.write_text("old")
    os.chown(dest, 65534, 65534)
    kept = here.do(Copy(dest=str(dest), content="new"), task="1.1")
    assert kept.changed is True
    assert (dest.stat().st_uid, dest.stat().st_gid) == (65534, 65534), "nothing said: it stays whose it was"
    action = Copy(dest=str(dest), content="newer", owner="root", group="0")
    done = here.do(action, task="1.2")
    assert (dest.stat().st_uid, dest.stat().st_gid) == (0, 0)
    assert done.detail == "content, owner, group"
    here.undo(action, done.captured, task="1.2")
    assert (dest.stat().st_uid, dest.read_text()) == (65534, "new")


def test_an_unknown_owner_writes_nothing(here: Here, tmp_path: Path) -> None:
    done = here.do(Copy(dest=str(tmp_path / "f"), content="x", owner="nobody-of-that-name"))
    assert done.status is Status.FAILED
    assert "cannot be set to nobody-of-that-name" in done.detail
    assert list(tmp_path.iterdir()) == [here.home]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_what_the_user_may_not_do_is_said_and_nothing_written(here: Here, public: Path) -> None:
    home, closed = public / "home", public / "closed"
    home.mkdir()
    closed.mkdir(mode=0o755)
    nobody = here.as_nobody(home)
    done = nobody.do(Copy(dest=str(closed / "f"), content="x"))
    assert (done.status, done.detail) == (Status.FAILED, f"the user nobody may not write in {closed}")
    theirs = home / "roots"
    theirs.write_text("old")
    theirs.chmod(0o644)
    done = nobody.do(Copy(dest=str(theirs), content="x"))
    assert done.detail == f"{theirs} belongs to user 0, and only root can leave it so: say become, or owner"
    assert theirs.read_text() == "old"
    theirs.chmod(0o600)
    assert nobody.do(Copy(dest=str(theirs), content="x")).detail == f"the user nobody may not read {theirs}"
    assert here.leftovers(public) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_what_root_keeps_lies_in_no_other_users_home(here: Here, tmp_path: Path) -> None:
    os.chown(here.home, 65534, 65534)  # as under a sudo that leaves HOME alone
    dest = tmp_path / "f"
    dest.write_text("old")
    action = Copy(dest=str(dest), content="new")
    task = f"test-{os.getpid()}-{here.shell.replace(' ', '-')}"
    done = here.do(action, task=task)
    slot = Path(done.captured["slot"])
    try:
        assert slot.is_relative_to(Path("~root").expanduser())
        assert list(here.home.iterdir()) == []
    finally:
        here.undo(action, done.captured, task=task)
    assert not slot.exists()


@pytest.fixture
def spare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The place of a user without a home, which is one for the whole machine: a test after the other has it."""
    with FileLock(tmp_path_factory.getbasetemp().parent / "spare.lock"):
        folder = Path("/var/tmp/.runbook-65534")  # noqa: S108  the place that is promised
        before = folder.exists()
        yield folder
        if not before:
            shutil.rmtree(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_who_has_no_home_keeps_it_where_records_go_then(here: Here, public: Path, spare: Path) -> None:
    homeless = here.as_nobody(public).with_environment(HOME="/nonexistent")
    dest = public / "f"
    dest.write_text("old")
    os.chown(dest, 65534, 65534)
    action = Copy(dest=str(dest), content="new")
    task = f"test-{os.getpid()}-{here.shell.replace(' ', '-')}"
    done = homeless.do(action, task=task)
    slot = Path(done.captured["slot"])
    assert slot.is_relative_to(spare / "undo")
    assert dest.read_text() == "new"
    homeless.undo(action, done.captured, task=task)
    assert (dest.read_text(), slot.exists()) == ("old", False)


def test_what_cannot_be_a_file_is_refused_with_its_reason(here: Here, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "target").write_text("t")
    (tmp_path / "link").symlink_to("target")
    os.mkfifo(tmp_path / "fifo")
    for name, reason in [
        ("folder", f"{tmp_path}/folder is a folder: dest names the file itself"),
        ("folder/", f"{tmp_path}/folder is a folder: dest names the file itself"),
        ("link", f"{tmp_path}/link is a link to target: name the file itself, or remove the link first"),
        ("fifo", f"{tmp_path}/fifo is not a plain file"),
        ("gone/f", f"there is no folder {tmp_path}/gone on the host"),
    ]:
        done = here.do(Copy(dest=f"{tmp_path}/{name}", content="x"))
        assert (done.status, done.detail) == (Status.FAILED, reason)
    assert (tmp_path / "target").read_text() == "t"


@pytest.mark.parametrize(
    "form", ["grep -q good %s", "grep -q good '%s'", 'grep -q good "%s"', "sh -c 'grep -q good %s'"]
)
def test_validate_judges_the_new_file_before_it_is_there(here: Here, tmp_path: Path, form: str) -> None:
    dest = tmp_path / "f"
    dest.write_text("old")
    bad = here.do(Copy(dest=str(dest), content="bad", validate=form))
    assert bad.status is Status.FAILED
    assert bad.detail == "validate refuses the new content (it ended with 1): nothing was written"
    assert dest.read_text() == "old"
    assert here.do(Copy(dest=str(dest), content="good", validate=form)).status is Status.OK
    assert here.leftovers(tmp_path) == []


def test_validate_cannot_forge_the_answer_and_no_path_changes_its_command(here: Here, tmp_path: Path) -> None:
    folder = tmp_path / "a 'b' $(touch pwned)"
    folder.mkdir()
    forge = "cat %s; echo outcome 6368616e676564; echo runbook-end; exit 3"
    done = here.do(Copy(dest=str(folder / "f"), content="x", validate=forge))
    assert done.detail == "validate refuses the new content (it ended with 3): nothing was written"
    assert done.tail == ("xoutcome 6368616e676564", "runbook-end")
    assert list(folder.iterdir()) == []
    assert not list(here.home.glob("pwned*"))


def test_only_the_first_attempt_captures(here: Here, tmp_path: Path) -> None:
    dest = tmp_path / "f"
    dest.write_text("original")
    action = Copy(dest=str(dest), content="new")
    here.do(action, attempt=1)  # its answer is lost
    second = here.do(action, attempt=2)
    assert second.changed is True, "the step has changed something, whichever attempt it was"
    here.undo(action, second.captured)
    assert dest.read_text() == "original"


def test_undo_without_an_answer_finds_what_the_host_kept(here: Here, tmp_path: Path) -> None:
    dest = tmp_path / "f"
    dest.write_text("original")
    action = Copy(dest=str(dest), content="new")
    here.do(action)
    here.undo(action, {})
    assert dest.read_text() == "original"
    nothing = here.undo(action, {})
    assert (nothing.status, nothing.changed, nothing.detail) == (Status.OK, False, "the step had changed nothing")


def test_undoing_twice_is_undoing_once(here: Here, tmp_path: Path) -> None:
    for old in (None, "original"):
        dest = tmp_path / "f"
        if old is not None:
            dest.write_text(old)
        action = Copy(dest=str(dest), content="new")
        done = here.do(action)
        here.undo(action, done.captured)
        again = here.undo(action, done.captured)
        assert (again.status, again.changed) == (Status.OK, False)
        assert (dest.read_text() if dest.exists() else None) == old
    assert not list((here.home / ".runbook" / "undo").iterdir()), "nothing is kept that nobody can need"


def test_steps_on_one_file_are_undone_last_first(here: Here, tmp_path: Path) -> None:
    dest = tmp_path / "f"
    first, second = Copy(dest=str(dest), content="1"), Copy(dest=str(dest), content="2")
    captured = [here.do(first, task="1.1").captured, here.do(second, task="1.2").captured]
    here.undo(second, captured[1], task="1.2")
    assert dest.read_text() == "1"
    here.undo(first, captured[0], task="1.1")
    assert not dest.exists()


def test_undo_leaves_what_somebody_else_changed_since(here: Here, tmp_path: Path) -> None:
    dest = tmp_path / "f"
    dest.write_text("original")
    action = Copy(dest=str(dest), content="new")
    done = here.do(action)
    dest.write_text("by hand")
    undone = here.undo(action, done.captured)
    slot = done.captured["slot"]
    assert undone.status is Status.FAILED
    assert undone.detail == f"{dest} has been changed by something else since: what was there before is in {slot}"
    assert dest.read_text() == "by hand"
    assert (Path(slot) / "before").read_text() == "original"


def test_undo_says_when_nothing_was_kept(here: Here, tmp_path: Path) -> None:
    dest = tmp_path / "f"
    dest.write_text("original")
    action = Copy(dest=str(dest), content="new", keep=False)
    done = here.do(action)
    undone = here.undo(action, done.captured)
    assert (undone.status, undone.detail) == (Status.FAILED, f"what {dest} held before was not kept (keep: false)")
    assert dest.read_text() == "new"


def test_what_is_kept_is_for_its_owner_alone(here: Here, tmp_path: Path) -> None:
    dest = tmp_path / "f"
    dest.write_text("secret")
    slot = Path(here.do(Copy(dest=str(dest), content="new")).captured["slot"])
    assert slot.parent.parent.parent == here.home / ".runbook"
    for folder in (slot, slot.parent, slot.parent.parent, here.home / ".runbook"):
        assert mode(folder) == 0o700


def test_a_link_in_place_of_our_folder_is_refused(here: Here, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (here.home / ".runbook").symlink_to(tmp_path / "elsewhere")
    dest = tmp_path / "f"
    done = here.do(Copy(dest=str(dest), content="x"))
    assert done.status is Status.FAILED
    assert "is not a folder of our own" in done.detail
    assert not dest.exists()


def test_a_check_says_what_would_change_and_writes_nothing(here: Here, tmp_path: Path) -> None:
    dest = tmp_path / "f"
    absent = here.do(Copy(dest=str(dest), content="x"), dry=True)
    assert (absent.changed, absent.detail) == (True, "created")
    dest.write_text("x")
    dest.chmod(0o644)
    same = here.do(Copy(dest=str(dest), content="x", mode="0644", owner=str(os.geteuid())), dry=True)
    assert same.changed is False
    other = here.do(Copy(dest=str(dest), content="y", mode="0600"), dry=True)
    assert (other.changed, other.detail) == (True, "content, mode 644 -> 600")
    assert not (here.home / ".runbook").exists()
    assert dest.read_text() == "x"


def test_a_check_sends_no_content_and_keeps_its_digest_out_of_the_script(tmp_path: Path) -> None:
    perform = Perform(Key("web1", "1.1"), "web1", Copy(dest=str(tmp_path / "f"), content="hunter2"), dry=True)
    job = actions.job(perform, run="r1", job_id="j1")
    digest = hashlib.sha256(b"hunter2").hexdigest()
    assert (job.stdin, job.read_only, digest in job.script) == (None, True, False)
    assert job.environment["RUNBOOK_DIGEST"] == digest


def test_a_check_asks_the_guards_before_it_looks_at_the_file(here: Here, tmp_path: Path) -> None:
    (tmp_path / "f").mkdir()
    action = Copy(dest=str(tmp_path / "f"), content="x")
    guarded = Perform(Key("web1", "1.1"), "web1", action, creates=str(tmp_path), dry=True)
    assert here.perform(guarded).detail == f"{tmp_path} is there already"
    assert here.do(action, dry=True).status is Status.FAILED


def test_the_difference_is_shown_where_it_was_asked_for(here: Here, tmp_path: Path) -> None:
    dest = tmp_path / "f"
    dest.write_text("one\ntwo\n")
    action = TemplateFile(dest=str(dest), src="f.j2", content="one\n2\n")
    expected = f"--- {dest} (before)\n+++ {dest} (after)\n@@ -1,2 +1,2 @@\n one\n-two\n+2\n"
    assert here.do(action, diff=True, dry=True).diff == expected
    assert here.do(action, diff=True).diff == expected
    assert here.do(action, diff=True, task="1.2").diff == ""


@pytest.mark.parametrize("bad", ["rw-r--r--", "0888", "u=rw", "99999", "-1"])
def test_a_mode_that_is_none_is_refused_before_anything(bad: str) -> None:
    perform = Perform(Key("web1", "1.1"), on="web1", action=Copy(dest="f", content="x", mode=bad))
    with pytest.raises(CannotStart, match="is not a mode"):
        actions.job(perform, run="r1", job_id="j")


def test_content_for_which_there_is_no_room_leaves_the_old_file(here: Here, tmp_path: Path) -> None:
    dest = tmp_path / "f"
    dest.write_text("old")
    perform = Perform(Key("web1", "1.1"), on="web1", action=Copy(dest=str(dest), content="x" * 300_000))
    job = actions.job(perform, run="r1", job_id="j")
    done = actions.result(perform, *here.run(replace(job, script=f"ulimit -f 8\n{job.script}")))
    assert (done.status, done.detail) == (Status.FAILED, f"the new content does not fit into {tmp_path}")
    assert dest.read_text() == "old"
    assert here.leftovers(tmp_path) == []


def test_content_that_arrives_short_is_not_written(here: Here, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"x" * 1000)
    perform = Perform(Key("web1", "1.1"), on="web1", action=Copy(dest=str(tmp_path / "f"), src=str(source)))
    job = actions.job(perform, run="r1", job_id="j")
    source.write_bytes(b"x" * 999)
    end, out, err = here.run(job)
    assert actions.result(perform, end, out, err).detail == "the new content arrived cut short: nothing was written"
    assert not (tmp_path / "f").exists()
