"""Problems for people, programs, GitHub's annotations and SARIF readers."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

from executor.cli.sarif import log
from executor.cli.streams import harmless
from executor.errors import Problem
from executor.language.diagnostics import render
from executor.model.places import Place
from executor.report.safe import inert_json
from executor.report.workflow import command

Format: TypeAlias = Callable[[Sequence[Problem], int], Iterator[str]]


def text(problems: Sequence[Problem], files: int) -> Iterator[str]:
    """The lines with the place underlined, and a count at the end."""
    color = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    for problem in problems:
        yield harmless(render(problem, color=color))
        yield ""
    checked = f"{files} {'file' if files == 1 else 'files'} checked"
    advice = sum(problem.severity == "advice" for problem in problems)
    wrong = len(problems) - advice
    found = [f"{wrong} {'problem' if wrong == 1 else 'problems'}"] if wrong else []
    found += [f"{advice} {'piece' if advice == 1 else 'pieces'} of advice"] if advice else []
    yield f"{checked}: {', '.join(found) or 'no problems'}"


def as_json(problems: Sequence[Problem], files: int) -> Iterator[str]:
    """One object: version, files, problems with 1-based places."""
    listed: list[dict[str, object]] = [
        {
            "message": one.message,
            "hint": one.hint,
            "code": one.code,
            "severity": one.severity,
            **_span(one.place),
            "notes": [{"message": text, **_span(place)} for text, place in one.notes],
        }
        for one in problems
    ]
    yield inert_json(json.dumps({"version": 1, "files": files, "problems": listed}, indent=2, ensure_ascii=False))


def _span(place: Place | None) -> dict[str, object]:
    if place is None:
        return {}
    return {
        "file": place.file,
        "line": place.line,
        "column": place.column,
        "end_line": place.end_line,
        "end_column": place.end_column,
    }


def github(problems: Sequence[Problem], _files: int) -> Iterator[str]:
    """Workflow commands that become annotations in a pull request."""
    for one in problems:
        kind = "error" if one.severity == "error" else "warning"
        place = one.place
        where: dict[str, str | int] = {}
        if place is not None:
            where = {"file": place.file, "line": place.line, "endLine": place.end_line}
            if place.line == place.end_line:  # GitHub takes columns of a single line alone, the last one counted in
                where |= {"col": place.column, "endColumn": max(place.end_column - 1, place.column)}
        body = one.message + (f"\n{one.hint}" if one.hint else "")
        yield command(kind, body, where | {"title": f"runbook: {one.code}"})


def sarif(problems: Sequence[Problem], _files: int) -> Iterator[str]:
    """SARIF 2.1.0, one run."""
    yield inert_json(json.dumps(log(problems), indent=2, ensure_ascii=False))


FORMATS: Mapping[str, Format] = {"text": text, "json": as_json, "github": github, "sarif": sarif}
