"""Steps that change something: can it be undone, and is a failure taken seriously?"""

from __future__ import annotations

from collections.abc import Iterator

from executor.language.advice.rules import Finding, Rule
from executor.language.advice.subject import Seen, Subject
from executor.model.actions import SELF_UNDOING, Script, Shell


def _no_rollback(subject: Subject) -> Iterator[Finding]:
    for seen in subject.steps:
        if seen.role == "forward" and _changes(seen) and not _speaks(seen):
            yield Finding(
                "this step changes something and says nothing of its undoing",
                seen.step.place,
                "`rollback:` with what undoes it, `rollback: none`, `irreversible: true`, or `read_only: true`",
            )


def _changes(seen: Seen) -> bool:
    return isinstance(seen.step.body.action, Shell | Script) and not seen.step.body.read_only


def _speaks(seen: Seen) -> bool:
    """Whether it is said what becomes of the step on the way back."""
    of_stage = seen.stage is not None and seen.stage.rollback_none
    return seen.step.rollback is not None or seen.step.body.irreversible or of_stage


NO_ROLLBACK = Rule(
    "no-rollback",
    "a changing step that says nothing of its rollback",
    "When a run is rolled back, what this step did stays as it is. That may be right, but then it should be said, so "
    "that nobody has to find out at night whether it was meant or forgotten.",
    """\
- name: Install the new unit
  shell: ./install.sh
  rollback: ./install.sh --previous
- name: Clear the cache
  shell: rm -rf /var/cache/app/*
  rollback: none
""",
    _no_rollback,
)


def _ignored_failure(subject: Subject) -> Iterator[Finding]:
    for seen in subject.steps:
        changes = _changes(seen) or isinstance(seen.step.body.action, SELF_UNDOING)
        if seen.role == "forward" and changes and seen.settings.ignore_errors is True:
            yield Finding(
                "a failure of this step is ignored, and it changes something",
                subject.key(seen.step, "ignore_errors"),
                "`failed_when:` says which failures are none; `unless:` or `only_if:` whether the step is needed",
            )


IGNORED_FAILURE = Rule(
    "ignored-failure",
    "`ignore_errors` on a step that changes something",
    "The host goes on with half a change, and every later step builds on it. Most often one exit code is harmless, or "
    "the step is not needed on some hosts: both can be said exactly.",
    """\
- name: Stop the worker
  shell: systemctl stop worker
  only_if: systemctl is-active --quiet worker
  rollback: systemctl start worker
""",
    _ignored_failure,
)
