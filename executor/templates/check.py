"""What can be said about a template without any values."""

from __future__ import annotations

import re
from collections.abc import Iterator

from executor.errors import Problem
from executor.model.leaves import Kind, Template
from executor.templates import compiled
from executor.templates.faults import Fault, problem
from executor.templates.render import script_places
from executor.templates.scan import Hole, pieces

_STATEMENT = re.compile(r"\{%[-+]?\s*(?:if|for|set|else|elif|end\w+|include|import|from|macro|block|raw|with|filter)\b")
_COMMENT = re.compile(r"(?<!\$)\{#.*?#\}", re.DOTALL)


def check(template: Template) -> tuple[Problem, ...]:
    """Everything that is wrong with a template's own text: syntax, unknown filters and tests, places in a script where
    a value cannot be put. Undefined names are not found here."""
    return tuple(problem(fault, template) for fault in _faults(template))


def _faults(template: Template) -> Iterator[Fault]:
    try:
        match template.kind:
            case Kind.EXPRESSION:
                yield from _condition(template.text)
            case Kind.FILE:
                compiled.file(template.text)
            case _:
                yield from _interpolated(template)
    except Fault as fault:
        yield fault


def _condition(text: str) -> Iterator[Fault]:
    try:
        compiled.expression(text)
    except Fault as fault:
        if "{{" in text:
            fault.message = "a condition is an expression already"
            fault.hint = "leave the {{ }} away"
        yield fault


def _interpolated(template: Template) -> Iterator[Fault]:
    for piece in pieces(template.text):
        if isinstance(piece, Hole):
            try:
                compiled.expression(piece.source)
            except Fault as fault:
                fault.start, fault.end = piece.start, piece.end
                yield fault
    if template.kind is Kind.SHELL:
        script_places(template.text)
        return
    for pattern, what in ((_STATEMENT, "a statement"), (_COMMENT, "a comment")):
        found = pattern.search(template.text)
        if found:
            yield Fault(
                f"{what} of a template has no place here: only {{{{ }}}} is filled in",
                hint="a file with statements is for the action `template:`; {{ a if b else c }} chooses a value",
                code="template-syntax",
                start=found.start(),
                end=found.end(),
            )
