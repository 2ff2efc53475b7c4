"""What is known of every step on every host before a run: from the plan alone, or because a check has asked the hosts.

Each verdict is one of a closed union. A plan's formats show them; `plan --detailed-exitcode` adds them up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class WouldRun:
    """It would run. `changes`: nobody can tell beforehand what it changes; False: it changes nothing on a host."""

    changes: bool = True


@dataclass(frozen=True, slots=True)
class WouldChange:
    """It would change something, and the check knows `what`, in a few words, and for files often how (`diff`)."""

    what: str
    diff: str = ""  # unified, secrets taken out; empty where it was not asked for, or cannot be shown


@dataclass(frozen=True, slots=True)
class NothingToDo:
    """The host is already as the step wants it, or one of its guards says that it is not needed."""

    why: str


@dataclass(frozen=True, slots=True)
class Looked:
    """It changes nothing, so the check has done it; `said` is what came of it."""

    said: str
    failed: bool = False


@dataclass(frozen=True, slots=True)
class WouldFail:
    """The host refuses it as it stands now."""

    why: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """It depends on what only the run finds out. `whether`: even whether the step runs at all; else what it says."""

    needs: tuple[str, ...]  # the names that it waits for
    until: tuple[str, ...]  # the steps that give them, as "2.3 Name"; empty where no step is known to
    whether: bool = False


@dataclass(frozen=True, slots=True)
class Skipped:
    """It would not run."""

    because: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A person is asked."""

    questions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotAsked:
    """The check could not find out."""

    why: str


Verdict: TypeAlias = (
    WouldRun | WouldChange | NothingToDo | Looked | WouldFail | Unknown | Skipped | Asked | NotAsked
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """The verdict on one step on one host.

    `for_now`: it was seen before the steps that come first have changed the host, and may be another one then. `rounds`
    has the label and the verdict of each round of a loop whose list is known; `verdict` is what they add up to.
    """

    verdict: Verdict
    for_now: bool = False
    rounds: tuple[tuple[str, Verdict], ...] = ()


@dataclass(frozen=True, slots=True)
class Findings:
    """By step (its id) and host. A `once` step has a finding for the host alone on which it would run."""

    steps: Mapping[str, Mapping[str, Finding]]
    checked: bool = False  # the hosts were asked
    unreachable: Mapping[str, str] = field(default_factory=dict)  # host -> why it could not be asked

    def of(self, step: str, host: str) -> Finding | None:
        """What is known of a step on a host; None where there is nothing to say."""
        return self.steps.get(step, {}).get(host)

    def all(self) -> Iterator[Finding]:
        return (finding for hosts in self.steps.values() for finding in hosts.values())


def may_change(verdict: Verdict) -> bool:
    """Whether a run might change something by this step, for all that is known."""
    match verdict:
        case WouldRun(changes):
            return changes
        case WouldChange() | WouldFail() | Unknown() | NotAsked():
            return True
        case NothingToDo() | Looked() | Skipped() | Asked():
            return False


def anything_changes(findings: Findings) -> bool:
    """Whether a run might change anything at all."""
    return any(may_change(finding.verdict) for finding in findings.all())
