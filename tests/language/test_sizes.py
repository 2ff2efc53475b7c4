"""Sizes and exit codes in words."""

from __future__ import annotations

import pytest

from executor.model.exits import exit_words
from executor.model.sizes import parse_size, size_words


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0),
        ("1500", 1500),
        ("100MB", 100_000_000),
        ("1.5 GB", 1_500_000_000),
        ("500kB", 500_000),
        ("1KiB", 1024),
        ("2MiB", 2 * 1024 * 1024),
    ],
)
def test_a_size(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "-1", "MB", "1e9", "10 meters", "1_000", "5000GB", "٣MB"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(ValueError, match=r"size such as|terabyte"):
        parse_size(text)


@pytest.mark.parametrize(
    ("size", "words"), [(0, "0 bytes"), (999, "999 bytes"), (100_000_000, "100 MB"), (1_500_000_000, "1.5 GB")]
)
def test_a_size_in_words(size: int, words: str) -> None:
    assert size_words(size) == words


@pytest.mark.parametrize(
    ("rc", "words"),
    [
        (0, "exit code 0"),
        (1, "exit code 1"),
        (137, "exit code 137 (SIGKILL)"),
        (143, "exit code 143 (SIGTERM)"),
        (255, "exit code 255"),
        (None, "exit code None"),
    ],
)
def test_an_exit_code_names_the_signal(rc: int | None, words: str) -> None:
    assert exit_words(rc) == words
