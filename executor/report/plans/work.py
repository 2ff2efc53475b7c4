"""What a step does, from its body: the same for a step that is planned and for one that was only read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from executor.model.actions import (
    Action,
    Assert,
    Checklist,
    Copy,
    Fetch,
    Pause,
    ProbeAction,
    Script,
    SetVars,
    Shell,
    TemplateFile,
    Unarchive,
)
from executor.model.leaves import Late, Text
from executor.model.steps import Body, Item
from executor.planning.shown.actions import action, file_words, local_name
from executor.planning.shown.contents import sent
from executor.planning.shown.probes import probe
from executor.planning.shown.steps import Reading, changes, good_for, off, retrying, settings, undoes_itself, undoing
from executor.planning.shown.words import said
from executor.report.plans.facts import Check, Does, Guard, Round, Undo

_KINDS: dict[type, str] = {
    TemplateFile: "template",
    ProbeAction: "probe",
    SetVars: "set",
    Assert: "assert",
    Pause: "pause",
}
_HIDDEN = "(no_log: not shown)"


def round_of(item: Item, read: Reading, *, armed: bool, beside: tuple[str, ...] = ()) -> Round:
    """One item of a planned task. `armed`: a rollback undoes it; `beside`: settings that are said already."""
    skipped = off(item)
    if skipped is not None:
        return Round(Does(kind_of(item.body.action)), item.label, skipped, body=item.body)
    undo = undo_of(item, read) if armed else None
    return round_of_body(item.body, read, label=item.label, only_if=item.when, undo=undo, beside=beside)


def round_of_body(
    body: Body,
    read: Reading,
    *,
    label: str = "",
    only_if: tuple[Text | bool, ...] = (),
    undo: Undo | None = None,
    beside: tuple[str, ...] = (),
) -> Round:
    """What a body does, on these conditions."""
    hidden = body.settings.no_log is True
    return Round(
        does=Does(kind_of(body.action), (_HIDDEN,), hidden=True)
        if hidden
        else does(body.action, read.root, whole=read.whole),
        label=label,
        only_if=tuple(map(condition, only_if)),
        guards=tuple(_guards(body)),
        stdin="" if hidden or body.stdin is None else said(body.stdin),
        around=tuple(text for text in settings(body, read) if text not in beside),
        judged=tuple(_judged(body)),
        apply="" if body.apply is None else said(body.apply).strip("\n"),
        verify="" if body.verify is None else probe(body.verify),
        undo=undo,
        body=replace(body, action=seen_from(body.action, read.root)),
    )


def seen_from(act: Action, root: str) -> Action:
    """An action whose local files are named from the project's root, as it is the same in every checkout."""
    match act:
        case Script(file=file):
            return replace(act, file=local_name(file, root))
        case Copy(src=src) | TemplateFile(src=src) if src:
            return replace(act, src=local_name(src, root))
        case Unarchive(src=src):
            return replace(act, src=local_name(src, root))
        case Fetch(dest=dest):
            return replace(act, dest=local_name(dest, root))
    return act


def kind_of(does: Action) -> str:
    """The action as the runbook calls it."""
    return _KINDS.get(type(does), type(does).__name__.lower())


def condition(leaf: object) -> str:
    """A condition as it was written: a late one by its own text."""
    return leaf.template.text if isinstance(leaf, Late) else said(leaf)


def does(act: Action, root: str, *, whole: bool = False) -> Does:
    """An action; local paths are shown from `root`. `whole`: with what the files hold that are sent."""
    kind = kind_of(act)
    match act:
        case Shell(script=script):
            return Does(kind, code=said(script).strip("\n"))
        case Copy() | TemplateFile():
            return _file(act, root, whole=whole)
        case Checklist(items=items):
            return Does(
                kind,
                checks=tuple(
                    Check(
                        said(item.item),
                        item.evidence is True,
                        "" if item.shell is None else said(item.shell).strip("\n"),
                        "" if item.probe is None else probe(item.probe),
                    )
                    for item in items
                ),
            )
    return Does(kind, tuple(line.text.strip() for line in action(act, root)))


def _file(act: Copy | TemplateFile, root: str, *, whole: bool) -> Does:
    """What is written, with its content as far as that is known and, where a file is sent, asked for."""
    kind, words = kind_of(act), file_words(act, root)
    if act.content is not None:
        return Does(kind, (words,), said(act.content).rstrip("\n"))
    held = sent(act.src, root) if whole and act.src is not None else None
    if held is None:
        return Does(kind, (words,))
    if held.text is None:
        return Does(kind, (words, f"({held.instead})"))
    return Does(kind, (words,), held.text.rstrip("\n"), sent=held.text)


def undo_of(item: Item, read: Reading) -> Undo | None:
    """How an item is undone; None where it changes nothing that would have to be."""
    if item.rollback:
        beside = tuple(settings(item.body, read))
        steps = []
        for task in item.rollback:
            rounds = [round_of(inner, read, armed=False, beside=beside) for inner in task.items]
            steps += [(handler_name(said(task.name), one), one) for one in rounds]
        return Undo("handler", good_for(item) if item.valid_for is not None else "", tuple(steps))
    if not changes(item):
        return None
    if item.rollback is not None:
        return Undo("none", "nothing has to be undone, says the runbook")
    if undoes_itself(item):
        return Undo("itself", undoing(item, read.root))
    return None if item.body.irreversible else Undo("unsaid", "nothing is said about it")


def handler_name(name: str, done: Round) -> str:
    """A handler's name, where it says more than its command does."""
    first = next(iter((*done.does.code.split("\n", 1)[:1], *done.does.words)), "")
    return "" if name in first else name


def _guards(body: Body) -> Iterator[Guard]:
    if body.creates is not None:
        yield Guard(f"not if {said(body.creates)} is there")
    if body.removes is not None:
        yield Guard(f"not if {said(body.removes)} is gone")
    if body.only_if is not None:
        yield Guard("only if it succeeds:", said(body.only_if).strip("\n"))
    if body.unless is not None:
        yield Guard("not if it succeeds:", said(body.unless).strip("\n"))


def _judged(body: Body) -> Iterator[str]:
    for label, conditions in (("failed if", body.failed_when), ("changed if", body.changed_when)):
        for one in conditions or ():
            yield f"{label} {said(one)}"
    if body.retry is not None:
        yield retrying(body.retry)
