"""Asking at the terminal: in a thread of its own, one question at a time, each of which can be withdrawn."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol, TypeAlias

from executor.events import Answered, Key, Question
from executor.gates.dialogue import SHELL, Dialogue, begin
from executor.gates.keyboard import Keyboard, Nothing, Typed

Login: TypeAlias = Callable[[str], None]


class Screen(Protocol):
    """Where questions are shown, beside whatever else is shown there."""

    def pause(self) -> AbstractContextManager[None]:
        """Nothing else is shown while this lasts."""

    def say(self, text: str, *, end: str = "\n") -> None:
        """Show a text of one or several lines, made safe, at once."""


class Terminal:
    """Asks questions at a terminal and delivers each answer to `answered`, from its own thread.

    `fd` is the terminal's input, `operator` the name of who sits there. `login` opens a shell on a host by its name
    and returns when it is over: with it, a host that failed can be looked at before one decides. Every question gets
    one answer: the person's, the default after `timeout` seconds of silence, or that it was withdrawn: also where the
    terminal was closed, as nobody is there any more to decide. A question about an interrupt goes before all others.
    """

    def __init__(
        self,
        screen: Screen,
        answered: Callable[[Answered], None],
        *,
        fd: int,
        operator: str,
        login: Login | None = None,
    ) -> None:
        self._screen = screen
        self._answered = answered
        self._keyboard = Keyboard(fd)
        self._operator = operator
        self._login = login
        self._open: dict[Key, Question] = {}  # in the order in which they were asked
        self._closed = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._work, name="questions", daemon=True)
        self._thread.start()

    def ask(self, key: Key, question: Question) -> None:
        """Put a question behind those that are open; returns at once."""
        with self._changed:
            self._open[key] = question
            self._changed.notify()
        self._keyboard.wake()

    def withdraw(self, key: Key) -> None:
        """Nobody needs the answer any more: the question is answered as withdrawn, unless it is answered already."""
        if self._take(key):
            self._answered(Answered(key, "", how="withdrawn"))
            self._keyboard.wake()

    def close(self) -> None:
        """Ask no more; whoever closes waits for no answers."""
        with self._changed:
            if self._closed:
                return
            self._closed = True
            self._open.clear()
            self._changed.notify()
        self._keyboard.wake()
        self._thread.join()
        self._keyboard.close()

    def _take(self, key: Key) -> bool:
        """Whether the question was open. It is not any more."""
        with self._changed:
            return self._open.pop(key, None) is not None

    def _first(self) -> tuple[Key, Question] | None:
        with self._changed:
            asked = sorted(self._open.items(), key=lambda item: item[1].kind != "interrupt")
            return asked[0] if asked else None

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._open or self._closed)
                if self._closed:
                    return
            try:
                while (asked := self._first()) is not None:
                    with self._screen.pause():  # each for itself: what happened since the last one is shown before
                        self._converse(*asked)
            except OSError:  # the terminal was closed: nothing can be shown there any more
                self._leave()

    def _leave(self) -> None:
        """Nobody can answer any more: what is open is withdrawn."""
        with self._changed:
            left = list(self._open)
        for key in left:
            self.withdraw(key)

    def _converse(self, key: Key, question: Question) -> None:
        """One question, until it is answered or another one is more urgent."""
        self._keyboard.forget()
        may_look = question.kind == "failure" and key.host != "localhost" and self._login is not None
        dialogue = begin(question, login=may_look)
        self._open_with(dialogue)
        while dialogue.stage != "over":
            heard = self._listen(key, dialogue)
            if isinstance(heard, Nothing):
                self._unheard(key, question, heard)
                return
            dialogue = dialogue.hear(heard.line)
            if dialogue.complaint:
                self._screen.say(f"  {dialogue.complaint}")
            if dialogue.choice == SHELL and self._login is not None:
                self._login(key.host)
                dialogue = begin(question, login=True)
                self._open_with(dialogue)
        if self._take(key):
            self._answered(Answered(key, dialogue.choice, self._operator, dialogue.evidence, "terminal"))

    def _open_with(self, dialogue: Dialogue) -> None:
        self._screen.say(dialogue.opening)
        question = dialogue.question
        if question.timeout is not None:
            until = time.strftime("%H:%M:%S", time.localtime(time.time() + question.timeout))
            self._screen.say(f"  without a word until {until}: {question.default or 'no'}")

    def _listen(self, key: Key, dialogue: Dialogue) -> Typed | Nothing:
        """The next line, or why there is none. What concerns other questions only wakes this one up."""
        self._screen.say(dialogue.prompt, end="")
        question = dialogue.question
        end = None if question.timeout is None else time.monotonic() + question.timeout
        while True:
            heard = self._keyboard.line(None if end is None else max(end - time.monotonic(), 0.0))
            first = self._first()
            still = first is not None and first[0] == key
            if not isinstance(heard, Nothing) or heard.why != "woken" or not still:
                return heard

    def _unheard(self, key: Key, question: Question, nothing: Nothing) -> None:
        match nothing.why:
            case "woken":
                with self._changed:
                    later = key in self._open
                self._screen.say("\n  later: something else comes first" if later else "\n  no longer asked")
            case "silence":
                choice = question.default or "no"
                self._screen.say(f"\n  no answer: {choice}")
                if self._take(key):
                    self._answered(Answered(key, choice, how="silence"))
            case "gone":
                self._leave()
