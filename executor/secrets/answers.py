"""Answers from the world without the secrets that they repeat, before the engine, the journal or anybody sees them.

What the engine decides is made of the plan, which has names alone, and of these answers: so nothing else needs a look.
Names and paths that the program itself has given (keys, what a file action has captured) are never touched: a run must
not break because a password happens to be the name of a host.
"""

from __future__ import annotations

from dataclasses import replace

from executor.events import Answered, Ended, Event, HostLost, Judged, WatchTurned
from executor.model.outcomes import Result, Verdict
from executor.secrets.redact import Redactor


def without_secrets(event: Event, redactor: Redactor) -> Event:
    """The event as it may be told."""
    if not redactor:
        return event
    match event:
        case Ended(result=result):
            return replace(event, result=_result(result, redactor))
        case Judged(verdict=verdict) | WatchTurned(verdict=verdict):
            return replace(event, verdict=verdict_without(verdict, redactor))
        case HostLost(reason=reason):
            return replace(event, reason=redactor.text(reason))
        case Answered(text=text, by=by):
            return replace(event, text=redactor.text(text), by=redactor.text(by))
    return event


def verdict_without(verdict: Verdict, redactor: Redactor) -> Verdict:
    """A probe's verdict as it may be told."""
    if not redactor:
        return verdict
    measured = {
        name: redactor.text(value) if isinstance(value, str) else value for name, value in verdict.measured.items()
    }
    return replace(verdict, summary=redactor.text(verdict.summary), measured=measured)


def _result(result: Result, redactor: Redactor) -> Result:
    return replace(
        result,
        stdout=redactor.text(result.stdout),
        stderr=redactor.text(result.stderr),
        detail=redactor.text(result.detail),
        tail=tuple(redactor.text("\n".join(result.tail)).split("\n")) if result.tail else (),
        diff=redactor.text(result.diff),
    )
