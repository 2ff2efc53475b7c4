"""Short ways to render a template, and to see what is said about one that cannot be."""

from __future__ import annotations

from typing import Any

import pytest

from executor.errors import InvalidInput, Problem
from executor.model.leaves import Kind, Late, Template
from executor.model.places import Place
from executor.templates import render

FILE = "deploy.yml"


def template(text: str, kind: Kind = Kind.TEXT, *, line: int = 1, column: int = 1) -> Template:
    """A template whose text begins at a line and column of a file."""
    lines = text.count("\n")
    return Template(text, kind, Place(FILE, line, column, line + lines, column + len(text)))


def value(text: str, kind: Kind = Kind.VALUE, /, **values: Any) -> Any:
    return render(template(text, kind), values)


def shell(script: str, /, **values: Any) -> str:
    rendered = value(script, Kind.SHELL, **values)
    assert isinstance(rendered, str)
    return rendered


def problem(leaf: Template | Late, /, **values: Any) -> Problem:
    """The one problem that rendering ends in."""
    with pytest.raises(InvalidInput) as caught:
        render(leaf, values)
    (found,) = caught.value.problems
    return found
