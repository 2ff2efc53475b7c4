"""What a result means: failed or not, changed or not, worth another attempt or not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from executor.engine.values import holds, registered
from executor.model.actions import Action, Assert, Checklist, Fetch, Pause, ProbeAction, Script, SetVars, Shell
from executor.model.exits import exit_words
from executor.model.leaves import Value
from executor.model.outcomes import Result, Status
from executor.model.steps import Body

_UNCHANGING = (ProbeAction, Checklist, Assert, Pause, SetVars)


@dataclass(frozen=True, slots=True)
class Judgement:
    """`failure` is empty where it went well. `final`: another attempt must not be made; `fatal`: ignore_errors does not
    cover it; `needless`: a guard says that there was nothing to do."""

    failure: str
    changed: bool
    value: dict[str, Value]
    final: bool = False
    fatal: bool = False
    needless: bool = False


def judge(
    body: Body, action: Action, result: Result, *, attempt: int, register: str | None, values: Mapping[str, Value]
) -> Judgement:
    """Judge one attempt. Raises RunbookError where an expression of the step cannot be evaluated."""
    changed = _changed(body, action, result)

    def value(*, failed: bool, changed: bool) -> dict[str, Value]:
        return registered(result, attempts=attempt, changed=changed, failed=failed)

    if result.status is not Status.OK:
        final = result.status not in (Status.FAILED, Status.TIMED_OUT)
        fatal = result.status in (Status.UNREACHABLE, Status.UNKNOWN, Status.CANCELLED)
        return Judgement(_why(result), changed, value(failed=True, changed=changed), final=final, fatal=fatal)
    if result.changed is False and isinstance(action, Shell | Script):
        return Judgement("", False, value(failed=False, changed=False), needless=True)

    failed = result.rc not in (0, None)

    def seen() -> dict[str, Value]:
        own = registered(replace(result, hidden=False), attempts=attempt, changed=changed, failed=failed)
        return {**values, register: own} if register else dict(values)

    if body.changed_when is not None:
        changed = holds(body.changed_when, seen())
    failure = _why(result) if failed else ""
    if body.failed_when is not None:
        failed = holds(body.failed_when, seen())
        failure = "" if not failed else failure or "failed_when holds"
    # With `until`, another attempt is made until it holds, and for no other reason.
    if body.retry is not None and body.retry.until and not holds(body.retry.until, seen()):
        return Judgement(failure or "until does not hold", changed, value(failed=True, changed=changed))
    until = body.retry is not None and bool(body.retry.until)
    return Judgement(failure, changed, value(failed=failed, changed=changed), final=until)


def command(result: Result) -> Judgement:
    """Judge a command that is no action of its own: a guard, an `apply`, an item of a checklist."""
    return judge(Body(Shell("")), Shell(""), result, attempt=1, register=None, values={})


def _changed(body: Body, action: Action, result: Result) -> bool:
    if body.read_only or isinstance(action, _UNCHANGING):
        return False
    if isinstance(action, Fetch):
        return bool(result.changed)
    return result.changed is not False


def changed_nothing(result: Result | None) -> bool:
    """The action itself says that it left everything as it was, or it never began: there is nothing to undo."""
    return result is not None and (result.changed is False or result.status is Status.REFUSED)


def _why(result: Result) -> str:
    match result.status:
        case Status.OK:
            return result.detail or exit_words(result.rc)
        case Status.FAILED:
            return result.detail or "failed"
        case Status.UNKNOWN:
            return f"unknown what came of it{_of(result)}"
        case Status.CANCELLED:
            return f"ended{_of(result)}"
        case status:
            return f"{status.value}{_of(result)}"


def _of(result: Result) -> str:
    return f": {result.detail}" if result.detail else ""
