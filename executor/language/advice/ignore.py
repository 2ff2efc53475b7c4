"""`# runbook: ignore RULE`: lines about which somebody has decided."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from executor.errors import InvalidInput, Problem
from executor.language.sources import lines, read
from executor.language.wording import did_you_mean
from executor.model.places import Place

_COMMENT = re.compile(r"#\s*runbook:\s*ignore\b(?P<rules>(?:[ ,]+[a-z][a-z-]*)*)")
_RULE = re.compile(r"[a-z][a-z-]*")

Silenced: TypeAlias = frozenset[tuple[str, int, str]]  # file, line, rule


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment. `alone`: nothing else stands on its line, so that it is about the next one, too."""

    place: Place
    rules: tuple[tuple[str, Place], ...]
    alone: bool


def comments(files: Iterable[str]) -> tuple[Comment, ...]:
    """The comments of some files that silence rules."""
    return tuple(comment for file in files for comment in _of_file(file))


def _of_file(file: str) -> Iterator[Comment]:
    try:
        text = read(Path(file)).text
    except InvalidInput:
        return  # it was read a moment ago; who removed it meanwhile gets the advice
    if "runbook:" not in text:
        return
    for number, line in enumerate(lines(text), 1):
        for found in _COMMENT.finditer(line):
            start = found.start("rules")
            named = _RULE.finditer(found["rules"])
            rules = tuple((word[0], _span(file, number, start + word.start(), start + word.end())) for word in named)
            alone = not line[: found.start()].strip()
            yield Comment(_span(file, number, found.start(), found.end()), rules, alone)


def _span(file: str, line: int, start: int, end: int) -> Place:
    return Place(file, line, start + 1, line, end + 1)


def silenced(found: Iterable[Comment]) -> Silenced:
    """What the comments silence, and where."""
    return frozenset(
        (comment.place.file, line, rule)
        for comment in found
        for line in ((comment.place.line, comment.place.line + 1) if comment.alone else (comment.place.line,))
        for rule, _ in comment.rules
    )


def slips(found: Iterable[Comment], known: Sequence[str]) -> Iterator[Problem]:
    """Comments that silence nothing, because there is no such rule."""
    for comment in found:
        if not comment.rules:
            yield Problem("this names no rule", comment.place, "# runbook: ignore RULE", "ignore", "advice")
        for rule, place in comment.rules:
            if rule not in known:
                hint = did_you_mean(rule, known) or f"the rules are {', '.join(known)}"
                yield Problem(f"there is no rule {rule!r}", place, hint, "ignore", "advice")
