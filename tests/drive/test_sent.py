"""What a sealed plan sends is looked at when it is sent, and only then anew when it does not look the same."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from executor.actions import CannotStart
from executor.drive.sent import Sent, sealed_files
from executor.engine.effects import Perform
from executor.events import Key, Resumed, RunStarted
from executor.events.keys import Direction
from executor.model.actions import Action, Copy, Script, Shell, Unarchive


def _perform(action: Action, direction: Direction = "forward") -> Perform:
    return Perform(Key("web1", "1.1", direction=direction), "web1", action)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "motd"
    path.write_text("hello\n")
    return path


@pytest.fixture
def sent(file: Path) -> Sent:
    return Sent({str(file): hashlib.sha256(b"hello\n").hexdigest()})


def test_a_file_that_is_what_it_was_is_sent(sent: Sent, file: Path) -> None:
    for action in (Copy("/etc/motd", str(file)), Script(str(file)), Unarchive(str(file), "/srv")):
        sent.check(_perform(action))
    sent.check(_perform(Copy("/etc/motd", "/another/file")))
    sent.check(_perform(Shell("true")))


def test_one_that_changed_is_not_also_where_it_was_sent_before(sent: Sent, file: Path) -> None:
    sent.check(_perform(Copy("/etc/motd", str(file))))
    before = file.stat()
    file.write_text("jello\n")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))  # of the same size and age
    with pytest.raises(CannotStart, match="not what was sealed"):
        sent.check(_perform(Copy("/etc/motd", str(file))))
    file.unlink()
    with pytest.raises(CannotStart, match="not what was sealed"):
        sent.check(_perform(Copy("/etc/motd", str(file))))


def test_one_that_was_only_touched_is_sent(sent: Sent, file: Path) -> None:
    sent.check(_perform(Copy("/etc/motd", str(file))))
    file.touch()
    sent.check(_perform(Copy("/etc/motd", str(file))))


def test_on_the_way_back_nothing_is_held_up(sent: Sent, file: Path) -> None:
    file.write_text("jello\n")
    sent.check(_perform(Copy("/etc/motd", str(file)), "back"))


def test_it_holds_for_sealed_plans_alone_and_for_their_whole_life() -> None:
    plain = RunStarted("r", "n", "f", "d", "o", "c", files={"a": "b"})
    sealed = RunStarted("r", "n", "f", "d", "o", "c", files={"a": "b"}, sealed="e")
    assert sealed_files(plain, None) == {}
    assert sealed_files(sealed, None) == sealed_files(Resumed("o", "c"), sealed) == {"a": "b"}
    assert sealed_files(Resumed("o", "c"), plain) == {}
