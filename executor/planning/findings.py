"""What is known of every step on every host before a run: from the plan alone, or because a check has asked the hosts.

Each verdict is one of a closed union. A plan's formats show them; `plan --detailed-exitcode` adds them up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

_NAMED: Final = 4  # parts of a step that are told one by one


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
    """It would fail as things stand now: the host refuses it, a claim does not hold, a local file is missing."""

    why: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """It depends on what only the run finds out. `whether`: even whether the step runs at all; else what it says."""

    needs: tuple[str, ...]  # the names that it waits for
    until: tuple[str, ...]  # the steps that give them, as "2.3 Name"; empty where no step is known to
    whether: bool = False
    changes: bool = True  # it may, if it runs


@dataclass(frozen=True, slots=True)
class Skipped:
    """It would not run."""

    because: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A person is asked. `answers` is what machines say of a checklist's other items, each by its name."""

    questions: tuple[str, ...]
    answers: tuple[tuple[str, Verdict], ...] = ()


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
        case WouldRun(changes=changes) | Unknown(changes=changes):
            return changes
        case WouldChange() | WouldFail() | NotAsked():
            return True
        case NothingToDo() | Looked() | Skipped() | Asked():
            return False


def fails(finding: Finding) -> bool:
    """Whether the run would fail here: nothing that comes before it can cure that."""
    return not finding.for_now and _fails(finding.verdict)


def _fails(verdict: Verdict) -> bool:
    match verdict:
        case Looked(failed=failed):
            return failed
        case Asked(answers=answers):
            return any(_fails(answer) for _, answer in answers)
        case WouldFail():
            return True
    return False


def all_of(parts: Sequence[tuple[str, Verdict]]) -> Verdict:
    """What the verdicts on the parts of a step add up to, each part by its label: the gravest, and where not all have
    the same, on which of them."""
    if not parts:
        return NothingToDo("its list is empty")
    gravest = max(map(_gravity, (verdict for _, verdict in parts)))
    grave = [(label, verdict) for label, verdict in parts if _gravity(verdict) == gravest]
    one = grave[0][1]
    if all(verdict == one for _, verdict in parts):
        return one
    match one:
        case WouldChange():
            diffs = "".join(verdict.diff for _, verdict in grave if isinstance(verdict, WouldChange))
            return WouldChange(_told(grave, parts), diffs)
        case NothingToDo():
            return NothingToDo(_told(grave, parts))
        case WouldFail():
            return WouldFail(_told(grave, parts))
        case NotAsked():
            return NotAsked(_told(grave, parts))
        case Looked(failed=failed):
            return Looked(_told(grave, parts), failed)
        case _:
            return one


def _told(grave: Sequence[tuple[str, Verdict]], parts: Sequence[tuple[str, Verdict]]) -> str:
    """What is said of the gravest of the parts, each by its label; counted where they are many."""
    if len(grave) > _NAMED:
        return f"{len(grave)} of {len(parts)}"
    return "; ".join(f"{label}: {_word(verdict)}" if label else _word(verdict) for label, verdict in grave)


def _word(verdict: Verdict) -> str:
    match verdict:
        case (
            WouldChange(what=word)
            | NothingToDo(why=word)
            | Looked(said=word)
            | WouldFail(why=word)
            | NotAsked(why=word)
        ):
            return word
        case _:
            return ""


def _gravity(verdict: Verdict) -> int:
    match verdict:
        case WouldFail():
            return 8
        case Looked(failed=True):
            return 7
        case NotAsked():
            return 6
        case WouldChange():
            return 5
        case WouldRun():
            return 4
        case Unknown():
            return 3
        case Asked():
            return 2
        case Looked() | NothingToDo():
            return 1
        case Skipped():
            return 0


def anything_changes(findings: Findings) -> bool:
    """Whether a run might change anything at all."""
    return any(may_change(finding.verdict) for finding in findings.all())
