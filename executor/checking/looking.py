"""What is to be asked about one round of a step, and what the answers mean. Pure: a generator of questions.

It gives a `Perform` or a `Sample` and is sent what came of it: None where nobody is asked, and all that is known is the
plan. Nothing that it asks changes a host: guards, files to be compared, and what the runbook itself calls read-only.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from executor.checking.memory import OF_THE_RUN
from executor.checking.questions import asserted, checked, probed
from executor.checking.rounds import HIDDEN, Looking, Open, Round, Seen, last_word, why
from executor.engine.judge import Judgement, judge
from executor.engine.values import skipped, words
from executor.errors import RunbookError
from executor.model.actions import (
    SELF_UNDOING,
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
    TemplateFile,
    Unarchive,
)
from executor.model.leaves import Late
from executor.model.outcomes import Result, Status
from executor.model.steps import Body, Settings
from executor.planning import findings as found

_LATER = ("attempts", "duration")  # of a result: only the run can say
_OF_THE_RUN = frozenset(OF_THE_RUN)  # names that a run has from its beginning: nobody waits for a step that gives them


def look(here: Round) -> Looking[Seen]:
    """Find out about one round."""
    try:
        return (yield from _look(here))
    except Open as late:
        if _OF_THE_RUN.issuperset(late.names):
            return Seen(found.WouldRun(changes=_may_change(here.item.body)))
        until = late.until or here.memory.until(late.names, here.host)
        return Seen(found.Unknown(late.names, until, late.whether, _may_change(here.item.body)))
    except RunbookError as error:
        return Seen(found.WouldFail(words(error)))


def _may_change(body: Body) -> bool:
    return not body.read_only and isinstance(body.action, (Shell, Script, Fetch, Reboot, *SELF_UNDOING))


def _look(here: Round) -> Looking[Seen]:
    condition = _off(here)
    if condition:
        return Seen(found.Skipped(f"this does not hold: {condition}"), value=skipped())
    body = here.item.body
    guarded = body.only_if is not None or body.unless is not None
    settings: Settings = here.filled(body.settings, whether=guarded)
    for_now = False
    for guard, script in (("only_if", body.only_if), ("unless", body.unless)):
        if script is None:
            continue
        question = here.perform(guard, Shell(here.filled(script, whether=True)), settings)
        result = yield question
        if result is None:
            break  # nobody is asked
        assert isinstance(result, Result)  # noqa: S101 - what a Perform is answered with
        if result.status is not Status.OK:
            return Seen(found.NotAsked(f"{guard}: {why(result)}"))
        for_now = here.is_for_now(question)
        if (result.rc == 0) == (guard == "unless"):
            return Seen(found.NothingToDo(f"{guard} says that it is not needed"), for_now, skipped())
    seen = yield from _act(here, body, settings)
    return replace(seen, for_now=True, value=None) if for_now else seen


def _off(here: Round) -> str:
    """The condition that does not hold; "" where all hold. Raises Open where that is not known."""
    late: Open | None = None
    for condition in here.item.when:
        try:
            holds = here.filled(condition, whether=True)
        except Open as open_:
            late = late or open_
            continue
        if not holds:
            return condition.template.text if isinstance(condition, Late) else "false"
    if late is not None:
        raise late
    return ""


def _act(here: Round, body: Body, settings: Settings) -> Looking[Seen]:
    match body.action:
        case Pause(prompt=prompt) if prompt is not None:
            return Seen(found.Asked((here.said(prompt),)))
        case Pause():
            return Seen(found.WouldRun(changes=False))
        case SetVars(values):
            return Seen(found.WouldRun(changes=False), sets=here.filled(values))
        case Assert() as claim:
            return asserted(here, claim, settings)
        case ProbeAction(probe):
            return (yield from probed(here, here.filled(probe), settings))
        case Checklist(items):
            return (yield from checked(here, items, settings))
        case Shell() | Script() if not body.read_only:
            return (yield from _command(here, body, settings))
        case Shell() | Script():
            return (yield from _read(here, body, settings))
        case Reboot():
            here.filled(body.action)
            return Seen(found.WouldRun())
        case _:
            return (yield from _file(here, body, settings))


# --- commands ---------------------------------------------------------------------------------------------------


def _command(here: Round, body: Body, settings: Settings) -> Looking[Seen]:
    """A command that may change anything: its guards alone are asked."""
    for_now = False
    if body.creates is not None or body.removes is not None:
        question = here.perform("action", Shell(""), settings, dry=True, **_guards(here, body))
        result = yield question
        if isinstance(result, Result):
            if result.status is not Status.OK:
                return Seen(found.NotAsked(why(result)))
            for_now = here.is_for_now(question)
            if result.changed is False:
                return Seen(found.NothingToDo(result.detail), for_now, skipped())
    here.filled(body.action)
    here.filled(body.stdin)
    return Seen(found.WouldRun(), for_now)


def _read(here: Round, body: Body, settings: Settings) -> Looking[Seen]:
    """A command that the runbook calls read-only: it is run."""
    action, stdin = here.filled(body.action), here.filled(body.stdin)
    question = here.perform("action", action, settings, stdin=stdin, register=True, **_guards(here, body))
    result = yield question
    if result is None:
        return Seen(found.WouldRun(changes=False))
    assert isinstance(result, Result)  # noqa: S101 - what a Perform is answered with
    if result.status not in (Status.OK, Status.FAILED):
        return Seen(found.NotAsked(why(result)))
    for_now = here.is_for_now(question)
    verdict = _judged(here, body, result)
    value = None if for_now else {**verdict.value, "skipped": verdict.needless}
    if verdict.needless:
        return Seen(found.NothingToDo(result.detail), for_now, value)
    if verdict.failure:
        return Seen(found.Looked(verdict.failure, failed=settings.ignore_errors is not True), for_now, value)
    return Seen(found.Looked(HIDDEN if settings.no_log else last_word(result)), for_now, value)


def _file(here: Round, body: Body, settings: Settings) -> Looking[Seen]:
    """A file, a link, a folder, a fetched file: compared with what is there."""
    action = here.filled(body.action)
    source = _local_source(action)
    maker = here.memory.maker(source) if source else ""
    if maker:
        raise Open((source,), whether=False, until=(maker,))
    question = here.perform(
        "action", action, settings, dry=True, diff=here.diff and not settings.no_log, **_guards(here, body)
    )
    result = yield question
    if result is None:
        return Seen(found.WouldRun())
    assert isinstance(result, Result)  # noqa: S101 - what a Perform is answered with
    for_now = here.memory.touched(question.on).by_command
    if result.status is Status.FAILED:
        return Seen(found.WouldFail(HIDDEN if settings.no_log else result.detail), for_now)
    if result.status is not Status.OK:
        return Seen(found.NotAsked(why(result)))
    verdict = _judged(here, body, replace(result, rc=0))
    value = None if for_now else {name: known for name, known in verdict.value.items() if name not in _LATER}
    if verdict.failure:
        return Seen(found.WouldFail(verdict.failure), for_now, value)
    if result.changed is False:
        return Seen(found.NothingToDo(result.detail or "it is as it should be"), for_now, value)
    return Seen(found.WouldChange(result.detail, result.diff), for_now, value)


def _guards(here: Round, body: Body) -> dict[str, Any]:
    paths = {"creates": body.creates, "removes": body.removes}
    return {name: None if path is None else str(here.filled(path, whether=True)) for name, path in paths.items()}


def _judged(here: Round, body: Body, result: Result) -> Judgement:
    return judge(body, body.action, result, attempt=1, register=here.task.register, values=here.values)


def _local_source(action: Action) -> str:
    match action:
        case Copy(src=str(path)) | TemplateFile(src=str(path)) | Unarchive(src=str(path)):
            return path
    return ""
