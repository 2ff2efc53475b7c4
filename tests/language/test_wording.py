"""What was probably meant is guessed well, and not at any price."""

from __future__ import annotations

import pytest

from executor.language.schemas import language
from executor.language.wording import listed, nearest, quoted

STEP_KEYS = list(language("runbook").part("step")["properties"])


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("shel", "shell"),
        ("Shell", "shell"),
        ("retyr", "retry"),
        ("registre", "register"),
        ("ignore_error", "ignore_errors"),
        ("delegate-to", "delegate_to"),
        ("evironment", "environment"),
        ("onlyif", "only_if"),
        ("irreversable", "irreversible"),
        ("x", None),
        ("colour", None),
        ("a" * 100, None),
    ],
)
def test_a_slip_of_the_fingers_is_understood(written: str, meant: str | None) -> None:
    assert nearest(written, STEP_KEYS) == meant


def test_a_list_reads_as_a_sentence() -> None:
    assert (listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"], "or")) == ("a", "a and b", "a, b or c")


def test_a_text_of_the_operators_is_shown_in_one_line() -> None:
    assert quoted("a\nb\x1b") == "'a\\nb\\x1b'"
    assert quoted("it's") == '"it\'s"'
    assert quoted("v\\d") == "'v\\d'"
    assert len(quoted("x" * 100)) == 42
