"""A diagnostic names the place, shows the line with a mark below it, and cannot drive the terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from executor.errors import Problem
from executor.language import render
from executor.model.places import Place


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("r.yml").write_text("name: x\nretires: 3\n日本語: bad\n\tindent: x\n" + "y" * 300 + "z" * 300 + "\n")


def test_the_place_is_underlined_and_the_cure_follows() -> None:
    problem = Problem("unknown key 'retires'", Place("r.yml", 2, 1, 2, 8), "did you mean 'retry'?")
    assert render(problem) == (
        "r.yml:2:1: error: unknown key 'retires'\n   |\n 2 | retires: 3\n   | ^^^^^^^\n  hint: did you mean 'retry'?"
    )


def test_wide_characters_take_two_columns() -> None:
    assert render(Problem("m", Place("r.yml", 3, 6, 3, 9))).splitlines()[-1] == "   |         ^^^"


def test_a_tab_takes_one_column() -> None:
    lines = render(Problem("m", Place("r.yml", 4, 2, 4, 8))).splitlines()
    assert lines[-2:] == [" 4 |  indent: x", "   |  ^^^^^^"]


def test_of_a_long_line_the_part_around_the_place_is_shown() -> None:
    lines = render(Problem("m", Place("r.yml", 5, 301, 5, 601))).splitlines()
    assert lines[-2] == " 5 | …" + "y" * 50 + "z" * 50 + "…"
    assert lines[-1] == "   | " + " " * 51 + "^" * 50


def test_a_place_of_several_lines_is_marked_to_the_end_of_its_first() -> None:
    assert render(Problem("m", Place("r.yml", 2, 1, 4, 2))).splitlines()[-1] == "   | ^^^^^^^^^^"


def test_a_place_beyond_its_line_is_marked_at_the_lines_end() -> None:
    assert render(Problem("m", Place("r.yml", 1, 99, 1, 120))).splitlines()[-1] == "   |        ^"


def test_without_the_file_the_message_stands_alone() -> None:
    assert render(Problem("m", Place("gone.yml", 2, 1))) == "gone.yml:2:1: error: m"
    assert render(Problem("m", hint="h")) == "error: m\n  hint: h"


def test_notes_name_the_other_places() -> None:
    problem = Problem("m", Place("r.yml", 2, 1, 2, 2), notes=(("the first one", Place("r.yml", 1, 1, 1, 5)),))
    assert render(problem).splitlines()[-4:] == [
        "  note: r.yml:1:1: the first one",
        "   |",
        " 1 | name: x",
        "   | ^^^^",
    ]


def test_what_could_drive_a_terminal_is_shown_as_an_escape() -> None:
    Path("evil.yml").write_text("a\x1b[31m\u202eb\u0085")
    text = render(Problem("m\x1b]0;t\x07", Place("evil.yml", 1, 3, 1, 4), "h\u202e"))
    assert set("\x1b\x07\u202e\x85") & set(text) == set()
    assert "m\\x1b]0;t\\x07" in text


def test_color_is_only_there_where_it_is_asked_for() -> None:
    problem = Problem("m", Place("r.yml", 2, 1, 2, 8), "h")
    assert "\x1b[31m^^^^^^^\x1b[0m" in render(problem, color=True)
    assert "\x1b" not in render(problem)
