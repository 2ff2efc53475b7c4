"""Beginning an action, by what it is: most are performed, some are questions or waits, two need nobody at all."""

from __future__ import annotations

from executor.engine.effects import Ask, Decision, Wait
from executor.engine.start import perform, sample
from executor.engine.state import Entry
from executor.engine.undo import arming
from executor.engine.values import flag, number, text
from executor.engine.work import Here, name
from executor.events import Armed, Asked, Ended, Event, Irreversible, Question, Started, WaitStarted
from executor.model.actions import Assert, Checklist, Pause, ProbeAction, SetVars, Shell
from executor.model.leaves import Value
from executor.model.outcomes import Result, Status
from executor.model.plans import PlannedStep
from executor.templates import fill


def begin(here: Here, label: str) -> Decision:
    """Begin an attempt. Raises Lost, and RunbookError where a template fails."""
    action, values = here.item.body.action, here.values()
    match action:
        case Checklist():
            return _ask_item(here, action, label)
        case Pause(seconds=None, prompt=prompt):
            question = Question("pause", text(prompt or "Go on?", values), name=_question_name(here))
            key = here.key("action")
            return Decision((Asked(key, question),), (Ask(key, question),))
        case Pause(seconds=seconds):
            key, length = here.key("action"), number(seconds, values)
            return Decision((WaitStarted(key, length, label),), (Wait(key, length),))
        case Assert():
            return _at_once(here, label, _asserted(action, values))
        case SetVars():
            return _at_once(here, label, Result(Status.OK, rc=0, changed=False))
        case ProbeAction(probe):
            return sample(here, "action", fill(probe, values), label, armed=_armed(here))
        case _:
            before = _point_of_no_return(here)
            filled = fill(action, values)
            return perform(here, here.work.part, filled, label, armed=_armed(here), before=before)


def _at_once(here: Here, label: str, result: Result) -> Decision:
    """What the engine does itself has begun and ended in the same breath."""
    key = here.key("action")
    return Decision((*_point_of_no_return(here), Started(key, label, armed=_armed(here)), Ended(key, result)))


def _asserted(action: Assert, values: dict[str, Value]) -> Result:
    for expression in action.that:
        if not fill(expression, values):
            written = getattr(getattr(expression, "template", expression), "text", str(expression))
            message = text(action.message, values) if action.message is not None else f"does not hold: {written}"
            return Result(Status.OK, rc=1, changed=False, detail=message)
    return Result(Status.OK, rc=0, changed=False)


# --- arming ---------------------------------------------------------------------------------------------------------


def _armed(here: Here) -> Armed | None:
    """What the start of this attempt arms: once per step and item, whatever attempt it is."""
    step = _forward_step(here)
    work = here.work
    if step is None or any(e.task == step.id and e.item == work.item for e in _earlier(here)):
        return None
    return arming(here.host.name, step, here.item, work.item, here.values())


def _earlier(here: Here) -> tuple[Entry, ...]:
    """Entries among which one of this very item could be: none where this is the first try.

    One that was disarmed, because there was nothing to undo, does not serve for a try that does something.
    """
    work = here.work
    if work.attempt <= 1 and not work.offset:
        return ()
    return tuple(entry for entry in here.host.armed.values() if entry.status != "disarmed")


def _point_of_no_return(here: Here) -> tuple[Event, ...]:
    step = _forward_step(here)
    if step is None or not here.item.body.irreversible or here.work.attempt > 1 or here.work.item > 0:
        return ()
    return (Irreversible("" if step.once else here.host.name, step.id, name(here)),)


def _forward_step(here: Here) -> PlannedStep | None:
    """The step of the stage that is being done; None for drain, restore, always and handlers."""
    do = here.do
    return do.step if do is not None and do.leg == "steps" and here.work.direction == "forward" else None


# --- questions ------------------------------------------------------------------------------------------------------


def go_on(here: Here, label: str) -> Decision:
    """The last item of a checklist was answered with yes: the next one. Raises Lost and RunbookError."""
    action = here.item.body.action
    assert isinstance(action, Checklist)  # noqa: S101 - no other action has the phase `item`
    return _ask_item(here, action, label)


def _ask_item(here: Here, action: Checklist, label: str) -> Decision:
    number = len(here.work.notes)
    item, values = action.items[number], here.values()
    said = text(item.item, values)
    if item.shell is not None:
        return perform(here, "item", Shell(fill(item.shell, values)), f"{label}: {said}", sub=number + 1)
    if item.probe is not None:
        return sample(here, "item", fill(item.probe, values), f"{label}: {said}", sub=number + 1)
    key = here.key("item", number + 1)
    question = Question(
        "checklist", said, _question_name(here, said), choices=("yes", "no"), evidence=flag(item.evidence, values)
    )
    return Decision((Asked(key, question),), (Ask(key, question),))


def _question_name(here: Here, item: str = "") -> str:
    """What --confirm and --answers call it: stage/step/item."""
    stage = here.state.stage
    at = here.plan.stages[stage.at].name if stage is not None else ""
    return "/".join(part for part in (at, name(here), item) if part)


def result(here: Here) -> Result | None:
    """How the action ended; None for a checklist that has items left."""
    work = here.work
    if work.phase != "item" and not work.notes:
        return work.result
    action = here.item.body.action
    assert isinstance(action, Checklist)  # noqa: S101 - no other action has notes
    for note in work.notes:
        if not note.passed:
            status = Status.CANCELLED if note.withdrawn else note.status
            return Result(status, rc=1, changed=False, detail=note.reason)
    return Result(Status.OK, rc=0, changed=False) if len(work.notes) == len(action.items) else None
