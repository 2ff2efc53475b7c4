"""What a step does, as items of a Markdown list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from executor.planning.shown.verdicts import told
from executor.planning.shown.words import counted, hosts
from executor.report.plans.facts import Alike, Check, Guard, Round, StepFacts, Undo
from executor.report.plans.markup import SHORT, clipped, code, fence, text
from executor.report.plans.naming import NAME
from executor.templates import LATE

ALL: Final = 10**9


@dataclass(frozen=True, slots=True)
class Detail:
    """How much of a plan there is room for."""

    groups: int = ALL  # different kinds of hosts, and rounds of a loop, that are shown of a step; 0: its name alone
    lines: int = ALL  # of a block of code
    width: int = ALL  # characters of a line
    listed: int = ALL  # entries of a list in the summary
    stages: bool = True  # whether their steps are told at all


@dataclass(slots=True)
class Cut:
    """What was left out meanwhile."""

    groups: int = 0
    lines: int = 0
    wide: int = 0
    steps: int = 0


@dataclass(frozen=True, slots=True)
class Listing:
    """Writes steps as list items. `boxes`: a person ticks them off; `undo`: how each is undone stands with it."""

    detail: Detail = Detail()
    boxes: bool = False
    undo: bool = True
    cut: Cut = field(default_factory=Cut)

    def step(self, step: StepFacts, margin: str = "") -> Iterator[str]:
        """One item: its name, then what is done on which hosts."""
        notes = f" ({text(', '.join(step.notes))})" if step.notes else ""
        box = "[ ] " if self.boxes else ""
        yield f"{margin}- {box}**{text(f'{step.id} {self._short(step.name)}')}**{notes}"
        if not self.detail.groups:
            self.cut.steps += 1
            return
        shown = step.groups[: self.detail.groups]
        for group in shown:
            yield from self._group(group, margin + "  ", alone=len(step.groups) == 1)
        yield from self._rest(step.groups[len(shown) :], margin + "  ")
        for name, said in step.values:
            yield f"{margin}  - Here {code(LATE.format(name))} is {code(self._short(said))}"
        for name, when in step.later:
            if when:
                yield f"{margin}  - {code(LATE.format(name))} is known {text(self._short(when))}"

    def _rest(self, groups: Iterable[Alike], margin: str) -> Iterator[str]:
        left = list(groups)
        if left:
            self.cut.groups += len(left)
            names = [host for group in left for host in group.hosts]
            yield f"{margin}- … and on {counted(len(names), 'more host')}: {text(self._short(hosts(names)))}"

    def _group(self, group: Alike, margin: str, *, alone: bool) -> Iterator[str]:
        finding = told(group.finding) if group.finding is not None else None
        if not alone or group.by_name or (finding is not None and finding.worth):
            verdict = f" **{text(self._short(finding.words))}**" if finding is not None and finding.worth else ""
            own = f", each with its own name for {code(NAME)}" if group.by_name else ""
            yield f"{margin}- {text(self._short(hosts(group.hosts)))}{own}:{verdict}"
            margin += "  "
        if finding is not None and finding.diff:
            yield from self.block(finding.diff, "diff", margin)
        if group.loop:
            yield f"{margin}- For each item of {code(self._short(group.loop))}:"
            margin += "  "
        shown = group.rounds[: max(self.detail.groups, 3)]
        for one in shown:
            yield from self.round(one, margin)
        left = len(group.rounds) - len(shown)
        if left:
            self.cut.groups += left
            yield f"{margin}- … and {counted(left, 'more round')} of its loop"
        if not group.rounds:
            yield f"{margin}- nothing to do: its list is empty"

    def round(self, one: Round, margin: str) -> Iterator[str]:
        """What is done, on what conditions, and how it is undone."""
        if one.label:
            yield f"{margin}- For {code(self._short(one.label))}:"
            margin += "  "
        if one.skipped:
            yield f"{margin}- skipped, for this does not hold: {code(self._short(one.skipped))}"
            return
        for condition in one.only_if:
            yield f"{margin}- Only if {code(self._short(condition))}"
        for guard in one.guards:
            yield from self._guard(guard, margin)
        yield from self._does(one, margin)
        if one.stdin:
            yield from self._entry("On standard input:", one.stdin, margin, language="")
        for about in (", ".join(one.around), "; ".join(one.judged)):
            if about:
                yield f"{margin}- {code(f'({self._short(about)})')}"
        if one.apply:
            yield from self._entry("If it changed:", one.apply, margin)
        if one.verify:
            yield from self._entry("Verify:", self._short(one.verify), margin, language="")
        if self.undo and one.undo is not None and one.undo.how != "none":
            yield from self.way_back(one.undo, margin)

    def _does(self, one: Round, margin: str) -> Iterator[str]:
        for words in one.does.words:
            yield f"{margin}- {code(self._short(words))}"
        if one.does.code:
            yield from self.block(one.does.code, "sh" if one.does.kind == "shell" else "", margin)
        for check in one.does.checks:
            yield from self._check(check, margin)

    def _check(self, check: Check, margin: str) -> Iterator[str]:
        evidence = " (with evidence)" if check.evidence else ""
        yield f"{margin}- [ ] {text(self._short(check.item))}{evidence}"
        if check.command:
            yield from self.block(check.command, "sh", margin + "  ")
        if check.probe:
            yield f"{margin}  - {code(self._short(check.probe))}"

    def _guard(self, guard: Guard, margin: str) -> Iterator[str]:
        if guard.command:
            yield from self._entry(guard.words.capitalize(), guard.command, margin)
        else:
            yield f"{margin}- {code(self._short(guard.words))}"

    def way_back(self, undo: Undo, margin: str) -> Iterator[str]:
        """How something is undone."""
        if undo.how != "handler":
            yield f"{margin}- Undo: {text(self._short(undo.words))}"
            return
        for name, one in undo.steps:
            simple = one.does.code and one == Round(one.does)
            if simple and not name:
                yield from self._entry("Undo:", one.does.code, margin)
            else:
                yield f"{margin}- Undo:{f' {text(self._short(name))}' if name else ''}"
                yield from self.round(one, margin + "  ")
        if undo.words:
            yield f"{margin}- It can be undone {text(undo.words)}"

    def _entry(self, label: str, said: str, margin: str, *, language: str = "sh") -> Iterator[str]:
        """A label and a text, in its line where it is short."""
        if "\n" not in said and (len(said) <= SHORT or not language):
            yield f"{margin}- {label} {code(said)}"
        else:
            yield f"{margin}- {label}"
            yield from self.block(said, language, margin + "  ")

    def block(self, said: str, language: str, margin: str) -> Iterator[str]:
        """A block of code, as much of it as there is room for."""
        lines = said.split("\n")
        kept = [self._line(line) for line in lines[: self.detail.lines]]
        self.cut.lines += len(lines) - len(kept)
        yield from fence("\n".join(kept), language, len(margin))
        if len(lines) > len(kept):
            yield f"{margin}- … {counted(len(lines) - len(kept), 'more line')}"

    def _line(self, line: str) -> str:
        self.cut.wide += len(line) > self.detail.width
        return clipped(line, self.detail.width)

    def _short(self, said: str) -> str:
        return self._line(said)
