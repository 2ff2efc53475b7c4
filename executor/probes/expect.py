"""`expect`: an expression of the operator's over what a probe found."""

from __future__ import annotations

from dataclasses import replace

from executor.errors import RunbookError
from executor.model.leaves import Kind, Late, Template, Text
from executor.model.outcomes import Opinion, Verdict
from executor.model.probes import Probe
from executor.probes.answers import Answer
from executor.probes.words import excerpt
from executor.templates import render


def expected(probe: Probe, answer: Answer) -> Answer:
    """The answer, failed if the expression is not true of it. What has not passed by itself stays as it is."""
    if probe.expect is None or answer.verdict.opinion is not Opinion.PASSED:
        return answer
    words = excerpt(_source(probe.expect), 120)
    try:
        true = render(_leaf(probe.expect), {"result": dict(answer.result)})
    except RunbookError as error:
        # The expression is the operator's claim about the answer: one that cannot be told is not met.
        return _failed(answer, f"expect: {words} cannot be told: {error}")
    return answer if true else _failed(answer, f"expect: {words} is not true of {answer.verdict.summary}")


def _failed(answer: Answer, summary: str) -> Answer:
    return replace(answer, verdict=Verdict(Opinion.FAILED, summary, answer.verdict.measured))


def _leaf(expect: Text) -> Template | Late:
    return Template(expect, Kind.EXPRESSION) if isinstance(expect, str) else expect


def _source(expect: Text) -> str:
    match expect:
        case Late(template):
            return template.text
        case Template(text):
            return text
    return expect
