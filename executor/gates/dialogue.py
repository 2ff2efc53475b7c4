"""A question as a conversation: what is said, and what a typed line means. Pure: no terminal, no clock."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from executor.events import Question

SHELL = "shell"  # a choice that is offered here alone: the caller opens it, then the question is asked again

_MEANINGS = {
    "retry": "do it again",
    "skip": "leave this host out and go on with the others",
    "rollback": "undo what this run has changed",
    "roll back": "undo what this run has changed",
    "stop": "leave everything as it is now",
    "go on": "carry on",
    SHELL: "log in to the host and look; then you are asked again",
}
_STEP_MEANINGS = {"yes": "run it", "no": "skip it", "continue": "run it and all that follow, without asking"}

Stage: TypeAlias = Literal["choice", "evidence", "over"]


@dataclass(frozen=True, slots=True)
class Dialogue:
    """Where a conversation stands. When `stage` is "over", `choice` and `evidence` are the answer."""

    question: Question
    choices: tuple[str, ...]
    stage: Stage = "choice"
    choice: str = ""
    evidence: str = ""
    complaint: str = ""  # what was wrong with the last line

    @property
    def opening(self) -> str:
        """What is said first: the question, and what can be answered, a line each."""
        lines = [f"? {self.question.text}"]
        if self._is_menu:
            wide = max(len(choice) for choice in self.choices)
            for number, choice in enumerate(self.choices, start=1):
                lines.append(f"  {number}  {choice:<{wide}}  {self._meaning(choice)}".rstrip())
        return "\n".join(lines)

    @property
    def prompt(self) -> str:
        """What stands before the place where one types."""
        if self.stage == "evidence":
            return "  evidence (a link, a ticket): "
        if self._is_menu:
            return "  > "
        return "  [y/n] " if self.choices else "  Enter to go on, or 'no': "

    def hear(self, line: str) -> Dialogue:
        """The conversation after a typed line."""
        line = line.strip()
        if self.stage == "evidence":
            if not line:
                return replace(self, complaint="it wants a text: a link, a ticket, a name")
            return replace(self, stage="over", evidence=line, complaint="")
        choice = self._understood(line)
        if choice is None:
            return replace(self, complaint=self._advice(line))
        if choice == "yes" and self.question.evidence:
            return replace(self, stage="evidence", choice=choice, complaint="")
        return replace(self, stage="over", choice=choice, complaint="")

    @property
    def _is_menu(self) -> bool:
        return bool(self.choices) and self.choices != ("yes", "no")

    def _meaning(self, choice: str) -> str:
        return (_STEP_MEANINGS if self.question.kind == "step" else _MEANINGS).get(choice, "")

    def _understood(self, line: str) -> str | None:
        if not self.choices:
            return {"": "yes", "yes": "yes", "y": "yes", "no": "no", "n": "no"}.get(line.lower())
        if line.isdecimal() and self._is_menu:
            return self.choices[int(line) - 1] if 0 < int(line) <= len(self.choices) else None
        wanted = _folded(line)
        exact = [choice for choice in self.choices if wanted == _folded(choice)]
        begun = [choice for choice in self.choices if wanted and _folded(choice).startswith(wanted)]
        found = exact or begun
        return found[0] if len(found) == 1 else None

    def _advice(self, line: str) -> str:
        if not self.choices:
            return "Enter goes on; 'no' does not"
        if not line:
            return f"please choose: {', '.join(self.choices)}"
        wanted = _folded(line)
        begun = [choice for choice in self.choices if _folded(choice).startswith(wanted)]
        if len(begun) > 1:
            return f"'{line}' could be {' or '.join(begun)}"
        return f"'{line}' is none of {', '.join(self.choices)}"


def begin(question: Question, *, login: bool = False) -> Dialogue:
    """A conversation about a question; with `login` a shell on the host is one of the choices."""
    return Dialogue(question, (*question.choices, SHELL) if login else question.choices)


def _folded(text: str) -> str:
    return "".join(text.lower().split()).replace("-", "")
