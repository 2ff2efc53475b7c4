"""The forms of a plan beside the text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias, get_args

from executor.model.plans import Plan
from executor.planning.findings import Findings

Format: TypeAlias = Literal["markdown", "html", "json", "mermaid"]
FORMATS: tuple[Format, ...] = get_args(Format)


def in_format(
    plan: Plan,
    form: Format,
    *,
    digest: str | None = None,
    notes: Sequence[tuple[str, str]] = (),
    findings: Findings | None = None,
    whole: bool = False,
) -> str:
    """The plan as a text of this format. `digest` is that of the sealed plan which it is to be read for, and `notes`
    what else its seal says, with a label each; `whole`: with what files hold that are sent."""
    from executor.report.plans.data import data
    from executor.report.plans.html import html
    from executor.report.plans.markdown import markdown
    from executor.report.plans.mermaid import mermaid

    match form:
        case "markdown":
            return markdown(plan, digest=digest, notes=notes, findings=findings, whole=whole)
        case "html":
            return html(plan, digest=digest, notes=notes, findings=findings, whole=whole)
        case "json":
            return data(plan, digest=digest, findings=findings, whole=whole)
        case "mermaid":
            return mermaid(plan, findings=findings)
