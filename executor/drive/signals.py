"""Signals of a run: interrupted once, twice, told to end, or left by its terminal."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TypeAlias

from executor.drive.inbox import Inbox
from executor.events import Interrupted

Handler: TypeAlias = Callable[[int, FrameType | None], None] | signal.Handlers


@contextmanager
def listening(inbox: Inbox) -> Iterator[Callable[[], None]]:
    """While this lasts, signals become events.

    SIGINT asks the first time and stops the second; SIGTERM stops; SIGHUP is ignored: the run goes on when its
    terminal closes. What is given is called once the operator has let the run go on: the next SIGINT asks again.
    Must be entered in the main thread.
    """
    interrupts = 0

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        nonlocal interrupts
        interrupts += 1
        inbox.put(Interrupted("ask" if interrupts == 1 else "stop"))

    def go_on() -> None:
        nonlocal interrupts
        interrupts = 0

    def stop(_signal: int, _frame: FrameType | None) -> None:
        inbox.put(Interrupted("stop"))

    handlers: dict[int, Handler] = {signal.SIGINT: interrupt, signal.SIGTERM: stop, signal.SIGHUP: signal.SIG_IGN}
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield go_on
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
