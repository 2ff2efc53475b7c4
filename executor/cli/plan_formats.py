"""The forms of a plan beside the text, and how all of them are printed where a CI system reads along."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Mapping
from typing import Literal, TypeAlias, get_args

from executor.model.plans import Plan
from executor.planning.findings import Findings

Format: TypeAlias = Literal["markdown", "html", "json", "mermaid"]
FORMATS: tuple[Format, ...] = get_args(Format)


def in_format(plan: Plan, form: Format, *, digest: str | None = None, findings: Findings | None = None) -> str:
    """The plan as a text of this format. `digest` is that of the sealed plan which it is to be read for."""
    from executor.report.plans.data import data
    from executor.report.plans.html import html
    from executor.report.plans.markdown import markdown
    from executor.report.plans.mermaid import mermaid

    match form:
        case "markdown":
            return markdown(plan, digest=digest, findings=findings)
        case "html":
            return html(plan, digest=digest, findings=findings)
        case "json":
            return data(plan, digest=digest, findings=findings)
        case "mermaid":
            return mermaid(plan, findings=findings)


def harmless(said: str, environment: Mapping[str, str] = os.environ) -> str:
    """The text as it may be printed: where a CI system reads along, no line of it is a command of that system's.

    What goes to a file is as it is.
    """
    if not environment.get("CI") or _to_file():
        return said
    from executor.report.safe import inert

    return "\n".join(map(inert, said.split("\n")))


def _to_file() -> bool:
    """Whether standard output is a file."""
    try:
        return stat.S_ISREG(os.fstat(sys.stdout.fileno()).st_mode)
    except OSError:  # a stream of this process alone, which nobody else reads
        return False
