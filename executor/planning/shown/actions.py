"""What a step does, in lines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from executor.model.actions import (
    Action,
    Assert,
    Checklist,
    Copy,
    Fetch,
    Pause,
    ProbeAction,
    Reboot,
    Script,
    SetVars,
    Shell,
    Symlink,
    TemplateFile,
    Unarchive,
    Undo,
)
from executor.model.leaves import Text
from executor.planning.shown.contents import content
from executor.planning.shown.lines import Line, command, plain, within
from executor.planning.shown.probes import probe
from executor.planning.shown.words import duration, joined, said, value


def action(does: Action, root: str, lead: str = "", *, whole: bool = False) -> Iterator[Line]:  # noqa: PLR0912 -- one branch for each action
    """An action as it would be done. Paths below `root` are shown from there; `lead` stands before the first line.

    `whole`: all of what a file is to hold.
    """
    match does:
        case Shell(script=script):
            yield from command(said(script), 0, lead)
        case Script(file=file, args=args):
            yield plain(lead + joined([f"run the local script {local_name(file, root)}", *map(said, args)], " "))
        case Copy() | TemplateFile():
            yield plain(lead + file_words(does, root))
            yield from within(content(does, root, whole=whole), 4)
        case Symlink(dest=dest, to=to):
            yield plain(f"{lead}link {said(dest)} → {said(to)}")
        case Unarchive(src=src, dest=dest):
            yield plain(f"{lead}unpack {local_name(src, root)} → {said(dest)}")
        case Fetch(src=src, dest=dest):
            yield plain(f"{lead}fetch {said(src)} → {local_name(dest, root)}, here")
        case Reboot(within=length, command=order):
            yield plain(f"{lead}restart the machine, which must be back within {duration(length)}")
            if order is not None:
                yield from command(said(order), 4, "with ")
        case Checklist(items=items):
            for item in items:
                yield plain(f"{lead}[ ] {said(item.item)}{' (with evidence)' if item.evidence is True else ''}", hang=4)
                if item.shell is not None:
                    yield from command(said(item.shell), 4 + len(lead))
                if item.probe is not None:
                    yield plain(probe(item.probe), 4 + len(lead))
        case ProbeAction(probe=asked):
            yield plain(f"{lead}{probe(asked)}")
        case Pause(seconds=seconds, prompt=prompt):
            yield plain(f"{lead}wait {duration(seconds)}" if prompt is None else f"{lead}ask: {said(prompt)}")
        case Assert(that=that, message=message):
            for expression in that:
                yield plain(f"{lead}make sure that {said(expression)}")
            if message is not None:
                yield plain(f"or else: {said(message)}", 4)
        case SetVars(values=values):
            for name, given in values.items():
                yield plain(f"{lead}set {name} = {value(given)}")
        case Undo(action=done):
            yield from action(done, root, "undo: ")


def in_short(does: Action, root: str) -> str:
    """An action in one line."""
    first = next(iter(action(does, root)), Line(""))
    more = said(does.script).strip().count("\n") if isinstance(does, Shell) else 0
    return first.text.strip() + (f" … ({more + 1} lines)" if more else "")


def file_words(does: Copy | TemplateFile, root: str) -> str:
    """What is written where, from what, for whom."""
    source = "" if does.src in (None, "") else f" from {local_name(does.src or '', root)}"
    verb = "render" if isinstance(does, TemplateFile) and source else "write" if does.content is not None else "copy"
    facts = joined(
        [
            f"mode {said(does.mode)}" if does.mode is not None else "",
            f"owner {said(does.owner)}" if does.owner is not None else "",
            f"group {said(does.group)}" if does.group is not None else "",
            f"checked by $ {said(does.validate)}" if does.validate is not None else "",
            "what it replaces is not kept" if does.keep is False else "",
        ]
    )
    return f"{verb} {said(does.dest)}{source}" + (f" ({facts})" if facts else "")


def local_name(path: Text, root: str) -> str:
    """A local path as it is seen from the project's root, where it is below."""
    text = said(path)
    if text.startswith(root.rstrip("/") + "/"):
        return str(Path(text).relative_to(root))
    return text
