"""What a plan was made of and what it sends: its files, and whether they are still what they were."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from executor.model.actions import Action, Copy, Script, TemplateFile, Unarchive
from executor.model.leaves import Late, Text
from executor.model.plans import Plan
from executor.model.steps import Body, Task

_CHUNK = 1 << 20


def inputs(plan: Plan) -> Mapping[str, str]:
    """SHA-256 of every file that the plan was read from and of every local file that it sends, by absolute path.

    What a step makes (`produces`) is none of them, and a file that cannot be read is left out.
    """
    wanted = dict.fromkeys((*plan.files, *sent(plan)))
    found = {path: digest_of(Path(path)) for path in wanted}
    return {path: digest for path, digest in found.items() if digest}


def sent(plan: Plan) -> tuple[str, ...]:
    """The local files that the plan sends, in order, by absolute path; without those that a step makes."""
    bodies = tuple(_bodies(plan))
    made = [Path(plan.root, path) for body in bodies for path in body.produces if isinstance(path, str)]
    found = {source for body in bodies if (source := _source(body.action)) is not None}
    return tuple(sorted(path for path in found if not _is_made(Path(path), made)))


def sent_late(plan: Plan) -> tuple[str, ...]:
    """What else the plan sends: what only the run makes (`produces`), and paths, as templates, that only it knows."""
    bodies = tuple(_bodies(plan))
    made = {text for body in bodies for path in body.produces if (text := _text(path))}
    late = {text for body in bodies if (text := _late_source(body.action))}
    return (*sorted(made), *sorted(late - made))


def changed(known: Mapping[str, str]) -> Mapping[str, str]:
    """Those of the files that are not what they were, each with what has become of it. Empty: all are the same."""
    now = {path: digest_of(Path(path)) for path in known}
    return {
        path: "changed" if now[path] or Path(path).exists() else "gone"
        for path, digest in known.items()
        if now[path] != digest
    }


def digest_of(path: Path) -> str:
    """SHA-256 of a file in hexadecimal digits; "" where it cannot be read, or is no regular file."""
    digest = hashlib.sha256()
    try:
        # Without O_NONBLOCK, opening a FIFO waits for a writer for ever.
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:  # noqa: PTH123  a descriptor
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return ""
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    except OSError:
        return ""
    return digest.hexdigest()


def _bodies(plan: Plan) -> Iterator[Body]:
    """Each body of the plan's steps and handlers once: hosts that are alike share them."""
    seen: set[int] = set()
    stages = (step for stage in plan.stages for step in (*stage.drain, *stage.steps, *stage.restore, *stage.always))
    for step in (*stages, *plan.always):
        for task in step.tasks.values():
            yield from _of_task(task, seen)


def _of_task(task: Task, seen: set[int]) -> Iterator[Body]:
    if id(task) in seen:
        return
    seen.add(id(task))
    for item in task.items:
        yield item.body
        for handler in item.rollback or ():
            yield from _of_task(handler, seen)


def _source(action: Action) -> str | None:
    match action:
        case Script(file=str(path)) | Copy(src=str(path)) | Unarchive(src=str(path)):
            return path
        case TemplateFile(src=str(path)) if path:
            return path
        case _:
            return None


def _late_source(action: Action) -> str:
    match action:
        case Script(file=Late() as path) | Copy(src=Late() as path) | Unarchive(src=Late() as path):
            return path.template.text
        case _:
            return ""


def _text(path: Text) -> str:
    return path.template.text if isinstance(path, Late) else str(path) if isinstance(path, str) else ""


def _is_made(path: Path, made: list[Path]) -> bool:
    return any(path == one or one in path.parents for one in made)
