"""What is known of a step on a host, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from executor.planning.findings import (
    Asked,
    Finding,
    Findings,
    Looked,
    NotAsked,
    NothingToDo,
    Skipped,
    Unknown,
    Verdict,
    WouldChange,
    WouldFail,
    WouldRun,
)
from executor.planning.shown.words import joined

Tone: TypeAlias = Literal["run", "change", "same", "late", "skip", "ask", "bad"]


@dataclass(frozen=True, slots=True)
class Told:
    """A verdict in words. `worth`: it says more than the plan does by itself."""

    tone: Tone
    words: str
    diff: str = ""
    worth: bool = True


def told(finding: Finding) -> Told:
    """The verdict on one step on one host."""
    found = _told(finding.verdict)
    if not finding.for_now:
        return found
    return Told(found.tone, f"{found.words} (as the host is now)", found.diff, found.worth)


def _told(verdict: Verdict) -> Told:
    match verdict:
        case WouldRun(changes):
            return Told("run", "would run" if changes else "would run, and changes nothing", worth=False)
        case WouldChange(what, diff):
            return Told("change", joined(["would change", what], ": "), diff)
        case NothingToDo(why):
            return Told("same", joined(["nothing to do", why], ": "))
        case Looked(said, failed):
            return Told(
                "bad" if failed else "same", joined(["failed just now" if failed else "asked just now", said], ": ")
            )
        case WouldFail(why):
            return Told("bad", joined(["would fail", why], ": "))
        case Unknown(needs, until, whether):
            what = "whether it runs is unknown" if whether else "unknown"
            return Told("late", joined([what, joined(until or needs, ", ")], " until "), worth=whether)
        case Skipped(because):
            return Told("skip", joined(["skipped", because], ": "), worth=False)
        case Asked(answers=answers):
            return _asked([(name, told(Finding(answer))) for name, answer in answers])
        case NotAsked(why):
            return Told("bad", joined(["could not be asked", why], ": "))


def _asked(answers: list[tuple[str, Told]]) -> Told:
    """What a person is asked, with what machines say of the other items."""
    worth = [(name, answer) for name, answer in answers if answer.worth]
    words = "; ".join(["asked of a person", *(f"{name}: {answer.words}" for name, answer in worth)])
    bad = any(answer.tone == "bad" for _, answer in worth)
    return Told("bad" if bad else "ask", words, worth=bool(worth))


def summed_up(findings: Findings) -> str:
    """How many steps have which verdict; where hosts differ, a step counts for each of its verdicts."""
    kinds = Counter(kind for hosts in findings.steps.values() for kind in {_kind(one) for one in hosts.values()})
    return ", ".join(f"{kinds[kind]:,} {said}" for kind, said in _SUMS.items() if kinds[kind]) or "nothing to do"


def _kind(finding: Finding) -> Tone | Literal["bad now"]:
    tone = told(finding).tone
    return "bad now" if tone == "bad" and finding.for_now else tone


_SUMS: Mapping[Tone | Literal["bad now"], str] = {
    "bad": "would fail or could not be asked",
    "bad now": "would fail as the hosts are now, before the steps that come first",
    "change": "would change something",
    "run": "would run",
    "late": "known only in the run",
    "ask": "asked of a person",
    "same": "with nothing to do",
    "skip": "skipped",
}
