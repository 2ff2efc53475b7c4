"""A step in lines: for each group of hosts that are alike, what it does, on what conditions, and its undoing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from executor.model.actions import (
    SELF_UNDOING,
    Assert,
    Checklist,
    Copy,
    Pause,
    ProbeAction,
    Reboot,
    Script,
    SetVars,
    Shell,
    Symlink,
    TemplateFile,
    Unarchive,
)
from executor.model.leaves import Late, Text
from executor.model.plans import Plan, PlannedStep
from executor.model.sizes import size_words
from executor.model.steps import Body, Item, Retry, Task
from executor.planning.findings import Finding, Findings, Skipped
from executor.planning.shown.actions import action, in_short
from executor.planning.shown.contents import excerpt, line_count
from executor.planning.shown.lines import Line, Style, command, plain, within
from executor.planning.shown.probes import probe
from executor.planning.shown.verdicts import told
from executor.planning.shown.words import counted, duration, hosts, joined, said
from executor.templates import needs


@dataclass(frozen=True, slots=True)
class Reading:
    """What is said once for the whole plan, and so not with each step."""

    root: str
    known_after: Mapping[str, str]  # a name that only the run knows -> after which step it is known
    executable: str | None = None  # what runs most commands
    timeout: str | None = None  # how long most commands may take, where each has a limit
    findings: Findings | None = None  # what is known of each step on each host
    whole: bool = False  # files are shown whole


def reading(plan: Plan, findings: Findings | None = None, *, whole: bool = False) -> Reading:
    """Look the plan through for what its steps have in common."""
    commands = [
        (item.body.settings, isinstance(item.body.action, Shell))
        for shown in _all_steps(plan)
        for item in items_of(shown)
        if isinstance(item.body.action, Shell | Script)
    ]
    used = Counter(said(given.executable) for given, shell in commands if shell and given.executable is not None)
    limits = Counter("" if given.timeout is None else duration(given.timeout) for given, _ in commands)
    return Reading(
        plan.root,
        _registry(plan),
        executable=used.most_common(1)[0][0] if used else None,
        timeout=limits.most_common(1)[0][0] if limits and "" not in limits and len(commands) > 1 else None,
        findings=findings,
        whole=whole,
    )


def step(shown: PlannedStep, read: Reading, *, armed: bool = False) -> Iterator[Line]:
    """The step's heading, and what it does on which hosts. `armed`: it is one of those that a rollback undoes."""
    notes = joined(notes_of(shown))
    yield plain(f"{shown.id}  {shown.name}" + (f"  ({notes})" if notes else ""), style="title", hang=len(shown.id) + 2)
    groups = _alike(shown, read, armed)
    for names, lines in groups:
        if len(groups) == 1:
            yield from within(lines, 4)
        else:
            yield plain(f"{hosts(names)}:", 4)
            yield from within(lines, 6)
    later = joined(sorted(known_later(shown, read.known_after)), "; ")
    if later:
        yield plain(later, 4, style="faint")


def _alike(shown: PlannedStep, read: Reading, armed: bool) -> list[tuple[list[str], tuple[Line, ...]]]:
    """The hosts of a step by what is known of it there and what it does on them, in order."""
    by_task: dict[int, tuple[Line, ...]] = {}
    groups: dict[tuple[Line, ...], list[str]] = {}
    once = tuple(_once_for_all(shown, read))
    for host, task in shown.tasks.items():
        lines = by_task.get(id(task))
        if lines is None:
            lines = by_task[id(task)] = tuple(_task(task, read, armed))
        finding = None if shown.once or read.findings is None else read.findings.of(shown.id, host)
        verdict = once if finding is None or read.findings is None else verdict_lines(finding, read.findings.checked)
        groups.setdefault((*verdict, *lines), []).append(host)
    return [(names, lines) for lines, names in groups.items()]


def _once_for_all(shown: PlannedStep, read: Reading) -> Iterator[Line]:
    """What is known of a step that one host does for all: said once, with its name."""
    if not shown.once or read.findings is None:
        return
    for host, finding in read.findings.steps.get(shown.id, {}).items():
        if not isinstance(finding.verdict, Skipped):
            yield from verdict_lines(finding, read.findings.checked, f"{host}: ")


def verdict_lines(finding: Finding, checked: bool, lead: str = "") -> tuple[Line, ...]:
    """The verdict on a step, and how a file would change. What the plan says by itself is said of a check alone."""
    said = told(finding)
    if not said.worth and not checked:
        return ()
    style: Style = "warning" if said.tone == "bad" else "" if said.tone in ("change", "run") else "faint"
    diff = (Line(text, 4, whole=True) for text in said.diff.rstrip("\n").split("\n")) if said.diff else ()
    return (plain(f"→ {lead}{said.words}", style=style), *diff)


def tasks_of(shown: PlannedStep) -> tuple[Task, ...]:
    """Its different tasks."""
    return tuple({id(task): task for task in shown.tasks.values()}.values())


def items_of(shown: PlannedStep) -> Iterator[Item]:
    """The rounds of all its tasks that may run."""
    return (item for task in tasks_of(shown) for item in task.items if off(item) is None)


def changes(item: Item) -> bool:
    """Whether the item's action may change something on its host."""
    return not item.body.read_only and isinstance(item.body.action, (Shell, Script, *SELF_UNDOING))


def off(item: Item) -> str | None:
    """The condition that is known not to hold, where there is one."""
    for condition in item.when:
        if condition is False:
            return "false"
        if isinstance(condition, Late) and not condition.needs:
            return condition.template.text
    return None


def undoing(item: Item, root: str) -> str:
    """How the item is undone, in one line; empty where there is nothing to undo."""
    if item.rollback:
        how = joined((_in_short(inner.body, root) for task in item.rollback for inner in task.items), "; then ")
        return f"{how} ({good_for(item)})" if item.valid_for is not None else how
    if item.rollback is None and undoes_itself(item):
        then = "" if item.body.apply is None else f", then $ {said(item.body.apply).strip()}"
        return _BY_ITSELF.get(type(item.body.action), "what was there before is put back") + then
    return ""


def good_for(item: Item) -> str:
    """How long the item can be undone."""
    return f"for {duration(item.valid_for)} after it has ended; then it is a point of no return"


def _in_short(body: Body, root: str) -> str:
    return "(no_log: not shown)" if body.settings.no_log is True else in_short(body.action, root)


def undoes_itself(item: Item) -> bool:
    """Whether the action keeps what it needs to be undone."""
    does = item.body.action
    return isinstance(does, SELF_UNDOING) and not (isinstance(does, Copy | TemplateFile) and does.keep is False)


_BY_ITSELF = {Symlink: "it points again where it did, or is removed", Unarchive: "removed, if this run has made it"}


# --- parts -----------------------------------------------------------------------------------------------------


def notes_of(shown: PlannedStep) -> Iterator[str]:
    """What is said behind a step's name."""
    items = list(items_of(shown))
    if shown.once is not None:
        yield "once for the run" if shown.once == "run" else "once for the stage"
    if items and all(item.body.read_only for item in items):
        yield "changes nothing"
    if any(item.body.irreversible for item in items):
        yield "POINT OF NO RETURN"
    names = {task.register for task in tasks_of(shown) if task.register}
    if names:
        yield f"result: {joined(sorted(names))}"


def _task(task: Task, read: Reading, armed: bool) -> Iterator[Line]:
    if task.loop is not None:
        yield plain(f"for each item of {said(task.loop)}:")
        yield from within(_item(task.items[0], read, armed))
    elif task.looped and not task.items:
        yield plain("nothing to do: its list is empty")
    elif task.looped:
        for item in task.items:
            if item.label:
                yield plain(f"for {item.label}:")
            yield from within(_item(item, read, armed), 2 if item.label else 0)
    else:
        yield from _item(task.items[0], read, armed)


def _item(item: Item, read: Reading, armed: bool, beside: tuple[str, ...] = ()) -> Iterator[Line]:
    """`beside`: settings that are said already."""
    condition = off(item)
    if condition is not None:
        yield plain(f"skipped, for this does not hold: {condition}", style="faint")
        return
    for late in item.when:
        yield plain(f"only if {late.template.text if isinstance(late, Late) else said(late)}")
    yield from _body(item.body, read, beside)
    if armed:
        yield from _undo(item, read)


def _body(body: Body, read: Reading, beside: tuple[str, ...]) -> Iterator[Line]:
    if body.creates is not None:
        yield plain(f"not if {said(body.creates)} is there")
    if body.removes is not None:
        yield plain(f"not if {said(body.removes)} is gone")
    if body.only_if is not None:
        yield from command(said(body.only_if), 0, "only if it succeeds: ")
    if body.unless is not None:
        yield from command(said(body.unless), 0, "not if it succeeds: ")
    if body.settings.no_log is True:
        yield plain("(no_log: not shown)")
    else:
        yield from action(body.action, read.root, whole=read.whole)
        if body.stdin is not None:
            yield from _stdin(body.stdin, read)
    around = joined(text for text in settings(body, read) if text not in beside)
    if around:
        yield plain(f"({around})", 2, hang=1, style="faint")
    yield from _judged(body)
    if body.apply is not None:
        yield from command(said(body.apply), 0, "if it changed: ")
    if body.verify is not None:
        yield plain(f"verify: {probe(body.verify)}", hang=8)


def _stdin(text: Text, read: Reading) -> Iterator[Line]:
    """What a command is given to read."""
    lines = line_count(said(text))
    yield plain(f"with {counted(lines, 'line')} on standard input" if lines else "with empty standard input", 2)
    yield from within(excerpt(text, whole=read.whole) if lines else (), 4)


def recorded(body: Body) -> bool:
    """Whether it leaves a record on its host, unless it is said to go without."""
    return isinstance(body.action, Shell | Script | Reboot | Copy | TemplateFile | Symlink | Unarchive)


def limited(body: Body) -> bool:
    """Whether a timeout holds for this: what waits for a person or has times of its own knows none."""
    return not isinstance(body.action, Checklist | ProbeAction | Pause | Assert | Reboot | SetVars)


def settings(body: Body, read: Reading) -> Iterator[str]:
    """As whom, where and with what it runs, as far as that is not said for the whole plan."""
    given = body.settings
    if given.become not in (None, False):
        user = "root" if given.become_user is None else said(given.become_user)
        yield f"as {user}" if given.become is True else f"as {user} if {said(given.become)}"
    if given.delegate_to is not None:
        yield f"done on {said(given.delegate_to)}"
    if given.chdir not in (None, "."):
        yield f"in {said(given.chdir)}"
    if given.executable is not None and said(given.executable) != read.executable:
        yield f"by {said(given.executable)}"
    if given.environment:
        secret = given.no_log is True
        yield "with " + " ".join(f"{name}={'…' if secret else said(text)}" for name, text in given.environment.items())
    if given.timeout is not None and limited(body) and duration(given.timeout) != read.timeout:
        yield f"at most {duration(given.timeout)}"
    if given.durable not in (None, True) and recorded(body):
        late = "" if given.durable is False else f" if not {said(given.durable)}"
        yield f"without a record on the host{late}: if the connection is lost, its outcome is unknown"
    if given.output_limit is not None and isinstance(body.action, Shell | Script):
        limit = given.output_limit
        yield f"at most {size_words(limit) if isinstance(limit, int) else said(limit)} of its output is kept"
    if given.ignore_errors not in (None, False):
        yield (
            "its failure is ignored"
            if given.ignore_errors is True
            else f"failure ignored if {said(given.ignore_errors)}"
        )


def _judged(body: Body) -> Iterator[Line]:
    for label, conditions in (("failed if", body.failed_when), ("changed if", body.changed_when)):
        for condition in conditions or ():
            yield plain(f"{label} {said(condition)}", style="faint")
    if body.retry is not None:
        yield plain(retrying(body.retry), style="faint")


def retrying(retry: Retry) -> str:
    """How often it is tried."""
    backoff = "" if retry.backoff == 1 else f", each time {said(retry.backoff)} times as long"
    until = f", until {joined(map(said, retry.until), ' and ')}" if retry.until else ""
    return f"tried up to {said(retry.attempts)} times, {duration(retry.delay)} apart{backoff}{until}"


def _undo(item: Item, read: Reading) -> Iterator[Line]:
    if item.rollback:
        for task in item.rollback:
            for inner in task.items:
                yield from _undo_item(inner, task.name, read, tuple(settings(item.body, read)))
        if item.valid_for is not None:
            yield plain(good_for(item), 6)
    elif item.rollback is None and undoes_itself(item):
        yield plain(f"undo: {undoing(item, read.root)}", hang=6)
    elif item.rollback is None and changes(item) and not item.body.irreversible:
        yield plain("undo: nothing is said about it", style="warning")


def _undo_item(item: Item, name: Text, read: Reading, beside: tuple[str, ...]) -> Iterator[Line]:
    lines = list(_item(item, read, armed=False, beside=beside))
    if _is_title(name, lines):
        yield plain(f"undo: {said(name)}", hang=6)
    else:
        first = lines.pop(0)
        yield replace(first, text="undo: " + first.text, hang=first.hang + 6)
    yield from within(lines, 6)


def _is_title(name: Text, lines: Iterable[Line]) -> bool:
    """Whether a handler's name says more than its command does."""
    return said(name) not in next(iter(lines), Line("")).text


# --- what is late ----------------------------------------------------------------------------------------------


def _registry(plan: Plan) -> dict[str, str]:
    """When each name that only the run knows is known: after which step."""
    found: dict[str, list[str]] = {}
    for shown in _all_steps(plan):
        for task in tasks_of(shown):
            given = {task.register} if task.register else set()
            given |= {name for item in task.items for name in _set_by(item)}
            for name in given:
                found.setdefault(name, []).append(f"{shown.id} {shown.name}")
    return {name: "after " + joined(dict.fromkeys(steps), " or ") for name, steps in found.items()} | {
        "hosts": "when those hosts have done their steps"
    }


def _all_steps(plan: Plan) -> Iterator[PlannedStep]:
    for stage in plan.stages:
        yield from (*stage.drain, *stage.steps, *stage.restore, *stage.always)
    yield from plan.always


def _set_by(item: Item) -> Iterable[str]:
    return item.body.action.values if isinstance(item.body.action, SetVars) else ()


def known_later(shown: PlannedStep, known_after: Mapping[str, str]) -> set[str]:
    """For each name that the step waits for, when it is known. What its own result gives needs no word."""
    names = {name for task in tasks_of(shown) for name in needs(task) if name != task.register}
    return {f"\u2039{name}\u203a is known {known_after[name]}" for name in names if name in known_after}
