"""Advice: what is allowed in a runbook, and often regretted. Each rule has an id, a reason and a better way."""

from __future__ import annotations

from executor.errors import Problem
from executor.language.advice import amounts, commands, health, ignore, names, privileges, secrets, undoing
from executor.language.advice.early import undefined
from executor.language.advice.rules import Rule
from executor.language.advice.subject import Subject
from executor.language.runbooks import Written
from executor.model.inventories import Inventory

RULES: tuple[Rule, ...] = (
    undoing.NO_ROLLBACK,
    undoing.IGNORED_FAILURE,
    commands.PIPE,
    commands.NO_TIMEOUT,
    commands.RAW,
    amounts.MAX_FAILURES,
    amounts.MIN_SAMPLES,
    health.HEALTH,
    secrets.SECRET_IN_COMMAND,
    secrets.SECRET_IN_URL,
    secrets.PLAIN_SECRET,
    names.UNUSED,
    names.UNKNOWN_NAME,
    privileges.SUDO_ON_CONTROL,
)

__all__ = ["RULES", "Rule", "advise", "undefined"]


def advise(written: Written, inventory: Inventory | None = None) -> tuple[Problem, ...]:
    """All that the rules have to say about a runbook, in the order of its files, without what its comments silence.

    With an inventory more is known: how many hosts a pattern means, and which names hosts have.
    """
    subject = Subject(written, inventory)
    files = written.runbook.files
    comments = ignore.comments(files)
    silenced = ignore.silenced(comments)
    found = [
        Problem(finding.message, finding.place, finding.hint, rule.id, "advice")
        for rule in RULES
        for finding in rule.find(subject)
        if (finding.place.file, finding.place.line, rule.id) not in silenced
    ]
    found += ignore.slips(comments, [rule.id for rule in RULES])
    order = {name: index for index, name in enumerate(files)}
    # A file that is included twice is advised about once.
    once = dict.fromkeys(found)
    return tuple(sorted(once, key=lambda problem: _order(problem, order)))


def _order(problem: Problem, files: dict[str, int]) -> tuple[int, int, int]:
    place = problem.place
    return (files.get(place.file, 0), place.line, place.column) if place is not None else (-1, 0, 0)
