"""What a plain scalar means by the strict subset: only what cannot be misread is anything else than text."""

from __future__ import annotations

import re

_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]+")
_WORDS: dict[str, None | bool] = {"": None, "~": None, "null": None, "true": True, "false": False}

# More digits than any count, size or time needs; beyond it a number is an identifier, and belongs in quotes.
MAX_DIGITS = 18


class TooManyDigits(ValueError):
    """A number that no integer of ours should become."""


def resolve(text: str) -> None | bool | int | float | str:
    """The value of a plain scalar: null, a boolean, a decimal number, or its text.

    `yes`, `on`, `012`, `1_000`, `1:30`, `0x1f`, `1e3` and dates stay text. Raises TooManyDigits.
    """
    if text in _WORDS:
        return _WORDS[text]
    first = text[0]
    if first != "-" and not first.isdigit():
        return text
    if _INTEGER.fullmatch(text):
        _count(text)
        return int(text)
    if _DECIMAL.fullmatch(text):
        _count(text)
        return float(text)
    return text


def _count(text: str) -> None:
    if len(text) > MAX_DIGITS + 2:
        raise TooManyDigits(f"a number of {sum(c.isdigit() for c in text)} digits")
