"""What a journal adds up to: the state in which its run stands, and where the journal goes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from executor.engine import State, evolve, initial
from executor.engine.replan import put_over
from executor.errors import InvalidInput, Problem
from executor.events import Answered, Asked, HostReached, Key, Locked, Replanned, RunEnded, RunStarted
from executor.journal.folders import RunFolder
from executor.journal.reading import End, decisions, read
from executor.model.codec import CodecError
from executor.model.plans import Plan
from executor.planning.codec import digest, from_json


@dataclass(slots=True)
class Past:
    """A run so far. `ended` is its last word, where it has one; `last` the time of its last event."""

    plan: Plan
    started: RunStarted
    state: State
    end: End
    last: datetime
    reached: frozenset[str]  # hosts that were connected to: the run's folder is there
    answered: frozenset[str]  # names of questions that somebody has answered with yes
    fences: Mapping[str, frozenset[int]]  # the numbers that the run's lock has had, by host
    files: Mapping[str, str]  # what its plan was made of: SHA-256 by absolute path
    secrets: Mapping[str, str]  # a salted digest for each secret's name

    @property
    def ended(self) -> RunEnded | None:
        return self.state.ended


def recall(folder: RunFolder, here: Callable[[Plan], Plan] = lambda plan: plan) -> Past:
    """Fold a run's journal; `here` makes of its plan the one that holds on this machine.

    Raises InvalidInput where nothing of it was begun, or its record cannot be trusted.
    """
    written = plan_of(folder)
    plan = here(written)
    state, end, last = initial(plan), End(), None
    reached, names, answered = set[str](), dict[Key, str](), set[str]()
    fences: dict[str, set[int]] = {}
    made_of: Mapping[str, str] = {}
    known: Mapping[str, str] = {}
    for records, after in decisions(folder.journal):
        for record in records:
            match record.event:
                case Replanned(text, files=files, secrets=secrets):
                    plan = here(_of_text(text, folder))
                    state = put_over(plan, state)
                    made_of, known = files, {**known, **secrets}
                case RunStarted(files=files, secrets=secrets):
                    made_of, known = files, secrets
                case HostReached(host):
                    reached.add(host)
                case Asked(key, question):
                    names[key] = question.name
                case Locked(_, numbers):
                    for host, number in numbers.items():
                        fences.setdefault(host, set()).add(number)
                case Answered(key, "yes") if key in names:
                    answered.add(names[key])
                case _:
                    pass
            evolve(plan, state, record.event, record.stamp)
        end, last = after, records[-1].stamp.at
    if state.run is None or last is None:
        hint = "start it anew with runbook run"
        raise InvalidInput(Problem(f"run {folder.run} never began: nothing was done", hint=hint, code="never-began"))
    if digest(written) != state.run.plan_digest:
        raise _not_its_plan(folder.plan, folder.run)
    held = {host: frozenset(numbers) for host, numbers in fences.items()}
    return Past(plan, state.run, state, end, last, frozenset(reached), frozenset(answered), held, made_of, known)


def plan_of(folder: RunFolder) -> Plan:
    """The plan that a run was made from. Raises InvalidInput where it is gone or damaged."""
    try:
        return _of_text(folder.plan.read_text("utf-8"), folder)
    except OSError as error:
        raise InvalidInput(Problem(f"the plan of run {folder.run} cannot be read: {error.strerror}")) from error


def plan_now(folder: RunFolder) -> Plan:
    """The plan by which a run goes on, or ended. Raises InvalidInput where it cannot be read."""
    text = ""
    for _, event in read(folder.journal):
        if isinstance(event, Replanned):
            text = event.plan
    return _of_text(text, folder) if text else plan_of(folder)


def _of_text(text: str, folder: RunFolder) -> Plan:
    try:
        return from_json(text)
    except (CodecError, ValueError) as error:
        raise InvalidInput(Problem(f"the plan of run {folder.run} is damaged: {error}", code="damaged-plan")) from error


def _not_its_plan(path: Path, run: str) -> InvalidInput:
    return InvalidInput(Problem(f"{path} is not the plan that run {run} was started with", code="damaged-plan"))
