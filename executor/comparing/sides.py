"""One of the two plans: what it does, in a form that is the same wherever it was made, and in words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from executor.model.codec import TAG, Json, encode
from executor.model.plans import Plan, PlannedStep
from executor.model.steps import Body, Task
from executor.planning.inputs import inputs
from executor.planning.shown.actions import local_name
from executor.planning.shown.lines import within
from executor.planning.shown.steps import Reading, changes, notes_of, step
from executor.planning.shown.words import joined
from executor.sealing.portable import Spot, portable

# Where something is written, and what it is called by its number, makes no difference to what runs.
_NOWHERE = {"place", "hosts_place"}
_NUMBERED = {"Task", "PlannedStep", "PlannedStage", "PlannedWatch"}
_SENT = {  # of a template the plan has the text itself
    "Script": "file",
    "Copy": "src",
    "Unarchive": "src",
}


class Side:
    """A plan that is compared. `files` are SHA-256 of what it sends, by absolute path; None: as they are now."""

    def __init__(self, plan: Plan, files: Mapping[str, str] | None = None) -> None:
        self.plan = plan
        self._spot = Spot.of(Path(plan.root))
        self._read = Reading(plan.root, {})
        known = inputs(plan) if files is None else files
        self._files = {self._spot.away(path): digest for path, digest in known.items()}
        self._meanings: dict[int, str] = {}
        self._words: dict[int, tuple[str, ...]] = {}

    def meaning(self, value: object, *, sent: bool = True) -> str:
        """A text that is the same for two values of whatever plans exactly where they do the same.

        `sent`: with what is in the files that they send.
        """
        plain = self._plain(portable(encode(value), self._spot), sent=sent)
        return json.dumps(plain, sort_keys=True, separators=(",", ":"))

    def meaning_of(self, task: Task, *, armed: bool) -> str:
        """The same of a step's work on a host; what hosts share is looked at once. `armed`: a rollback undoes it."""
        found = self._meanings.get(id(task))
        if found is None:
            found = self._meanings[id(task)] = self.meaning(_settled(task, armed=armed))
        return found

    def meaning_without_files(self, task: Task, *, armed: bool) -> str:
        """The same, whatever is in the files that it sends."""
        return self.meaning(_settled(task, armed=armed), sent=False)

    def sent(self, task: Task) -> dict[str, str]:
        """The digests of the files that a step's work and its undoing send, by path; those that no plan has are ""."""
        sources = (getattr(body.action, _SENT.get(type(body.action).__name__, ""), None) for body in bodies(task))
        paths = (self._spot.away(source) for source in sources if isinstance(source, str))
        return {path: self._files.get(path, "") for path in paths}

    def words(self, planned: PlannedStep, task: Task, *, armed: bool) -> tuple[str, ...]:
        """What a step does on a host, as lines for people; `armed`: with its undoing."""
        found = self._words.get(id(task))
        if found is None:
            alone = PlannedStep(planned.id, planned.name, {"host": task})
            lines = within(list(step(alone, self._read, armed=armed))[1:], -4)
            does = (" " * max(0, line.indent) + line.text for line in lines)
            found = self._words[id(task)] = (*notes_of(alone), *self._makes(task), *does)
        return found

    def _makes(self, task: Task) -> Iterator[str]:
        made = dict.fromkeys(local_name(path, self.plan.root) for item in task.items for path in item.body.produces)
        if made:
            yield f"makes {joined(made)}"

    def _plain(self, data: Any, *, sent: bool) -> Json:
        if isinstance(data, list):
            return [self._plain(item, sent=sent) for item in data]
        if not isinstance(data, dict):
            plain: Json = data
            return plain
        tag = data.get(TAG)
        left_out = _NOWHERE | ({"id", "once_key"} if tag in _NUMBERED else set())
        found = {key: self._plain(item, sent=sent) for key, item in data.items() if key not in left_out}
        path = data.get(_SENT.get(tag, "")) if isinstance(tag, str) else None
        if sent and isinstance(path, str):
            found["sha256"] = self._files.get(path, "")
        return found


def bodies(task: Task) -> Iterator[Body]:
    """What a step's work and its undoing are made of."""
    for item in task.items:
        yield item.body
        for handler in item.rollback or ():
            yield from bodies(handler)


def _settled(task: Task, *, armed: bool) -> Task:
    """The work without the word that it has nothing to undo, where nothing of it would be undone anyhow."""
    items = (
        replace(item, rollback=None) if item.rollback == () and not (armed and changes(item)) else item
        for item in task.items
    )
    return replace(task, items=tuple(items))
