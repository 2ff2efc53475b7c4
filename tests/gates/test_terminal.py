"""Asking at a real (pseudo-)terminal: answers, silence, withdrawal, and never a wait without an end."""

from __future__ import annotations

import errno
import os
import pty
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import pytest

from executor.events import Answered, Key, Question
from executor.gates.answers import Answers, Given
from executor.gates.desk import Desk
from executor.gates.keyboard import Keyboard, Nothing, Typed
from executor.gates.terminal import Terminal

PATIENCE = 20.0  # seconds after which a test gives up
ITEM = Question("checklist", "Code review approved", "Pre/Ready/Code review approved", ("yes", "no"))
TICKET = Question("checklist", "Ticket", "Pre/Ready/Ticket", ("yes", "no"), evidence=True)
FAILURE = Question("failure", "web1 failed", "", ("retry", "rollback"), "rollback")
INTERRUPT = Question("interrupt", "Interrupted. What now?", "", ("go on", "stop"), "stop")
FIRST, SECOND = Key("localhost", "1.1", "item", sub=1), Key("localhost", "1.1", "item", sub=2)
ON_WEB1 = Key("web1", "2.1", "ask")


@dataclass
class FakeScreen:
    """Remembers what was said; each prompt is an occasion to type."""

    text: str = ""
    paused: int = 0
    pauses: int = 0
    closed: bool = False
    prompts: queue.SimpleQueue[str] = field(default_factory=queue.SimpleQueue)

    @contextmanager
    def pause(self) -> Iterator[None]:
        self.paused += 1
        self.pauses += 1
        yield
        self.paused -= 1

    def say(self, text: str, *, end: str = "\n") -> None:
        assert self.paused
        if self.closed:
            raise OSError(errno.EIO, "Input/output error")
        self.text += text + end
        if not end:
            self.prompts.put(text)


@dataclass
class Sitting:
    """Somebody at a terminal."""

    terminal: Terminal
    screen: FakeScreen
    answers: queue.SimpleQueue[Answered]
    keyboard: int
    logins: list[str]

    def type(self, line: str) -> None:
        """Wait for a prompt, then type."""
        self.screen.prompts.get(timeout=PATIENCE)
        os.write(self.keyboard, line.encode())

    def answer(self) -> Answered:
        return self.answers.get(timeout=PATIENCE)


@pytest.fixture
def sitting() -> Iterator[Sitting]:
    keyboard, fd = pty.openpty()
    screen, answers, logins = FakeScreen(), queue.SimpleQueue[Answered](), list[str]()
    terminal = Terminal(screen, answers.put, fd=fd, operator="ann", login=logins.append)
    yield Sitting(terminal, screen, answers, keyboard, logins)
    terminal.close()
    for end in (keyboard, fd):
        with suppress(OSError):  # the test has closed it: the terminal was gone
            os.close(end)


def test_an_answer_names_who_gave_it(sitting: Sitting) -> None:
    sitting.terminal.ask(FIRST, ITEM)
    sitting.type("what\n")
    sitting.type("y\n")
    assert sitting.answer() == Answered(FIRST, "yes", "ann", "", "terminal")
    assert "? Code review approved" in sitting.screen.text
    assert "'what' is none of yes, no" in sitting.screen.text


def test_evidence_comes_with_it(sitting: Sitting) -> None:
    sitting.terminal.ask(FIRST, TICKET)
    sitting.type("y\n")
    sitting.type("https://example.com/T-7 ✓\n")
    assert sitting.answer() == Answered(FIRST, "yes", "ann", "https://example.com/T-7 ✓", "terminal")


def test_questions_come_one_after_the_other_and_the_view_returns_between_them(sitting: Sitting) -> None:
    sitting.terminal.ask(FIRST, ITEM)
    sitting.terminal.ask(SECOND, ITEM)
    sitting.type("y\n")
    sitting.type("n\n")
    assert [sitting.answer(), sitting.answer()] == [
        Answered(FIRST, "yes", "ann"),
        Answered(SECOND, "no", "ann"),
    ]
    sitting.terminal.close()
    assert (sitting.screen.paused, sitting.screen.pauses) == (0, 2)


def test_what_was_typed_before_the_question_does_not_answer_it(sitting: Sitting) -> None:
    os.write(sitting.keyboard, b"y\ny\n")
    sitting.terminal.ask(FIRST, ITEM)
    sitting.type("n\n")
    assert sitting.answer().choice == "no"


def test_silence_is_the_default(sitting: Sitting) -> None:
    question = Question("failure", "web1 failed", "", ("retry", "rollback"), "rollback", 0.01)
    sitting.terminal.ask(ON_WEB1, question)
    assert sitting.answer() == Answered(ON_WEB1, "rollback", how="silence")


def test_a_withdrawn_question_is_answered_as_such_and_only_once(sitting: Sitting) -> None:
    sitting.terminal.ask(FIRST, ITEM)
    sitting.screen.prompts.get(timeout=PATIENCE)
    sitting.terminal.withdraw(FIRST)
    assert sitting.answer() == Answered(FIRST, "", how="withdrawn")
    sitting.terminal.withdraw(FIRST)
    sitting.terminal.ask(SECOND, ITEM)
    sitting.type("y\n")
    assert sitting.answer() == Answered(SECOND, "yes", "ann")
    assert "no longer asked" in sitting.screen.text
    assert sitting.answers.empty()


def test_a_question_that_waits_can_be_withdrawn_without_being_shown(sitting: Sitting) -> None:
    sitting.terminal.ask(FIRST, ITEM)
    sitting.terminal.ask(SECOND, TICKET)
    sitting.terminal.withdraw(SECOND)
    sitting.type("y\n")
    assert {sitting.answer().how, sitting.answer().how} == {"withdrawn", "terminal"}
    sitting.terminal.close()
    assert "? Ticket" not in sitting.screen.text


def test_an_interrupt_goes_first_and_the_other_question_comes_back(sitting: Sitting) -> None:
    sitting.terminal.ask(FIRST, ITEM)
    sitting.screen.prompts.get(timeout=PATIENCE)
    sitting.terminal.ask(SECOND, INTERRUPT)
    sitting.type("go on\n")
    assert sitting.answer() == Answered(SECOND, "go on", "ann")
    sitting.type("y\n")
    assert sitting.answer() == Answered(FIRST, "yes", "ann")
    assert "later: something else comes first" in sitting.screen.text


def test_a_shell_on_the_host_then_the_question_again(sitting: Sitting) -> None:
    sitting.terminal.ask(ON_WEB1, FAILURE)
    sitting.type("shell\n")
    sitting.type("retry\n")
    assert sitting.answer() == Answered(ON_WEB1, "retry", "ann")
    assert sitting.logins == ["web1"]


def test_a_failure_of_the_run_itself_has_no_host_to_look_at(sitting: Sitting) -> None:
    sitting.terminal.ask(FIRST, FAILURE)
    sitting.type("shell\n")
    sitting.type("retry\n")
    assert sitting.answer().choice == "retry"
    assert sitting.logins == []


@pytest.mark.parametrize("question", [ITEM, FAILURE])
def test_a_terminal_that_goes_away_withdraws_what_was_asked_there(sitting: Sitting, question: Question) -> None:
    sitting.terminal.ask(ON_WEB1, question)
    sitting.screen.prompts.get(timeout=PATIENCE)
    os.close(sitting.keyboard)
    assert sitting.answer() == Answered(ON_WEB1, "", how="withdrawn")


def test_questions_that_come_after_the_terminal_was_closed_are_withdrawn_too(sitting: Sitting) -> None:
    sitting.screen.closed = True
    for key in (FIRST, SECOND):
        sitting.terminal.ask(key, ITEM)
        assert sitting.answer() == Answered(key, "", how="withdrawn")


def test_an_end_of_file_that_is_typed_decides_nothing(sitting: Sitting) -> None:
    sitting.terminal.ask(ON_WEB1, FAILURE)
    sitting.type("\x04")
    os.write(sitting.keyboard, b"retry\n")
    assert sitting.answer().choice == "retry"


def test_closing_waits_for_no_answer(sitting: Sitting) -> None:
    sitting.terminal.ask(FIRST, ITEM)
    sitting.screen.prompts.get(timeout=PATIENCE)
    closing = threading.Thread(target=sitting.terminal.close)
    closing.start()
    closing.join(PATIENCE)
    assert not closing.is_alive()
    assert sitting.answers.empty()


# --- the desk ---


def test_what_was_answered_beforehand_is_not_asked(sitting: Sitting) -> None:
    given = Answers({ITEM.name: Given("flag"), TICKET.name: Given("file", "T-7")})
    desk = Desk(given, sitting.answers.put, operator="ann", terminal=sitting.terminal)
    desk.ask(FIRST, ITEM)
    desk.ask(SECOND, TICKET)
    assert [sitting.answer(), sitting.answer()] == [
        Answered(FIRST, "yes", "ann", "", "flag"),
        Answered(SECOND, "yes", "ann", "T-7", "file"),
    ]
    desk.ask(ON_WEB1, FAILURE)
    sitting.type("retry\n")
    assert sitting.answer().choice == "retry"
    desk.withdraw(ON_WEB1)
    desk.close()
    assert sitting.answers.empty()


def test_without_a_terminal_nothing_is_waited_for() -> None:
    answers: list[Answered] = []
    desk = Desk(Answers(), answers.append, operator="ann", terminal=None)
    desk.ask(FIRST, ITEM)
    desk.ask(ON_WEB1, FAILURE)
    desk.withdraw(FIRST)
    desk.close()
    assert answers == [Answered(FIRST, "no", how="silence"), Answered(ON_WEB1, "rollback", how="silence")]


# --- the keyboard ---


def test_lines_are_read_one_by_one_and_forgotten_together() -> None:
    reading, writing = os.pipe()
    keyboard = Keyboard(reading)
    os.write(writing, b"one\ntwo\nthr")
    assert keyboard.line(PATIENCE) == Typed("one")
    keyboard.forget()
    os.write(writing, b"four\nf\xffve\n")
    assert [keyboard.line(PATIENCE), keyboard.line(PATIENCE)] == [Typed("four"), Typed("f\ufffdve")]
    assert keyboard.line(0.0) == Nothing("silence")
    keyboard.wake()
    assert keyboard.line(None) == Nothing("woken")
    os.close(writing)
    assert keyboard.line(None) == Nothing("gone")
    keyboard.close()
    os.close(reading)
