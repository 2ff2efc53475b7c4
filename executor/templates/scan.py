"""A text with interpolations, split into what is written and what is to be filled in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from executor.templates.faults import Fault

LONGEST_EXPRESSION = 10_000  # characters
LONGEST_TEXT = 4_000_000


@dataclass(frozen=True, slots=True)
class Hole:
    """One `{{ source }}`. `start` is where its braces open in the text, `end` is behind those that close it."""

    source: str
    start: int
    end: int


Piece: TypeAlias = str | Hole


def split(text: str) -> tuple[Piece, ...]:
    """The pieces of a text in order. `{{-` and `-}}` trim white space beside them, as in Jinja.

    Raises Fault for braces that never close and for texts and expressions beyond the bounds.
    """
    return tuple(pieces(text))


def pieces(text: str) -> Iterator[Piece]:
    """As `split`, piece by piece: what comes before a Fault is still seen."""
    if len(text) > LONGEST_TEXT:
        raise Fault(f"this text of {len(text):,} characters is too long for a template")
    position = 0
    trim = False
    while True:
        start = text.find("{{", position)
        literal = text[position:] if start < 0 else text[position:start]
        if trim:
            literal = literal.lstrip()
        if start < 0:
            break
        end = _closing(text, start)
        source = text[start + 2 : end - 2]
        if source[:1] in {"-", "+"}:
            literal = literal.rstrip() if source[0] == "-" else literal
            source = source[1:]
        trim = source[-1:] == "-"
        source = source[:-1] if source[-1:] in {"-", "+"} else source
        if literal:
            yield literal
        yield Hole(source, start, end)
        position = end
    if literal:
        yield literal


def _closing(text: str, start: int) -> int:
    """Behind the `}}` that belongs to the `{{` at `start`: not one within a string or a mapping."""
    position = start + 2
    stop = min(len(text), start + LONGEST_EXPRESSION)
    braces = 0
    while position < stop:
        char = text[position]
        if char in "'\"":
            position = _string_end(text, position, stop)
            continue
        if char == "{":
            braces += 1
        elif char == "}" and braces:
            braces -= 1
        elif text.startswith("}}", position):
            return position + 2
        position += 1
    if stop < len(text):
        raise Fault(
            f"the expression that opens here is longer than {LONGEST_EXPRESSION:,} characters",
            start=start,
            end=start + 2,
        )
    raise Fault(
        "the braces that open here are never closed",
        hint="an interpolation is written {{ name }}; for braces as text write {{ '{{' }}",
        code="template-syntax",
        start=start,
        end=start + 2,
    )


def _string_end(text: str, start: int, stop: int) -> int:
    quote = text[start]
    position = start + 1
    while position < stop:
        if text[position] == "\\":
            position += 1
        elif text[position] == quote:
            return position + 1
        position += 1
    raise Fault("the string that opens here is never closed", code="template-syntax", start=start, end=start + 1)
