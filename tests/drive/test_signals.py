"""Signals of a run: what each of them asks the run to do."""

from __future__ import annotations

import signal

from executor.drive.inbox import Inbox, Message
from executor.drive.signals import listening
from executor.events import Interrupted


def waiting(inbox: Inbox) -> list[Message]:
    return inbox.gather(0)


def test_an_interrupt_asks_and_a_second_one_stops() -> None:
    inbox = Inbox()
    with listening(inbox):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
    assert waiting(inbox) == [Interrupted("ask"), Interrupted("stop")]


def test_after_the_operator_let_it_go_on_an_interrupt_asks_again() -> None:
    inbox = Inbox()
    with listening(inbox) as go_on:
        signal.raise_signal(signal.SIGINT)
        go_on()
        signal.raise_signal(signal.SIGINT)
    assert waiting(inbox) == [Interrupted("ask"), Interrupted("ask")]


def test_a_terminal_that_closes_changes_nothing_and_sigterm_stops() -> None:
    inbox = Inbox()
    with listening(inbox):
        signal.raise_signal(signal.SIGHUP)
        assert waiting(inbox) == []
        signal.raise_signal(signal.SIGTERM)
    assert waiting(inbox) == [Interrupted("stop")]


def test_afterwards_signals_mean_what_they_meant_before() -> None:
    before = signal.getsignal(signal.SIGINT)
    with listening(Inbox()):
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before
