"""A plan as one page of HTML: opened from a disk it asks for nothing else, and runs no script but its own."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from executor.model.plans import Plan
from executor.planning.findings import Finding, Findings
from executor.planning.shown.lines import safe
from executor.planning.shown.verdicts import Told, told
from executor.planning.shown.words import duration, hosts
from executor.report.plans.gather import gather
from executor.report.plans.headline import found, gist, row, sentences, work
from executor.report.plans.naming import NAME

_FOLDER: Final = Path(__file__).parent

# What a CI system would take for a command is written otherwise; a browser shows the same.
_AT_START = re.compile(r"^(\s*):(?=:)", re.MULTILINE)
_MARKER = re.compile(r"##(?=\w*\[)")


def html(
    plan: Plan,
    *,
    digest: str | None = None,
    notes: Sequence[tuple[str, str]] = (),
    findings: Findings | None = None,
    whole: bool = False,
) -> str:
    """The plan as a whole page. `digest` is that of the sealed plan that it is to be read for, and `notes` what else
    its seal says, with a label each; `whole`: files that are sent are shown with what they hold."""
    from jinja2 import Environment, StrictUndefined  # noqa: PLC0415 - only this form needs it

    sheet = gather(plan, findings, whole=whole)
    style, script = _part("page.css"), _part("page.js")
    # Control characters and marks that turn the reading direction are shown as what they are, wherever they stand.
    shown = Environment(autoescape=True, undefined=StrictUndefined, finalize=_shown)
    page = shown.from_string(_part("page.html.j2")).render(
        sheet=sheet,
        digest=digest,
        notes=notes,
        work=work(sheet),
        sentences=list(sentences(sheet)),
        rows=[(stage, row(stage)) for stage in sheet.stages],
        found=list(found(findings)) if findings is not None and findings.checked else [],
        points=[way for way in sheet.way_back if way.no_return],
        asked={one.step for one in sheet.asked},
        hosts=hosts,
        duration=duration,
        told=_told,
        gist=gist,
        name=NAME,
        style=style,
        style_hash=_hash(style),
        script=script,
        script_hash=_hash(script),
    )
    return _MARKER.sub("#&#35;", _AT_START.sub(r"\1&#58;", page)) + "\n"


def _told(finding: Finding | None) -> Told | None:
    return None if finding is None else told(finding)


def _shown(value: object) -> object:
    return safe(value) if type(value) is str else value


def _part(name: str) -> str:
    return (_FOLDER / name).read_text("utf-8")


def _hash(text: str) -> str:
    """What the page's security policy knows its own style and script by."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
