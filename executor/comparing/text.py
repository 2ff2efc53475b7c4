"""A comparison as lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from executor.comparing.changes import Comparison, Group, StageChange, StepChange, Term
from executor.planning.shown.lines import safe
from executor.planning.shown.words import hosts

NOTHING = "Nothing would run differently."
_SIGN = {"added": "+", "removed": "-", "altered": "~", "moved": "↕"}
_PARTS = {"drain": "out of traffic, ", "restore": "back to traffic, ", "always": "at the end, ", "steps": ""}


def not_compared(found: Comparison) -> str:
    """What no comparison of plans can tell; empty where they have no secrets."""
    match found.secrets_not_compared:
        case ():
            return ""
        case (name,):
            return f"Not compared: where the secret {name} comes from"
        case names:
            return f"Not compared: where the secrets {', '.join(names)} come from"


def text(found: Comparison, *, color: bool = False) -> str:
    """Everything that differs, a `+` before what is new and a `-` before what was."""
    lines = list(_lines(found)) or [NOTHING]
    lines += filter(None, [not_compared(found)])
    return "\n".join(_coloured(safe(line)) if color else safe(line) for line in lines) + "\n"


def _lines(found: Comparison) -> Iterator[str]:
    yield from terms(found.terms)
    for group in found.hosts:
        yield f"~ host {hosts(group.hosts)}"
        yield from (f"    {line}" for line in differing(group))
    for stage in found.stages:
        yield from _stage(stage)
    if found.always:
        yield "At the end of the run"
        for step in found.always:
            yield from (f"  {line}" for line in _step(step))


def terms(found: Sequence[Term]) -> Iterator[str]:
    """Rules and values, before and after."""
    for term in found:
        yield f"~ {term.what}: {term.before or '-'} → {term.after or '-'}"


def _stage(stage: StageChange) -> Iterator[str]:
    yield f"{_mark(stage)} Stage {stage.id}: {stage.name}{_moved(stage)}"
    if stage.hosts_added:
        yield f"  + hosts {hosts(stage.hosts_added)}"
    if stage.hosts_removed:
        yield f"  - hosts {hosts(stage.hosts_removed)}"
    yield from (f"  {line}" for line in terms(stage.terms))
    for what, group in stage.groups:
        yield f"  ~ {what} ({hosts(group.hosts)})"
        yield from (f"      {line}" for line in differing(group))
    for step in stage.steps:
        yield from (f"  {line}" for line in _step(step))


def _step(step: StepChange) -> Iterator[str]:
    yield f"{_mark(step)} {step.id}  {_PARTS[step.part] if step.id else ''}{step.name}{_moved(step)}"
    yield from (f"    {line}" for line in terms(step.terms))
    for group in step.groups:
        yield f"    {hosts(group.hosts)}:"
        yield from (f"      {line}" for line in differing(group))


def _mark(one: StageChange | StepChange) -> str:
    return _SIGN[one.how] + (f" {_SIGN['moved']}" if one.moved and one.how != "moved" else "")


def _moved(one: StageChange | StepChange) -> str:
    return "  (moved)" if one.moved else ""


def differing(group: Group) -> Iterator[str]:
    """The lines of both sides: `- ` was, `+ ` is new, two blanks where they are the same."""
    before, after = group.before or (), group.after or ()
    for kind, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            yield from (f"  {line}" for line in before[a:b])
            continue
        yield from (f"- {line}" for line in before[a:b])
        yield from (f"+ {line}" for line in after[c:d])


def _coloured(line: str) -> str:
    colour = {"+": "\x1b[32m", "-": "\x1b[31m", "~": "\x1b[33m"}.get(line.lstrip()[:1], "")
    return f"{colour}{line}\x1b[0m" if colour else line
