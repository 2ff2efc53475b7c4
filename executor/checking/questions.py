"""Steps that are questions themselves: claims, probes, and checklists, of which some items are for a person."""

from __future__ import annotations

from executor.checking.rounds import HIDDEN, Looking, Round, Seen, last_word, why
from executor.engine.judge import judge
from executor.engine.values import flag, registered
from executor.model.actions import Assert, ChecklistItem, Shell
from executor.model.outcomes import Opinion, Result, Status
from executor.model.outcomes import Verdict as Sampled
from executor.model.probes import Http, Probe
from executor.model.steps import Body, Settings
from executor.planning import findings as found
from executor.probes.times import looks_back


def asserted(here: Round, claim: Assert, settings: Settings) -> Seen:
    """What is known of the values is enough to judge it."""
    for expression in claim.that:
        if not here.filled(expression):
            written = getattr(getattr(expression, "template", expression), "text", str(expression))
            said = f"does not hold: {written}" if claim.message is None else here.said(claim.message)
            return Seen(found.Looked(said) if settings.ignore_errors is True else found.WouldFail(said))
    done = registered(Result(Status.OK, rc=0, changed=False), attempts=1, changed=False, failed=False)
    return Seen(found.NothingToDo("it holds"), value=done)


def probed(here: Round, probe: Probe, settings: Settings) -> Looking[Seen]:
    """One sample, where one says something and asking changes nothing."""
    if not is_read(probe):
        return Seen(found.WouldRun(changes=False))
    question = here.sample("action", probe, settings)
    answer = yield question
    if not isinstance(answer, Sampled):
        return Seen(found.WouldRun(changes=False) if answer is None else found.NotAsked(why(answer)))
    if answer.opinion is Opinion.INCONCLUSIVE:
        return Seen(found.NotAsked(answer.summary))
    said = HIDDEN if settings.no_log else answer.summary
    failed = answer.opinion is not Opinion.PASSED and settings.ignore_errors is not True
    return Seen(found.Looked(said, failed=failed), here.is_for_now(question))


def checked(here: Round, items: tuple[ChecklistItem, ...], settings: Settings) -> Looking[Seen]:
    """What a person is asked, and what a machine says of the other items by now."""
    questions: list[str] = []
    told: list[tuple[str, Seen]] = []
    for number, item in enumerate(items, 1):
        name = here.said(item.item)
        if item.shell is not None:
            body = Body(Shell(item.shell), read_only=True)
            told.append((name, (yield from _entry(here, body, settings, number))))
        elif item.probe is not None:
            probe = here.filled(item.probe)
            told.append((name, (yield from probed(here, probe, settings))))
        else:
            evidence = here.filled(item.evidence)
            questions.append(name + (" (with evidence)" if flag(evidence, {}) else ""))
    answers = tuple((name, seen.verdict) for name, seen in told)
    for_now = any(seen.for_now for _, seen in told)
    if questions:
        return Seen(found.Asked(tuple(questions), answers), for_now)
    return Seen(found.all_of(answers), for_now)


def _entry(here: Round, body: Body, settings: Settings, number: int) -> Looking[Seen]:
    """An item of a checklist that a command answers."""
    action = here.filled(body.action)
    question = here.perform("item", action, settings, sub=number)
    result = yield question
    if result is None:
        return Seen(found.WouldRun(changes=False))
    assert isinstance(result, Result)  # noqa: S101 - what a Perform is answered with
    if result.status not in (Status.OK, Status.FAILED):
        return Seen(found.NotAsked(why(result)))
    verdict = judge(body, action, result, attempt=1, register=None, values={})
    said = verdict.failure or last_word(result)
    return Seen(
        found.Looked(HIDDEN if settings.no_log else said, failed=bool(verdict.failure)), here.is_for_now(question)
    )


def is_read(probe: Probe) -> bool:
    """Whether one sample says something, and taking it changes nothing: nothing is posted, and nothing waited for."""
    verb = probe.verb
    if isinstance(verb, Http) and (looks_back(probe) or verb.data is not None or verb.method not in ("GET", "HEAD")):
        return False
    return probe.hold is None and probe.over is None
