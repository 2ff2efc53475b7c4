"""Values into scripts, and answers out of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from executor import actions
from executor.actions import CannotStart, diff
from executor.actions.posix import quote, read_answer, script, step_name
from executor.events import Key


def test_an_answer_that_is_not_whole_is_none() -> None:
    whole = b"slot 2f61\nmessage 6f6b\noutcome 6368616e676564\nrunbook-end\n"
    answer = read_answer(whole)
    assert answer is not None
    assert (answer.outcome, answer.message, answer.values) == ("changed", "ok", {"slot": "/a"})
    for cut in range(len(whole)):
        assert read_answer(whole[:cut]) is None
    for noise in (b"hello\n" + whole, whole + b"more\n", whole.replace(b"6368616e676564", b"7878")):
        assert read_answer(noise) is None


def test_a_name_with_nul_is_refused() -> None:
    with pytest.raises(CannotStart, match="NUL"):
        quote("a\0b")


def test_a_steps_name_is_one_for_its_attempts_and_its_undoing_and_no_other() -> None:
    one = Key("web1", "2.3", attempt=1)
    assert step_name(one) == "2.3.i0@web1"
    assert step_name(one) == step_name(Key("web1", "2.3", part="undo", attempt=2, direction="back"))
    assert step_name(Key("web1", "2.3", item=2)) == step_name(Key("web1", "2.3", part="undo", of=2, direction="back"))
    others = [
        Key("web2", "2.3"),
        Key("web1", "2.4"),
        Key("web1", "2.3", item=1),
        Key("web1", "2.3", of=1),
        Key("../web1", "2.3"),
        Key(".._web1", "2.3"),
    ]
    assert len({step_name(key) for key in [one, *others]}) == 7
    assert "/" not in step_name(Key("../web1", "2.3"))


def test_every_script_is_shipped() -> None:
    folder = Path(actions.__file__).parent / "scripts"
    assert folder.is_dir()
    for path in folder.iterdir():
        assert script(path.name).startswith("#")


def test_a_difference_reads_like_diff() -> None:
    assert diff(b"a\nb\n", b"a\nc\n", "/f") == "--- /f (before)\n+++ /f (after)\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n"
    assert diff(None, b"a\n", "/f") == "--- /dev/null\n+++ /f (after)\n@@ -0,0 +1 @@\n+a\n"
    assert diff(b"a\n", b"a", "/f").endswith("-a\n+a\n\\ No newline at end of file\n")
    assert diff(b"a", b"a", "/f") == ""


def test_a_difference_that_is_no_text_or_too_large_is_one_sentence() -> None:
    assert diff(b"\0", b"xy", "/f") == "/f: binary, 1 -> 2 bytes\n"
    assert diff(b"a", b"\xff", "/f") == "/f: binary, 1 -> 1 bytes\n"
    assert diff(b"", b"x" * 65_537, "/f") == "/f: larger than 64 KiB, not shown\n"
    many = diff(b"", b"line\n" * 1000, "/f").splitlines()
    assert (len(many), many[-1]) == (401, "… 603 more lines")
