"""Any text is only text in Markdown."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it.token import Token

from executor.planning.shown.lines import safe
from executor.report.plans.markup import cell, clipped, code, fence, tag_text, text
from tests.report.plans.books import MALICE
from tests.report.plans.reading import every, fences, tokens

# Mostly signs, so that every few letters mean something to somebody.
SIGNS = st.text(alphabet=st.sampled_from("`~*_[]()<>#+-.!|\\&@$%=:;/'\"{}^ \n\t1aZé漢\u202e"), max_size=40)
ANY = st.one_of(SIGNS, st.text(max_size=40), st.sampled_from(MALICE))

REFERS = re.compile(r"@\w|(?<!\w)[#!]\d|://|\bGH-\d")


def one_line(said: str) -> str:
    return safe(" ".join(said.split()))


@given(ANY)
@example("1. a")
@example("12) b")
@example("+ a")
@example("=")
def test_a_text_is_one_paragraph_of_text_that_says_the_same(said: str) -> None:
    found = tokens(f"- {text(said)}\n")
    outer = ["bullet_list_open", "list_item_open", "paragraph_open", "inline", "paragraph_close"]
    if one_line(said):
        assert [token.type for token in found] == [*outer, "list_item_close", "bullet_list_close"]
    inner = [child for token in found if token.type == "inline" for child in token.children or ()]
    assert {child.type for child in inner} <= {"text", "text_special"}
    assert "".join(child.content for child in inner).replace("\u200b", "") == one_line(said)


@given(ANY)
def test_a_text_calls_nobody_and_links_to_nothing(said: str) -> None:
    shown = "".join(token.content for token in every(tokens(text(said))) if token.type in {"text", "text_special"})
    assert not REFERS.search(shown)


@given(ANY)
def test_a_span_of_code_holds_the_text_and_ends_with_it(said: str) -> None:
    (inline,) = [token for token in tokens(f"a {code(said)} b") if token.type == "inline"]
    assert [child.type for child in inline.children or ()] == ["text", "code_inline", "text"]
    wanted = safe(" ".join(said.split("\n"))).strip(" ")
    assert (inline.children or [])[1].content.strip(" ") == wanted


@given(ANY, st.integers(min_value=0, max_value=8))
def test_a_fence_holds_every_line_and_ends_after_the_last(said: str, depth: int) -> None:
    opening = "".join(f"{' ' * (2 * level)}- x\n" for level in range(depth))
    lines = "\n".join(fence(said, "sh", 2 * depth))
    found = tokens(f"{opening}{lines}\n")
    assert [token.type for token in found].count("fence") == 1
    assert not any(token.type in {"html_block", "heading_open", "table_open"} for token in found)
    assert fences(f"{opening}{lines}\n")[0].split("\n") == safe(said).split("\n")


@given(ANY)
def test_a_text_stays_in_its_cell(said: str) -> None:
    table = f"| a | b |\n|---|---|\n| {cell(text(said))} | {cell(code(said))} |\n"
    found = tokens(table)
    assert found[-1].type == "table_close"
    _, _, in_text, in_code = (token for token in found if token.type == "inline")
    assert without_backslashes(in_text) == one_line(said).replace("\\", "")
    # What stands before a bar in code may be told with one backslash too few or too many: nobody can say it otherwise.
    assert without_backslashes(in_code).strip(" ") == safe(" ".join(said.split("\n"))).replace("\\", "").strip(" ")


def without_backslashes(cell_of: Token) -> str:
    found = "".join(child.content for child in cell_of.children or ())
    return found.replace("\u200b", "").replace("\\", "")


@given(ANY)
def test_a_text_in_a_line_of_html_is_no_html(said: str) -> None:
    shown = tag_text(said)
    assert not re.search(r"[<>\"']", shown)
    assert "\n" not in shown


@pytest.mark.parametrize(("said", "most", "wanted"), [("abc", 3, "abc"), ("abcd", 3, "ab…"), ("", 1, "")])
def test_what_is_too_long_says_so(said: str, most: int, wanted: str) -> None:
    assert clipped(said, most) == wanted
