"""What a host prints can neither drive the terminal nor give a CI system commands, and costs constant memory."""

from __future__ import annotations

import itertools
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from executor.report.safe import MAX_LINE, Lines, inert, text_lines, visible


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain", "plain"),
        ("naïve 日本 🎉", "naïve 日本 🎉"),
        ("\x1b[2J", "\\x1b[2J"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("\x9b2J", "\\u009b2J"),
        ("a\u202eb\u2066c", "a\\u202eb\\u2066c"),
        ("a\u2028b\u200bc\ufeff", "a\\u2028b\\u200bc\\ufeff"),
        ("\U000e0041", "\\U000e0041"),
        ("\ud800", "\\ud800"),
        ("two\nlines\r", "two\\nlines\\r"),
        ("a\tb", "a       b"),
        ("\x00\x7f", "\\x00\\x7f"),
    ],
)
def test_what_is_not_seen_is_escaped(raw: str, shown: str) -> None:
    assert visible(raw) == shown


@given(st.text())
def test_whatever_is_shown_can_be_printed(text: str) -> None:
    """Python's own idea of a printable character, but for unassigned and private ones, which a terminal only draws."""
    assert not any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in visible(text))
    assert visible(visible(text)) == visible(text)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("::error file=x::y", "\\::error file=x::y"),
        ("  ::set-output name=x::y", "  \\::set-output name=x::y"),
        ("a ::error", "a ::error"),
        ("std::vector", "std::vector"),
        ("12:00 web1 | ##[error]x", "12:00 web1 | #\\#[error]x"),
        ("##vso[task.setvariable]x", "#\\#vso[task.setvariable]x"),
        ("##teamcity[x]", "#\\#teamcity[x]"),
        ("###[group]", "##\\#[group]"),
        ("## heading", "## heading"),
    ],
)
def test_no_line_is_a_workflow_command(raw: str, shown: str) -> None:
    assert inert(raw) == shown


def test_lines_are_cut_from_bytes_anywhere() -> None:
    lines = Lines()
    assert lines.feed(b"a\nb\xc3") == ["a"]
    assert lines.feed(b"\xa9") == []
    assert lines.partial == "bé"
    assert lines.feed(b"\n\n") == ["bé", ""]
    assert lines.feed(b"no newline") == []
    assert lines.flush() == ["no newline"]
    assert lines.flush() == []


def test_invalid_utf8_stays_visible() -> None:
    lines = Lines()
    assert lines.feed(b"a\xff\xfeb\n") == ["a\\xff\\xfeb"]
    lines.feed(b"end\xe2\x82")
    assert lines.flush() == ["end\\xe2\\x82"]


def test_a_progress_bar_is_its_last_state() -> None:
    lines = Lines()
    assert lines.feed(b"10%\r20%\r") == []
    assert lines.partial == "20%"
    assert lines.feed(b"100%\r\ndone\r\n") == ["100%", "done"]
    assert lines.feed(b"x\r") == []
    assert lines.feed(b"\n") == ["x"]


def test_a_line_without_end_costs_constant_memory_and_is_marked() -> None:
    lines = Lines()
    for _ in range(200):
        lines.feed(b"x" * 65536)
        assert len(lines.partial) == MAX_LINE
    assert lines.feed(b"\nnext\n") == ["x" * MAX_LINE + " … (cut)", "next"]


def test_a_line_of_just_the_limit_is_whole() -> None:
    assert Lines(limit=3).feed(b"abc\nabcd\n") == ["abc", "abc … (cut)"]


@given(st.binary(), st.lists(st.integers(0, 40)))
def test_where_the_bytes_are_cut_makes_no_difference(data: bytes, cuts: list[int]) -> None:
    whole, parts = Lines(limit=8), Lines(limit=8)
    expected = whole.feed(data) + whole.flush()
    places = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    found = [line for start, end in itertools.pairwise(places) for line in parts.feed(data[start:end])]
    assert found + parts.flush() == expected


def test_a_text_becomes_visible_lines() -> None:
    assert text_lines("a\r\nb\x07\n") == ["a", "b\\x07", ""]
