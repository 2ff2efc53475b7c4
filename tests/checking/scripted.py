"""A check against hosts that are a table: what is asked is kept, and the answers stand beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from executor.checking.checking import Checked, check
from executor.checking.rounds import Answer, Looking, Question
from executor.checking.tasks import Whole
from executor.engine.effects import Perform, Sample
from executor.model.actions import Copy, Shell
from executor.model.outcomes import Opinion, Result, Status, Verdict
from executor.model.plans import Plan
from executor.planning.findings import Finding

UNCHANGED = Result(Status.OK, rc=0, changed=False)
CHANGED = Result(Status.OK, rc=0, changed=True, detail="content")


def printed(text: str, rc: int = 0) -> Result:
    return Result(Status.OK, rc=rc, stdout=text)


def refused(why: str) -> Result:
    return Result(Status.FAILED, detail=why)


def away(why: str = "no route") -> Result:
    return Result(Status.UNREACHABLE, detail=why)


@dataclass
class Hosts:
    """`says` has the answer by what is asked (a script, a path, `tcp`), or by that with the host before it."""

    says: Mapping[str, Result | Verdict]
    asked: list[str] = field(default_factory=list)
    performed: list[Perform] = field(default_factory=list)

    def check(self, plan: Plan, *, lost: Mapping[str, str] | None = None, diff: bool = False) -> Checked:
        return check(plan, self._ask_all, lost=lost or {}, diff=diff)

    def _ask_all(self, lookings: Mapping[str, Looking[Whole]]) -> dict[str, Whole]:
        return {host: self._lead(looking) for host, looking in lookings.items()}

    def _lead(self, looking: Looking[Whole]) -> Whole:
        answer: Answer = None
        try:
            while True:
                answer = self._answer(looking.send(answer))
        except StopIteration as end:
            whole: Whole = end.value
            return whole

    def _answer(self, question: Question) -> Answer:
        what = _what(question)
        if isinstance(question, Perform):
            self.performed.append(question)
        self.asked.append(f"{question.on}: {what}")
        usual = Verdict(Opinion.PASSED, "fine") if isinstance(question, Sample) else printed("")
        return self.says.get(f"{question.on}: {what}", self.says.get(what, usual))


def _what(question: Question) -> str:
    if isinstance(question, Sample):
        return type(question.probe.verb).__name__.lower()
    assert isinstance(question, Perform)
    match question.action:
        case Shell(""):
            return f"{question.creates or question.removes}?"
        case Shell(script):
            return str(script)
        case Copy(dest=dest):
            return f"{dest} = {question.action.content}"
        case other:
            return str(getattr(other, "dest", other))


def verdicts(checked: Checked, host: str = "web1") -> list[object]:
    """What was found of each step on a host, in order."""
    return [found[host].verdict for found in checked.findings.steps.values() if host in found]


def one(checked: Checked, host: str = "web1") -> Finding:
    """What was found of the one step."""
    (found,) = checked.findings.steps.values()
    return found[host]
