"""Where a run's questions go: answers that were given beforehand, the person at the terminal, or else the default."""

from __future__ import annotations

from collections.abc import Callable

from executor.events import Answered, Key, Question
from executor.gates.answers import Answers
from executor.gates.terminal import Terminal


class Desk:
    """Answers each question once through `answered`. Without a terminal none is waited for: silence is the answer."""

    def __init__(
        self, answers: Answers, answered: Callable[[Answered], None], *, operator: str, terminal: Terminal | None
    ) -> None:
        self._answers = answers
        self._answered = answered
        self._operator = operator
        self._terminal = terminal

    def ask(self, key: Key, question: Question) -> None:
        """Have a question answered; returns at once."""
        given = self._answers.to(question)
        if given is not None:
            self._answered(Answered(key, "yes", self._operator, given.text, given.how))
        elif self._terminal is not None:
            self._terminal.ask(key, question)
        else:
            self._answered(Answered(key, question.default or "no", how="silence"))

    def withdraw(self, key: Key) -> None:
        """The question is no longer asked; one that is open is answered as withdrawn."""
        if self._terminal is not None:
            self._terminal.withdraw(key)

    def close(self) -> None:
        """No more questions come."""
        if self._terminal is not None:
            self._terminal.close()
