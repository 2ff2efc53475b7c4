"""One of the two plans: what it does, in a form that is the same wherever it was made, and in words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from executor.model.codec import TAG, Json, encode
from executor.model.plans import Plan, PlannedStep
from executor.model.steps import Task
from executor.planning.inputs import inputs
from executor.planning.shown.lines import within
from executor.planning.shown.steps import Reading, step
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

    def meaning(self, value: object) -> str:
        """A text that is the same for two values of whatever plans exactly where they do the same."""
        return json.dumps(self._plain(portable(encode(value), self._spot)), sort_keys=True, separators=(",", ":"))

    def meaning_of(self, task: Task) -> str:
        """The same of a step's work on a host; what hosts share is looked at once."""
        found = self._meanings.get(id(task))
        if found is None:
            found = self._meanings[id(task)] = self.meaning(task)
        return found

    def words(self, planned: PlannedStep, task: Task, *, armed: bool) -> tuple[str, ...]:
        """What a step does on a host, as lines for people; `armed`: with its undoing."""
        found = self._words.get(id(task))
        if found is None:
            alone = PlannedStep(planned.id, planned.name, {"host": task}, once=planned.once)
            lines = list(within(list(step(alone, self._read, armed=armed))[1:], -4))
            found = self._words[id(task)] = tuple(" " * max(0, line.indent) + line.text for line in lines)
        return found

    def _plain(self, data: Any) -> Json:
        if isinstance(data, list):
            return [self._plain(item) for item in data]
        if not isinstance(data, dict):
            plain: Json = data
            return plain
        tag = data.get(TAG)
        left_out = _NOWHERE | ({"id", "once_key"} if tag in _NUMBERED else set())
        found = {key: self._plain(item) for key, item in data.items() if key not in left_out}
        path = data.get(_SENT.get(tag, "")) if isinstance(tag, str) else None
        if isinstance(path, str):
            found["sha256"] = self._files.get(path, "")
        return found
