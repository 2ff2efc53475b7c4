"""What can be wrong in a template, before it is known where the template stands."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import NoReturn

from executor.errors import InvalidInput, Problem
from executor.model.leaves import Kind, Template
from executor.model.places import Place


class Fault(Exception):
    """One mistake in a template's text. `start` and `end` count characters of the text; None: the whole of it."""

    def __init__(
        self, message: str, *, hint: str = "", code: str = "template", start: int | None = None, end: int | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code
        self.start = start
        self.end = end

    def at(self, start: int, end: int) -> Fault:
        """The same fault within the given span, where it has none of its own."""
        if self.start is None:
            self.start, self.end = start, end
        return self


class KnownLater(Exception):
    """A value was touched that only the run knows. `name` is the template's name for it (`hosts`)."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def problem(fault: Fault, template: Template) -> Problem:
    """The fault as a Problem at its exact place in the template's source."""
    return Problem(fault.message, place_of(template, fault.start, fault.end), fault.hint, fault.code)


def refuse(fault: Fault, template: Template) -> NoReturn:
    """Raise the fault as InvalidInput with its place."""
    raise InvalidInput(problem(fault, template)) from fault


def place_of(template: Template, start: int | None, end: int | None) -> Place:
    """Where the characters start..end of a template's text stand in its file."""
    if start is None:
        return template.place
    whole = template.place
    line, column = _position(template.text, start, whole, template.kind)
    end_line, end_column = _position(template.text, start + 1 if end is None else end, whole, template.kind)
    return Place(whole.file, line, column, end_line, end_column)


def _position(text: str, offset: int, whole: Place, kind: Kind) -> tuple[int, int]:
    newlines = text.count("\n", 0, offset)
    if not newlines:
        return whole.line, whole.column + offset
    if kind is not Kind.FILE and whole.line == whole.end_line:
        return whole.line, whole.column  # its newlines are written as \n in one line: only the whole can be pointed at
    # A block scalar's lines all begin in the column of the first one.
    return whole.line + newlines, whole.column + offset - text.rfind("\n", 0, offset) - 1


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """ "did you mean 'x'?" or nothing."""
    close = get_close_matches(word, [name for name in known if name != word], n=1, cutoff=0.65)
    return f"did you mean {close[0]!r}?" if close else ""
