"""One task on one host: conditions, guards, attempts, apply, verify, and what is registered in the end.

Every function says what to do next about the item in progress. A template that cannot be rendered fails the step, and
so does a host that is gone; neither is covered by ignore_errors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from executor.engine import action, lost
from executor.engine.doubt import (
    DID_NOT_RUN,
    RAN,
    UNKNOWN,
    after_others,
    assumed,
    in_doubt,
    is_guarded,
    is_proved,
    may_repeat,
    question,
)
from executor.engine.effects import Ask, Decision, Effect, Perform, Wait
from executor.engine.judge import Judgement, changed_nothing, command, judge
from executor.engine.start import Lost, perform, sample
from executor.engine.values import flag, holds, looped, number, skipped, words
from executor.engine.work import Here, armed_by, label, name
from executor.errors import RunbookError
from executor.events import Answered, Asked, ItemEnded, Looped, Question, Retrying, Started, StepEnded
from executor.model.actions import Reboot, SetVars, Shell
from executor.model.leaves import Text, Value
from executor.model.outcomes import Opinion, Result, Status, Verdict
from executor.model.probes import Probe
from executor.templates import fill

CUT_SHORT = "cut short by the abort"

Word: TypeAlias = Literal["ok", "changed", "skipped", "failed", "ignored"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one item. `fatal` failures are not covered by ignore_errors."""

    status: Literal["ok", "changed", "skipped", "failed"]
    value: Value
    reason: str = ""
    fatal: bool = False
    unreachable: bool = False
    cut: bool = False


def advance(here: Here) -> Decision:
    """The next thing to do on a task whose last piece of work, if any, has come to its end."""
    if here.work.loop is None and here.work.task.loop is not None:
        return _loop(here)
    if here.work.item >= here.count or here.work.broken:
        return _end_loop(here)
    try:
        return _next(here)
    except Lost as lost:
        return _end_item(here, _failed(here, f"unreachable: {lost}", fatal=True, unreachable=True))
    except RunbookError as error:
        return _end_item(here, _failed(here, words(error), fatal=True))


def _next(here: Here) -> Decision:
    work = here.work
    match work.phase:
        case "begin":
            return _begin(here)
        case "outcome":
            return _told(here)
        case "only_if" | "unless":
            return _guarded(here)
        case "retry":
            return _attempt(here)
        case "action" | "item":
            return _acted(here)
        case "apply":
            return _applied(here)
        case "verify":
            return _verified(here)
        case "lost":
            return _cut_short(here) if _halting(here) else _taken_up(here)


def _taken_up(here: Here) -> Decision:
    """The attempt under which a connection was lost is asked for again: it may still run, have ended or never come. A
    probe that was left begins anew."""
    begun = again(replace(here, work=lost.found(here.work)))
    started = (replace(event, armed=None) for event in begun.events if isinstance(event, Started))
    effects = (replace(effect, again=True) if isinstance(effect, Perform) else effect for effect in begun.effects)
    return Decision(tuple(started), tuple(effects))


def again(here: Here) -> Decision:
    """What the piece of work that is under way was begun with: for a run that is carried on.

    Raises Lost, and RunbookError where a template fails.
    """
    work, body = here.work, here.item.body
    match work.phase:
        case "only_if" | "unless":
            script = body.only_if if work.phase == "only_if" else body.unless
            return perform(here, work.phase, _shell(script, here.values()), label(here))
        case "apply":
            return perform(here, "apply", _shell(body.apply, here.values(_judged(here).value)), label(here))
        case "verify":
            return _sample_verify(here, assumed(here) if in_doubt(here) else _judged(here).value)
        case "item":
            return action.go_on(here, label(here))
        case _:
            return action.begin(here, label(here))


# --- before the action ----------------------------------------------------------------------------------------------


def _loop(here: Here) -> Decision:
    """Find out what a late loop goes over. Where that fails, a condition without the item may still say: not needed."""
    work, pattern = here.work, here.work.task.items[0]
    values = here.values()
    try:
        listed: object = fill(work.task.loop, values)
    except RunbookError as error:
        try:
            needed = holds(pattern.when, values)
        except RunbookError:
            needed = True  # the condition needs the loop itself: the loop's own error is the one to tell
        if not needed:
            return _end_step(here, Outcome("skipped", skipped(), "its condition does not hold"))
        return _end_step(here, _failed(here, words(error), fatal=True))
    if isinstance(listed, str | Mapping) or not isinstance(listed, Sequence):
        return _end_step(here, _failed(here, f"a loop needs a list, not {type(listed).__name__}", fatal=True))
    return Decision((Looped(here.host.name, work.task.id, tuple(listed), work.direction),))


def _begin(here: Here) -> Decision:
    if not holds(here.item.when, here.values()):
        return _end_item(here, Outcome("skipped", skipped(), "its condition does not hold"))
    if _asks_first(here):
        return _ask_first(here)
    if here.work.consent == "refused":
        return _end_item(here, Outcome("skipped", skipped(), "skipped by the operator"))
    return _guard(here, ("only_if", "unless"))


def _asks_first(here: Here) -> bool:
    do = here.do
    wanted = here.plan.step_mode and here.state.stepping and not here.work.consent
    return wanted and do is not None and do.leg == "steps" and here.work.direction == "forward"


def _ask_first(here: Here) -> Decision:
    if _halting(here):
        return _cut_short(here)
    question = Question("step", f"Run '{name(here)}' on {here.host.name}?", choices=("yes", "no", "continue"))
    key = here.key("step")
    return Decision((Asked(key, question),), (Ask(key, question),))


def _guard(here: Here, guards: tuple[str, ...]) -> Decision:
    """Ask the first of the guards that the step has; without any, it is the action's turn."""
    body = here.item.body
    scripts = {"only_if": body.only_if, "unless": body.unless}
    for guard in guards:
        script = scripts[guard]
        if script is not None:
            if _halting(here):
                return _cut_short(here)
            return perform(here, guard, _shell(script, here.values()), label(here), sub=here.work.doubts)
    return _attempt(here)


def _guarded(here: Here) -> Decision:
    guard, result = here.work.phase, here.work.answer
    assert isinstance(result, Result)  # noqa: S101 - evolve stores what a Perform was answered with
    if result.status is not Status.OK:
        return _end_item(here, _failed_command(here, guard, result))
    if (result.rc == 0) == (guard == "unless") and in_doubt(here):
        return _end_item(here, Outcome("changed", assumed(here)))
    if (result.rc == 0) == (guard == "unless"):
        return _end_item(here, Outcome("skipped", skipped(), f"{guard} says that it is not needed"))
    return _guard(here, ("unless",) if guard == "only_if" else ())


# --- the action -----------------------------------------------------------------------------------------------------


def _attempt(here: Here) -> Decision:
    if _halting(here):
        return _cut_short(here)
    return action.begin(here.attempt(), label(here))


def _acted(here: Here) -> Decision:
    ended = action.result(here)
    if ended is None:
        return _cut_short(here) if _halting(here) else action.go_on(here, label(here))
    if in_doubt(here):
        return _unknown(here)
    verdict = _judged(here)
    if verdict.failure:
        return _retry(here, verdict) or _end_item(here, _of(here, verdict))
    if verdict.needless:
        detail = ended.detail or "a guard says that it is not needed"
        return _end_item(here, Outcome("skipped", {**verdict.value, "skipped": True}, detail))
    return _apply(here, verdict)


def _judged(here: Here) -> Judgement:
    work, ended = here.work, action.result(here)
    assert ended is not None  # noqa: S101 - asked only once the action has ended
    body = here.item.body
    verdict = judge(body, body.action, ended, attempt=work.attempt, register=work.task.register, values=here.values())
    return after_others(here, verdict)


def _unknown(here: Here) -> Decision:
    """Nobody can tell what came of the action: see `executor.engine.doubt`."""
    if not _halting(here):
        if is_proved(here):
            return _sample_verify(here, assumed(here))
        if is_guarded(here):
            return _guard(here, ("only_if", "unless"))
        if may_repeat(here):
            return _attempt(here)
        if here.plan.attended:
            key, asked = here.key("outcome", here.work.doubts), question(here)
            return Decision((Asked(key, asked),), (Ask(key, asked),))
    return _end_item(here, _failed(here, _judged(here).failure, fatal=True))


def _told(here: Here) -> Decision:
    """Somebody has said what came of it."""
    answer = here.work.answer
    choice = answer.choice if isinstance(answer, Answered) else ""
    if choice == RAN:
        return _end_item(here, Outcome("changed", assumed(here)))
    return _attempt(here) if choice == DID_NOT_RUN else _end_item(here, _failed(here, UNKNOWN, fatal=True))


def _retry(here: Here, verdict: Judgement) -> Decision | None:
    retry = here.item.body.retry
    if retry is None or verdict.final or _halting(here):
        return None
    values = here.values()
    attempts = int(number(retry.attempts, values))
    if here.work.attempt >= attempts:
        return None
    delay = number(retry.delay, values)
    delay *= number(retry.backoff, values) ** (here.work.attempt - 1)
    retrying = Retrying(here.key(here.work.part), attempts, delay, verdict.failure)
    waits: tuple[Effect, ...] = (Wait(here.key("retry"), delay),) if delay > 0 else ()
    return Decision((retrying,), waits)


# --- after the action -----------------------------------------------------------------------------------------------


def _apply(here: Here, verdict: Judgement) -> Decision:
    apply = here.item.body.apply
    if apply is None or not verdict.changed:
        return _verify(here, verdict)
    if _halting(here):
        return _cut_short(here)
    return perform(here, "apply", _shell(apply, here.values(verdict.value)), label(here))


def _shell(script: Text | None, values: Mapping[str, Value]) -> Shell:
    return Shell(fill(script, values) if script is not None else "")


def _applied(here: Here) -> Decision:
    result, verdict = here.work.answer, _judged(here)
    assert isinstance(result, Result)  # noqa: S101 - evolve stores what a Perform was answered with
    if command(result).failure:
        return _end_item(here, _failed_command(here, "apply", result, verdict.value))
    return _verify(here, verdict)


def _verify(here: Here, verdict: Judgement) -> Decision:
    probe = here.item.body.verify
    if probe is None:
        return _end_item(here, _of(here, verdict))
    if _halting(here):
        return _cut_short(here)
    return _sample_verify(here, verdict.value)


def _sample_verify(here: Here, value: Mapping[str, Value]) -> Decision:
    probe: Probe = fill(here.item.body.verify, here.values(dict(value)))  # type: ignore[assignment]  # there is one
    return sample(here, "verify", probe, label(here), sub=here.work.doubts)


def _verified(here: Here) -> Decision:
    answer, verdict = here.work.answer, _judged(here)
    assert isinstance(answer, Verdict)  # noqa: S101 - evolve stores what a Sample was answered with
    if in_doubt(here):
        if answer.opinion is Opinion.PASSED:
            return _end_item(here, Outcome("changed", assumed(here)))
        cut = answer.opinion is Opinion.CANCELLED
        return _end_item(here, _failed(here, f"{UNKNOWN}; verify: {answer.summary}", fatal=True, cut=cut))
    if answer.opinion is not Opinion.PASSED:
        cancelled = answer.opinion is Opinion.CANCELLED
        reason = CUT_SHORT if cancelled else f"verify: {answer.summary}"
        return _end_item(here, replace(_failed(here, reason, verdict.value, fatal=cancelled), cut=cancelled))
    return _end_item(here, _of(here, verdict))


# --- ends -----------------------------------------------------------------------------------------------------------


def _of(here: Here, verdict: Judgement) -> Outcome:
    if verdict.failure:
        ended = action.result(here)
        word = ended.status if ended is not None else Status.FAILED
        lost, cut = word is Status.UNREACHABLE, word is Status.CANCELLED
        return Outcome("failed", verdict.value, CUT_SHORT if cut else verdict.failure, verdict.fatal, lost, cut)
    return Outcome("changed" if verdict.changed else "ok", verdict.value, _in_words(here))


def _in_words(here: Here) -> str:
    """What was done, where that says more than that something has changed."""
    ended = action.result(here)
    return ended.detail if ended is not None and isinstance(here.item.body.action, Reboot) else ""


def _failed(
    here: Here, reason: str, value: Mapping[str, Value] | None = None, *, fatal: bool = False,
    unreachable: bool = False, cut: bool = False,
) -> Outcome:  # fmt: skip
    known: dict[str, Value] = {"changed": False, "skipped": False, **(value or {}), "failed": True}
    return Outcome("failed", {**known, "attempts": here.work.attempt}, reason, fatal, unreachable, cut)


def _failed_command(here: Here, what: str, result: Result, value: Mapping[str, Value] | None = None) -> Outcome:
    verdict, lost = command(result), result.status is Status.UNREACHABLE
    return _failed(here, f"{what}: {verdict.failure}", value, fatal=verdict.fatal, unreachable=lost)


def _cut_short(here: Here) -> Decision:
    return _end_item(here, _failed(here, CUT_SHORT, fatal=True, cut=True))


def _halting(here: Here) -> bool:
    """The stage is being given up: nothing new is begun on the way forward."""
    return here.state.phase == "halting" and here.work.direction == "forward"


def _end_item(here: Here, outcome: Outcome) -> Decision:
    if not here.looped:
        return _end_step(here, outcome)
    work = here.work
    ended = ItemEnded(
        here.host.name,
        work.task.id,
        work.item,
        here.item.label if work.loop is None else str(work.loop[work.item]),
        _word(here, outcome),
        outcome.reason,
        outcome.value,
        _disarms(here),
        work.direction,
    )
    if outcome.unreachable or outcome.cut:
        last = replace(outcome, value=_registered(here, outcome))
        return Decision((ended, _ended(here, "failed", last)))
    return Decision((ended,))


def _registered(here: Here, last: Outcome) -> Value:
    return looped([done.value for done in here.work.rounds] + [last.value])


def _end_loop(here: Here) -> Decision:
    rounds = here.work.rounds
    told = {done.status for done in rounds}
    order: tuple[Word, ...] = ("failed", "ignored", "changed", "ok")
    status: Word = next((word for word in order if word in told), "skipped")
    reason = "nothing to do in any round" if status == "skipped" else ""
    if status == "failed":
        reason = f"{rounds[-1].label}: {rounds[-1].reason}"
    return Decision((_ended(here, status, Outcome("ok", looped(done.value for done in rounds), reason)),))


def _end_step(here: Here, outcome: Outcome) -> Decision:
    disarmed = (here.work.item,) if _disarms(here) else ()
    return Decision((_ended(here, _word(here, outcome), outcome, disarmed),))


def _disarms(here: Here) -> bool:
    """Something was armed when the item started, and no attempt has changed anything: there is nothing to undo."""
    entry = armed_by(here.host, here.work)
    return entry is not None and changed_nothing(here.work.result) and not entry.touched


def _ended(here: Here, word: Word, outcome: Outcome, disarmed: tuple[int, ...] = ()) -> StepEnded:
    work, reason, sets = here.work, outcome.reason, dict[str, Value]()
    try:
        sets = _sets(here) if word in ("ok", "changed") else {}
    except RunbookError as error:
        word, reason = "failed", words(error)
    register = work.task.register
    return StepEnded(
        host=here.host.name,
        task=work.task.id,
        name=name(here),
        status=word,
        reason=reason,
        register=register,
        value=outcome.value if register else None,
        everywhere=here.once,
        sets=sets,
        disarmed=disarmed,
        direction=work.direction,
        unreachable=outcome.unreachable,
        cut=outcome.cut,
    )


def _word(here: Here, outcome: Outcome) -> Word:
    """How an outcome is told: a failure that may be ignored, and is to be, is `ignored`."""
    if outcome.status != "failed" or outcome.fatal:
        return outcome.status
    try:
        ignored = flag(here.item.body.settings.ignore_errors, here.values())
    except RunbookError:
        return "failed"  # who ignores errors under a condition that cannot be told, has not ignored this one
    return "ignored" if ignored else "failed"


def _sets(here: Here) -> dict[str, Value]:
    """The variables that a `set` sets, in all rounds that ran. Those given on the command line keep their values."""
    ran = [here] if not here.looped else [
        replace(here, work=replace(here.work, item=number))
        for number, done in enumerate(here.work.rounds)
        if done.status == "ok"
    ]  # fmt: skip
    found: dict[str, Value] = {}
    for place in ran:
        action = place.item.body.action
        if isinstance(action, SetVars):
            found |= fill(action.values, place.values())
    return {key: value for key, value in found.items() if key not in here.plan.fixed}
