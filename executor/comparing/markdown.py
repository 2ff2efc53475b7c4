"""A comparison as Markdown, for a pull request: short first, the commands as blocks of `diff`, within a bound."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from executor.comparing.changes import Comparison, Group, StageChange, StepChange, Term
from executor.comparing.text import NOTHING, differing, not_compared
from executor.planning.shown.words import counted, hosts
from executor.report.plans import markup

LIMIT: Final = 65_536  # bytes of a comment on GitHub
_ROOM: Final = 400  # for the words at the end that say what was cut
_HOW: Final = {"added": "new", "removed": "gone", "altered": "altered", "moved": "moved"}


def markdown(found: Comparison, old: str, *, limit: int = LIMIT) -> str:
    """What differs from `old`, its name for people, in at most `limit` bytes; what has no room is counted."""
    pieces = ["\n".join(piece) + "\n" for piece in _pieces(found, old)]
    page, left = "", limit - _ROOM
    for number, piece in enumerate(pieces):
        left -= len(piece.encode()) + 1
        if left < 0:
            rest = len(pieces) - number
            return page + f"\n**Cut here: {rest} more parts differ.** `runbook plan … --against …` shows all of them.\n"
        page += ("\n" if page else "") + piece
    return page


def _pieces(found: Comparison, old: str) -> Iterator[list[str]]:
    yield [f"## What would run differently than {markup.code(old)}"]
    if not found:
        yield [NOTHING, *_not_compared(found)]
        return
    yield [*(f"- {line}" for line in _summary(found)), *_not_compared(found)]
    if found.terms:
        yield _terms(found.terms)
    for group in found.hosts:
        yield [f"**Host {markup.text(hosts(group.hosts))}** is reached in another way:", "", *_diff(group)]
    for stage in found.stages:
        yield from _stage(stage)
    if found.always:
        yield ["### At the end of the run"]
        for step in found.always:
            yield list(_step(step))


def _summary(found: Comparison) -> Iterator[str]:
    steps = [step for stage in found.stages for step in stage.steps] + list(found.always)
    for what, items in (("stage", found.stages), ("step", steps)):
        counts = Counter(map(_how, items))
        if counts:
            total = sum(counts.values())
            parts = ", ".join(f"{many} {how}" for how, many in counts.items())
            yield f"{total} {what}{'' if total == 1 else 's'} differ{'s' if total == 1 else ''}: {parts}"
    for stage in found.stages:
        if stage.how == "altered" and (stage.hosts_added or stage.hosts_removed):
            more, less = len(stage.hosts_added), len(stage.hosts_removed)
            yield f"{markup.text(stage.name)} is for {counted(more, 'host')} more and {counted(less, 'host')} less"


def _how(one: StageChange | StepChange) -> str:
    return _HOW[one.how] + (" and moved" if one.moved and one.how != "moved" else "")


def _not_compared(found: Comparison) -> list[str]:
    """Beside the summary, which is never cut."""
    said = not_compared(found)
    return ["", markup.text(said)] if said else []


def _terms(found: Sequence[Term]) -> list[str]:
    rows = (f"| {_cell(term.what)} | {_cell(term.before)} | {_cell(term.after)} |" for term in found)
    return ["| | before | after |", "|---|---|---|", *rows]


def _cell(said: str) -> str:
    return markup.cell(markup.text(markup.clipped(said, 400))) if said else "–"


def _stage(stage: StageChange) -> Iterator[list[str]]:
    head = [f"### Stage {stage.id} {markup.text(stage.name)}: {_how(stage)}"]
    for sign, names in (("more", stage.hosts_added), ("less", stage.hosts_removed)):
        if names:
            head += ["", f"Hosts {sign}: {markup.text(hosts(names))}"]
    yield head
    if stage.terms:
        yield _terms(stage.terms)
    for what, group in stage.groups:
        yield [f"{what} on {markup.text(hosts(group.hosts))}:", "", *_diff(group)]
    for step in stage.steps:
        yield list(_step(step))


def _step(step: StepChange) -> Iterator[str]:
    yield f"**{step.id} {markup.text(step.name)}**: {_how(step)}"
    if step.terms:
        yield ""
        yield from _terms(step.terms)
    for group in step.groups:
        yield ""
        yield f"On {markup.text(hosts(group.hosts))}:"
        yield ""
        yield from _diff(group)


def _diff(group: Group) -> Iterator[str]:
    return markup.fence("\n".join(line for text in differing(group) for line in text.split("\n")), "diff")
