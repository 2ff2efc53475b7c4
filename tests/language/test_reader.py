"""YAML is read by a strict subset of its rules, in bounds."""

from __future__ import annotations

import pytest

from executor.language import reader
from executor.language.nodes import MapNode, Plain, Scalar, plain
from executor.language.reader import parse
from executor.language.sources import Source, decode


def read(text: str) -> Plain:
    reading = parse(Source("f.yml", text))
    assert reading.problems == ()
    assert reading.root is not None
    return plain(reading.root)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("0", 0),
        ("-12", -12),
        ("1.50", 1.5),
        *[
            (text, text)
            for text in (
                *("yes", "no", "on", "off", "y", "True", "FALSE", "Null"),
                *("012", "0777", "0o17", "0x1f", "1_000", "1:30", "+5", "1e3", ".5", "5.", ".inf"),
                *("2026-12-20", "2026-12-20T10:00:00Z", "v1.2.3", "~regex", "web:!db", "web:&eu"),
            )
        ],
        ("'true'", "true"),
        ('"12"', "12"),
    ],
)
def test_only_what_cannot_be_misread_is_anything_else_than_text(written: str, meant: object) -> None:
    found = read(f"a: {written}\n")
    assert isinstance(found, dict)
    assert (found["a"], type(found["a"])) == (meant, type(meant))


def test_a_byte_order_mark_and_windows_line_ends_are_fine() -> None:
    text = decode(b"\xef\xbb\xbfa: |\r\n  x\r\n  y\r\nb: 1\r\n", "f.yml")
    assert read(text) == {"a": "x\ny\n", "b": 1}


def test_anchors_and_aliases_are_understood() -> None:
    assert read("a: &x {b: [1]}\nc: *x\n") == {"a": {"b": [1]}, "c": {"b": [1]}}


def test_one_document_may_be_marked_as_such() -> None:
    assert read("---\na: 1\n...\n") == {"a": 1}


def test_everything_knows_its_place() -> None:
    root = parse(Source("f.yml", "a: [x, 'yy']\nb:\n  c: |\n    text\n")).root
    assert isinstance(root, MapNode)
    assert str(root.keys["b"]) == "f.yml:2:1"
    inner = root.items["b"]
    assert isinstance(inner, MapNode)
    block = inner.items["c"]
    assert isinstance(block, Scalar)
    assert (str(block.place), str(block.body)) == ("f.yml:3:6", "f.yml:4:5")


@pytest.mark.parametrize("opening", ["[", "{", "- ", "? ", "[{a: ", "a: &a ["])
def test_a_hundred_thousand_levels_are_refused_on_the_first_page(opening: str) -> None:
    problems = parse(Source("f.yml", opening * 100_000)).problems
    assert len(problems) == 1
    assert "nested" in problems[0].message or problems[0].code == "syntax"


def test_depth_is_allowed_up_to_its_bound() -> None:
    assert parse(Source("f.yml", "[" * reader.MAX_DEPTH + "]" * reader.MAX_DEPTH)).problems == ()
    deeper = reader.MAX_DEPTH + 1
    assert parse(Source("f.yml", "[" * deeper + "]" * deeper)).problems[0].code == "too-deep"


def test_aliases_count_as_all_that_they_stand_for() -> None:
    """Without that, a page of aliases would be gone through as millions of values."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 6)]
    assert parse(Source("f.yml", "\n".join(lines))).problems[0].code == "too-many"
    assert parse(Source("f.yml", "\n".join(lines[:4]))).problems == ()


def test_a_long_flat_list_is_bounded_too() -> None:
    assert parse(Source("f.yml", "- a\n" * (reader.MAX_NODES + 1))).problems[0].code == "too-many"


def test_after_a_trap_reading_goes_on() -> None:
    reading = parse(Source("f.yml", "a: !db\nb: {{ x }}\nc: 1\nc: 2\n1: d\n"))
    assert [problem.code for problem in reading.problems] == ["tag", "unquoted", "duplicate-key", "key"]
