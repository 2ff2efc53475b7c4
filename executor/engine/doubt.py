"""A step of which nobody can tell what came of it: its host was rebooted, say, or the run's folder there is gone.

It never becomes a success or another attempt by itself. In this order: its `verify` says whether it is done; its guards
say whether it is still needed, which is what they are for; what changes nothing, or looks for itself at what is there,
is done again; then a person is asked. Where there is none, it has failed, and is undone like anything that failed.
"""

from __future__ import annotations

from executor.engine.judge import Judgement
from executor.engine.undo import REPEATABLE
from executor.engine.values import registered
from executor.engine.work import Here, name
from executor.events import Question
from executor.model.actions import Reboot
from executor.model.leaves import Value
from executor.model.outcomes import Result, Status

UNKNOWN = "unknown what came of it"
RAN, DID_NOT_RUN, FAILED = "it ran", "it did not run", "failed"

_TRIES = 3  # times that the same doubt may come back before it counts as a failure
_SILENCE = 300.0  # seconds in which the question may stay unanswered


def in_doubt(here: Here) -> bool:
    """Nobody knows what came of the last attempt."""
    return here.work.result is not None and here.work.result.status is Status.UNKNOWN


def assumed(here: Here) -> dict[str, Value]:
    """What is registered of a step that has been found done: its output is gone, and using it is an error."""
    ran = Result(Status.OK, rc=0, changed=True, truncated=True)
    return registered(ran, attempts=max(here.work.attempt, 1), changed=True, failed=False)


def is_proved(here: Here) -> bool:
    """Its `verify` can say whether it is done. What tests a reboot says how the machine is, not if it was restarted."""
    return here.item.body.verify is not None and not isinstance(here.item.body.action, Reboot)


def is_guarded(here: Here) -> bool:
    """A guard can be asked whether it is still needed."""
    body = here.item.body
    return here.work.doubts <= _TRIES and (body.only_if is not None or body.unless is not None)


def may_repeat(here: Here) -> bool:
    """Another attempt does no harm: it changes nothing, or looks for itself whether it is still needed."""
    body = here.item.body
    looks = body.creates is not None or body.removes is not None or isinstance(body.action, REPEATABLE)
    return here.work.doubts <= _TRIES and (bool(body.read_only) or looks)


def after_others(here: Here, verdict: Judgement) -> Judgement:
    """An attempt after one that may have done the work: that there was nothing to do any more means that it has."""
    work = here.work
    first = work.offset + work.attempt <= 1 or work.item not in work.touched
    if first or verdict.failure or (verdict.changed and not verdict.needless):
        return verdict
    body = here.item.body
    if body.read_only or body.changed_when is not None:
        return verdict
    return Judgement("", changed=True, value={**verdict.value, "changed": True})


def question(here: Here) -> Question:
    """What a person is asked about it."""
    text = f"{here.host.name}: '{name(here)}' was started, and nobody can tell what came of it. What is true?"
    return Question("outcome", text, choices=(RAN, DID_NOT_RUN, FAILED), default=FAILED, timeout=_SILENCE)
