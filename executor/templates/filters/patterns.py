"""Regular expressions of templates: compiled once, with bounds on what they read and make."""

from __future__ import annotations

import re
from functools import lru_cache

from executor.templates import bounds
from executor.templates.faults import Fault

MAX_SUBJECT = 1_000_000  # characters that a regular expression is tried on
MAX_PATTERN = 2_000


@lru_cache(maxsize=1024)
def compiled(pattern: str, *, ignorecase: bool = False, multiline: bool = False) -> re.Pattern[str]:
    """The pattern, ready. Raises Fault where it is none, or is one that can take for ever."""
    if len(pattern) > MAX_PATTERN:
        raise Fault(f"a regular expression has at most {MAX_PATTERN:,} characters")
    try:
        ready = re.compile(pattern, (re.IGNORECASE if ignorecase else 0) | (re.MULTILINE if multiline else 0))
    except (re.error, OverflowError, RecursionError) as error:
        raise Fault(f"{pattern!r} is not a regular expression: {error}") from error
    if _NESTED.search(_outside_classes(pattern)):
        raise Fault(
            f"the regular expression {pattern!r} repeats a repetition, which can take for ever on some texts",
            hint="end the inner part with something that it cannot repeat itself, as in (\\d+\\.)+",
        )
    return ready


def subject(text: str) -> str:
    """The text, if it is short enough for a regular expression."""
    if len(text) > MAX_SUBJECT:
        raise Fault(f"a text of {len(text):,} characters is too long for a regular expression")
    return text


def replace(text: str, pattern: str, replacement: str, *, ignorecase: bool, count: int) -> str:
    """`re.sub`, ended as soon as its result is too long."""
    regex = compiled(pattern, ignorecase=ignorecase)
    pieces: list[str] = []
    length = position = 0
    for number, match in enumerate(regex.finditer(subject(text))):
        if count and number >= count:
            break
        try:
            filled = match.expand(replacement)
        except (re.error, IndexError) as error:
            raise Fault(f"the replacement {replacement!r} does not fit the expression: {error}") from error
        pieces += [text[position : match.start()], filled]
        length += len(pieces[-1]) + len(pieces[-2])
        bounds.check_length(length)
        position = match.end()
    return "".join([*pieces, text[position:]])


def escaped(text: str) -> str:
    return re.escape(text)


def group_name(reference: str) -> str | int:
    r"""`\1` or `\g<name>` as what a match knows the group by."""
    numbered = re.fullmatch(r"\\(\d{1,2})", reference)
    named = re.fullmatch(r"\\g<(\w+)>", reference)
    if numbered:
        return int(numbered[1])
    if named:
        return int(named[1]) if named[1].isdigit() else named[1]
    raise Fault(f"{reference!r} names no group", hint=r"write '\\1' or '\\g<name>'")


# A group that ends in a repetition and is itself repeated: (a+)+, (x|y*)*, (\w+\s?)+.
_NESTED = re.compile(r"(?<!\\)[+*}]\??(?:(?:\\.|[^\\()|+*{}?])[?*])*\)(?:[+*]|\{\d*,\d*\})")


def _outside_classes(pattern: str) -> str:
    """The pattern with its character classes made one plain character each."""
    return re.sub(r"(?<!\\)\[\^?\]?(?:\\.|[^\]\\])*\]", "C", pattern)
