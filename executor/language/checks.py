"""What is checked across a whole runbook once all of it has been read: names, and the syntax of templates."""

from __future__ import annotations

from collections.abc import Iterable

from executor.errors import Problem
from executor.language import names
from executor.language.draft import Declared, Draft
from executor.model.runbooks import Param, Runbook, Stage


def check_runbook(draft: Draft, runbook: Runbook) -> None:
    """Note in the draft what only the whole can tell."""
    _stage_names(draft, runbook.stages)
    check_names(draft)
    _collisions(draft)
    _fixed(draft, runbook.params)
    check_templates(draft)


def _stage_names(draft: Draft, stages: Iterable[Stage]) -> None:
    seen: dict[str, Stage] = {}
    for stage in stages:
        first = seen.setdefault(stage.name.casefold(), stage)
        if first is not stage:
            draft.problems.append(
                Problem(
                    f"two stages are called {stage.name!r}",
                    stage.place,
                    "give it a name of its own; a `name:` on an include stands before the names of its stages",
                    code="duplicate-stage",
                    notes=(("the first one", first.place),),
                )
            )


def check_names(draft: Draft) -> None:
    """Note the names that values cannot have."""
    for declared in draft.declared:
        reason = names.why_not(declared.name)
        if reason is not None:
            draft.say(reason, declared.place, f"call this {declared.kind} something else", "name")


def _collisions(draft: Draft) -> None:
    """Registered names are a namespace of their own."""
    others: dict[str, Declared] = {}
    for declared in draft.declared:
        if declared.kind != "registered result":
            others.setdefault(declared.name, declared)
    for declared in draft.declared:
        other = others.get(declared.name)
        if declared.kind == "registered result" and other is not None:
            draft.problems.append(
                Problem(
                    f"{declared.name!r} is registered here, and is a {other.kind}, too",
                    declared.place,
                    "give one of them another name",
                    code="name-collision",
                    notes=((f"the {other.kind}", other.place),),
                )
            )


def _fixed(draft: Draft, params: Iterable[Param]) -> None:
    required = {param.name: param for param in params if param.required}
    for declared in draft.declared:
        if declared.kind == "set variable" and declared.name in required:
            draft.problems.append(
                Problem(
                    f"{declared.name!r} is a required parameter: what -e gives wins, so that `set` changes nothing",
                    declared.place,
                    "set a variable of another name",
                    code="set-param",
                    notes=(("the parameter", required[declared.name].place),),
                )
            )


def check_templates(draft: Draft) -> None:
    """Note what is wrong with the syntax of the templates, and unknown filters and tests in them."""
    if not draft.templates:
        return
    # Jinja is not free to import, and a file without templates does not need it.
    from executor.templates import check  # noqa: PLC0415 - see above

    for template in draft.templates:
        draft.problems += check(template)
