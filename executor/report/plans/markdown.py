"""A plan as Markdown for a pull request: the summary first, the details folded, never longer than may be posted."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, TypeVar

from executor.model.plans import Plan
from executor.planning.findings import Findings
from executor.planning.shown.words import counted, duration, hosts, joined
from executor.report.plans.facts import Sheet, StageFacts, Way
from executor.report.plans.gather import gather
from executor.report.plans.headline import found, row, sentences, work
from executor.report.plans.listing import Cut, Detail, Listing
from executor.report.plans.markup import cell, clipped, code, tag_text, text

T = TypeVar("T")

LIMIT: Final = 65_536  # what GitHub takes in a comment; it counts characters, and bytes are never fewer
LEAST: Final = 8_192  # there is always room for the summary in this

# From everything to the bare summary: the first that fits is taken.
_DETAILS: Final = (
    Detail(),
    Detail(groups=6, lines=100, width=2000, listed=200),
    Detail(groups=3, lines=60, width=500, listed=60),
    Detail(groups=2, lines=30, width=300, listed=40),
    Detail(groups=1, lines=12, width=200, listed=30),
    Detail(groups=1, lines=4, width=120, listed=20),
    Detail(groups=0, width=100, listed=15),
    Detail(stages=False, width=100, listed=10),
    Detail(stages=False, width=60, listed=3),
)
_COMMAND_WIDTH: Final = 400  # characters of the command line that shows it whole


def markdown(
    plan: Plan,
    *,
    digest: str | None = None,
    notes: Sequence[tuple[str, str]] = (),
    findings: Findings | None = None,
    whole: bool = False,
    limit: int = LIMIT,
) -> str:
    """The plan as Markdown of at most `limit` bytes (8,192 or more), which says what was cut and how to see it.

    `digest` is that of the sealed plan that this is to be read for, and `notes` what else its seal says, with a label
    each; `findings` are what is known of its hosts; `whole`: files that are sent are shown with what they hold.
    """
    if limit < LEAST:
        raise ValueError(f"a plan cannot be told in {limit} bytes: {LEAST} is the least")
    sheet = gather(plan, findings, whole=whole)
    for detail in _DETAILS:
        page = _Page(sheet, digest, notes, detail).within(limit)
        if page is not None:
            return page
    raise AssertionError("the bare summary is shorter than the least limit")


class _Page:
    """The plan in one degree of detail."""

    def __init__(self, sheet: Sheet, digest: str | None, notes: Sequence[tuple[str, str]], detail: Detail) -> None:
        self._sheet = sheet
        self._digest = digest
        self._notes = notes
        self._detail = detail
        self._list = Listing(detail)

    def within(self, limit: int) -> str | None:
        """The page, or None where it is longer than `limit` bytes."""
        body = _taken((*self._summary(),), limit)
        details = _taken(self._details(), limit) if body is not None else None
        if body is None or details is None:
            return None
        page = "\n".join([*self._head(), *body, *self._left_out(self._list.cut), *details]) + "\n"
        return page if len(page.encode("utf-8", "surrogatepass")) <= limit else None

    # --- what stands above all -----------------------------------------------------------------------------------

    def _head(self) -> Iterator[str]:
        sheet = self._sheet
        yield f"## {text(f'Plan: {self._short(sheet.name)}')}"
        yield ""
        if sheet.description:
            yield text(self._short(sheet.description))
            yield ""
        yield f"**{text(work(sheet))}.** {text(self._short(' '.join(sentences(sheet))))}"
        yield ""
        yield "| | |"
        yield "|---|---|"
        for label, said in self._facts():
            yield f"| {label} | {cell(said)} |"
        yield ""

    def _facts(self) -> Iterator[tuple[str, str]]:
        sheet = self._sheet
        if self._digest:
            yield "Digest", code(self._digest)
        for label, said in self._notes:
            yield label, text(self._short(said))
        yield "Runbook", code(self._short(sheet.runbook))
        if sheet.owner:
            yield "Owner", text(self._short(sheet.owner))
        if sheet.inventory:
            yield "Inventory", self._each(sheet.inventory, lambda name: code(self._short(name)))
        if sheet.given:
            yield "Parameters", self._each(sheet.given, lambda pair: code(self._short(f"{pair[0]}={pair[1]}")))
        yield "Hosts", text(self._short(f"{len(sheet.hosts):,}: {hosts(sheet.hosts)}"))
        for label, said in sheet.terms:
            yield label, text(self._short(said))

    def _left_out(self, cut: Cut) -> Iterator[str]:
        """What this page does not say, and what does."""
        left = [
            "the steps of its stages" if not self._detail.stages else "",
            f"the commands of {counted(cut.steps, 'step')}" if cut.steps else "",
            f"{counted(cut.groups, 'variant')} of steps that differ from host to host" if cut.groups else "",
            f"{counted(cut.lines, 'line')} of long commands and files" if cut.lines else "",
            f"the ends of {counted(cut.wide, 'long line')}" if cut.wide else "",
        ]
        said = ", ".join(part for part in left if part)
        if said:
            yield f"> **This is not the whole plan**: there is no room for {said}. All of it: {code(self._command())}"
            yield ""

    def _command(self) -> str:
        """What shows the plan whole."""
        sheet = self._sheet
        words = ["runbook", "plan", sheet.runbook]
        words += [word for name in sheet.inventory for word in ("-i", name)]
        for name, _ in sheet.given:
            given = sheet.plan.params[name] if sheet.plan is not None else ""
            words += ["-e", f"{name}={given}" if isinstance(given, str) else json.dumps({name: given}, default=str)]
        words += ["--diff"] if sheet.whole else []
        return clipped(shlex.join([*words, "--format", "html"]), _COMMAND_WIDTH)

    # --- the summary ---------------------------------------------------------------------------------------------

    def _summary(self) -> Iterator[str]:
        sheet = self._sheet
        yield "| Stage | Hosts | At once | Steps | On failure |"
        yield "|---|---|---|---|---|"
        shown = sheet.stages[: self._detail.listed]
        for stage in shown:
            yield "| " + " | ".join(cell(text(self._short(part))) for part in row(stage)) + " |"
        if len(sheet.stages) > len(shown):
            yield f"| … {counted(len(sheet.stages) - len(shown), 'more stage')} | | | | |"
        yield ""
        if sheet.findings is not None and sheet.findings.checked:
            yield from self._section("What a check of the hosts has found", found(sheet.findings))
        yield from self._section("Asked of a person", (
            f"{one.step} {one.name}: {'; '.join(one.questions)}" for one in sheet.asked
        ))  # fmt: skip
        points = (f"{way.step} {way.name}: the point of no return" for way in sheet.way_back if way.no_return)
        silent = (f"{step} {name}: nothing is said about its undoing" for step, name in sheet.stays)
        yield from self._section("What cannot be undone", (*points, *silent))

    def _section(self, title: str, entries: Iterable[str]) -> Iterator[str]:
        listed = list(entries)
        if not listed:
            return
        yield f"**{title}**"
        yield ""
        for said in listed[: self._detail.listed]:
            yield f"- {text(self._short(said))}"
        if len(listed) > self._detail.listed:
            yield f"- … and {len(listed) - self._detail.listed:,} more"
        yield ""

    # --- the details ---------------------------------------------------------------------------------------------

    def _details(self) -> Iterator[str]:
        sheet = self._sheet
        if sheet.way_back:
            yield from self._folded("If it fails: the way back, the last first", self._way_back())
        if sheet.waits:
            waits = [f"{duration(seconds)}: {what}" for seconds, what in sheet.waits]
            yield from self._folded(f"How long it can wait: {sheet.in_all}", self._list_of(waits))
        if sheet.defaults:
            values = [f"{name}={said}" for name, said in sheet.defaults]
            lines = (f"- {code(self._short(said))}" for said in values[: self._detail.listed])
            yield from self._folded("Parameters at their defaults", lines)
        if not self._detail.stages:
            return
        for stage in sheet.stages:
            _, names, at_once, _, _ = row(stage)
            what = f"{names}, {at_once}" if at_once else names
            title = f"Stage {stage.id}: {stage.name}"
            yield from self._folded(title, self._stage(stage), self._short(what))
        if sheet.always:
            lines = (line for step in sheet.always for line in self._list.step(step))
            yield from self._folded("At the end of the run, whatever came of it", lines)

    def _way_back(self) -> Iterator[str]:
        sheet = self._sheet
        yield from self._list_of([f"{way.step} {way.name} ({way.where}): {_how(way)}" for way in sheet.way_back])
        yield ""
        yield "So much of it when a stage is given up:"
        yield ""
        yield from self._list_of([f"{stages}: {how_much}" for stages, how_much in sheet.points])
        if sheet.settled:
            yield ""
            yield "Changes that have nothing to undo, as the runbook says:"
            yield ""
            yield from self._list_of([f"{step} {name}" for step, name in sheet.settled])

    def _folded(self, title: str, lines: Iterable[str], more: str = "") -> Iterator[str]:
        about = f" · {tag_text(more)}" if more else ""
        yield f"<details><summary><b>{tag_text(self._short(title))}</b>{about}</summary>"
        yield ""
        yield from lines
        yield ""
        yield "</details>"
        yield ""

    def _stage(self, stage: StageFacts) -> Iterator[str]:
        for label, said in stage.arithmetic:
            yield f"- {label}: {text(self._short(said))}"
        yield ""
        for part in stage.parts:
            if part.title:
                yield f"*{part.title}:*"
                yield ""
            for step in part.steps:
                yield from self._list.step(step)
            yield ""
            if part.role == "steps" and stage.health:
                yield "*Health, before a host counts as done:*"
                yield ""
                yield from self._health(stage)
                yield ""

    def _health(self, stage: StageFacts) -> Iterator[str]:
        shown = stage.health[: max(self._detail.groups, 1)]
        for names, probes in shown:
            about = f"{text(self._short(names))}: " if names else ""
            yield from (f"- {about}{code(self._short(probe))}" for probe in probes)
        if len(stage.health) > len(shown):
            self._list.cut.groups += len(stage.health) - len(shown)
            yield "- … and the same on other hosts, with their own values"

    def _list_of(self, entries: list[str]) -> Iterator[str]:
        yield from (f"- {text(self._short(said))}" for said in entries[: self._detail.listed])
        if len(entries) > self._detail.listed:
            yield f"- … and {len(entries) - self._detail.listed:,} more"

    def _each(self, things: Sequence[T], said: Callable[[T], str]) -> str:
        more = f" and {len(things) - self._detail.listed} more" if len(things) > self._detail.listed else ""
        return ", ".join(map(said, things[: self._detail.listed])) + more

    def _short(self, said: str) -> str:
        return clipped(said, min(self._detail.width, 2000))


def _how(way: Way) -> str:
    """How a step of the way back is undone, by its first two ways."""
    more = f" … and {counted(len(way.how) - 2, 'more variant')}" if len(way.how) > 2 else ""
    how = "; or ".join(way.how[:2]) + more
    return joined(
        [how, "the point of no return: once it has started, nothing below is undone" if way.no_return else ""], "; "
    )


def _taken(lines: Iterable[str], limit: int) -> list[str] | None:
    """The lines, or None where they are longer than `limit` bytes: what is far too long is never written whole."""
    taken, size = [], 0
    for line in lines:
        taken.append(line)
        size += len(line) + 1
        if size > limit:
            return None
    return taken
