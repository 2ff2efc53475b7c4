"""Markdown as a reviewer's site reads it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from markdown_it import MarkdownIt
from markdown_it.token import Token


def tokens(markdown: str) -> list[Token]:
    """CommonMark with the tables of GitHub and GitLab, and their links of bare addresses left out."""
    return MarkdownIt("commonmark").enable("table").parse(markdown)


def every(found: Iterable[Token]) -> Iterator[Token]:
    """The tokens and what is within them."""
    for token in found:
        yield token
        yield from every(token.children or ())


def fences(markdown: str) -> list[str]:
    """What stands in each block of code."""
    return [token.content.removesuffix("\n") for token in tokens(markdown) if token.type == "fence"]


def spans(markdown: str) -> list[str]:
    """What stands in each span of code."""
    return [token.content for token in every(tokens(markdown)) if token.type == "code_inline"]


def words(markdown: str) -> str:
    """All text outside of code, as a reader would see it; what keeps signs apart is gone."""
    kinds = {"text", "text_special"}
    lines = [
        "".join(child.content for child in token.children or () if child.type in kinds)
        for token in tokens(markdown)
        if token.type == "inline"
    ]
    return "\n".join(lines).replace("\u200b", "")
