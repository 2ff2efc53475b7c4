"""Problems for people, programs, GitHub's annotations and SARIF readers."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

from executor import __version__
from executor.errors import Problem
from executor.language.diagnostics import render
from executor.model.places import Place

Format: TypeAlias = Callable[[Sequence[Problem], int], Iterator[str]]


def text(problems: Sequence[Problem], files: int) -> Iterator[str]:
    """The lines with the place underlined, and a count at the end."""
    color = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    for problem in problems:
        yield render(problem, color=color)
        yield ""
    checked = f"{files} {'file' if files == 1 else 'files'} checked"
    found = f"{len(problems)} {'problem' if len(problems) == 1 else 'problems'}" if problems else "no problems"
    yield f"{checked}: {found}"


def as_json(problems: Sequence[Problem], files: int) -> Iterator[str]:
    """One object: version, files, problems with 1-based places."""
    listed: list[dict[str, str | int]] = [
        {"message": one.message, "hint": one.hint, "code": one.code, "severity": one.severity, **_span(one.place)}
        for one in problems
    ]
    yield json.dumps({"version": 1, "files": files, "problems": listed}, indent=2, ensure_ascii=False)


def _span(place: Place | None) -> dict[str, str | int]:
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
        where = ""
        if place is not None:
            where = f"file={_property(place.file)},line={place.line},col={place.column},"
        body = one.message + (f"\n{one.hint}" if one.hint else "")
        yield f"::{kind} {where}title={_property('runbook: ' + one.code)}::{_data(body)}"


def _data(value: str) -> str:
    return value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: str) -> str:
    return _data(value).replace(":", "%3A").replace(",", "%2C")


def sarif(problems: Sequence[Problem], _files: int) -> Iterator[str]:
    """SARIF 2.1.0 (OASIS), one run."""
    rules = sorted({one.code for one in problems})
    results = [
        {
            "ruleId": one.code,
            "ruleIndex": rules.index(one.code),
            "level": "error" if one.severity == "error" else "note",
            "message": {"text": one.message + (f" ({one.hint})" if one.hint else "")},
        }
        | ({"locations": [_location(one.place)]} if one.place is not None else {})
        for one in problems
    ]
    driver = {"name": "runbook", "version": __version__, "rules": [{"id": rule} for rule in rules]}
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}],
    }
    yield json.dumps(log, indent=2, ensure_ascii=False)


def _location(place: Place) -> dict[str, object]:
    region = {
        "startLine": place.line,
        "startColumn": place.column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
    }
    return {"physicalLocation": {"artifactLocation": {"uri": place.file.replace(os.sep, "/")}, "region": region}}


FORMATS: Mapping[str, Format] = {"text": text, "json": as_json, "github": github, "sarif": sarif}
