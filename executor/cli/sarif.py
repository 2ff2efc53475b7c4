"""Problems as SARIF 2.1.0 (OASIS), for code scanning services and editors."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias
from urllib.parse import quote

from executor import __version__
from executor.errors import Problem
from executor.model.places import Place

Json: TypeAlias = "Mapping[str, object]"

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVEL = {"error": "error", "advice": "warning"}


def log(problems: Sequence[Problem]) -> Json:
    """The whole log: one run, with a rule for each code, and a result for each problem that has a place.

    What has none (a flag that makes no sense) is a notification of the invocation: a result needs a location.
    """
    rules = sorted({one.code for one in problems})
    driver = {"name": "runbook", "version": __version__, "rules": [_rule(code) for code in rules]}
    placed = [(one, one.place) for one in problems if one.place is not None]
    notices = [_notification(one) for one in problems if one.place is None]
    wrong = any(one.severity == "error" for one in problems)
    invocation = {"executionSuccessful": not (wrong and notices), "toolConfigurationNotifications": notices}
    run = {
        "tool": {"driver": driver},
        "invocations": [invocation],
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"%SRCROOT%": {"uri": Path.cwd().as_uri() + "/"}},
        "results": [_result(one, place, rules) for one, place in placed],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(code: str) -> Json:
    from executor.language.advice import RULES

    advice = next((rule for rule in RULES if rule.id == code), None)
    if advice is None:
        words = code.replace("-", " ").capitalize()
        text = "The message says what is wrong and what would be right. The language is described in docs/language.md."
        return _described(code, words, text, text, "error")
    page = f"docs/advice.md#{code}"
    text = f"{advice.reason}\n\nSee {page}. `# runbook: ignore {code}` on the line silences it."
    markdown = f"{text}\n\n```yaml\n{advice.instead}```\n"
    title = advice.title[:1].upper() + advice.title[1:]
    return _described(code, title, text, markdown, "warning")


def _described(code: str, short: str, text: str, markdown: str, level: str) -> Json:
    return {
        "id": code,
        "name": "".join(word.capitalize() for word in code.split("-")),
        "shortDescription": {"text": short},
        "fullDescription": {"text": text},
        "help": {"text": text, "markdown": markdown},
        "defaultConfiguration": {"level": level},
        "properties": {"tags": ["runbook"], "problem.severity": level},
    }


def _result(one: Problem, place: Place, rules: Sequence[str]) -> Json:
    return {
        "ruleId": one.code,
        "ruleIndex": rules.index(one.code),
        "level": _LEVEL[one.severity],
        "message": {"text": _message(one)},
        "locations": [_location(place)],
        "relatedLocations": list(_related(one.notes)),
    }


def _message(one: Problem) -> str:
    return f"{one.message} ({one.hint})" if one.hint else one.message


def _related(notes: Iterable[tuple[str, Place]]) -> Iterable[Json]:
    for number, (text, place) in enumerate(notes):
        yield {"id": number, "message": {"text": text}} | _location(place)


def _notification(one: Problem) -> Json:
    return {"level": _LEVEL[one.severity], "message": {"text": _message(one)}, "descriptor": {"id": one.code}}


def _location(place: Place) -> dict[str, object]:
    region = {
        "startLine": place.line,
        "startColumn": place.column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
    }
    return {"physicalLocation": {"artifactLocation": _artifact(place.file), "region": region}}


def _artifact(file: str) -> Json:
    """A file by its URI: below the working directory relative to it, so that another machine finds it, too."""
    if Path(file).is_absolute():
        return {"uri": Path(file).as_uri()}
    return {"uri": quote(file.replace(os.sep, "/")), "uriBaseId": "%SRCROOT%"}
