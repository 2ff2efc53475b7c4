"""What workers tell the loop."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from executor.events import Event, Key
from executor.hosts.protocol import Stream


@dataclass(frozen=True, slots=True)
class Output:
    """A chunk of a job's output, for the reports alone: the run's folder has all of it already."""

    key: Key
    stream: Stream
    data: bytes
    shown: Callable[[int], None]  # told how many bytes have been dealt with


@dataclass(frozen=True, slots=True)
class Call:
    """Something for the loop's own thread to do: a sample that has come, a timer's work."""

    do: Callable[[], None]


Message: TypeAlias = Event | Output | Call


class Source(Protocol):
    """Where the loop gets its messages from."""

    def gather(self, timeout: float) -> list[Message]:
        """What is waiting; waits up to `timeout` seconds for the first of it."""


class Inbox:
    """A queue that any thread (and a signal handler: SimpleQueue is reentrant) may put into."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[Message] = queue.SimpleQueue()

    def put(self, message: Message) -> None:
        self._queue.put(message)

    def gather(self, timeout: float) -> list[Message]:
        """What is waiting; waits up to `timeout` seconds for the first of it."""
        messages: list[Message] = []
        try:
            messages.append(self._queue.get(timeout=max(timeout, 0.0)))
            while len(messages) < 1000:  # so that timers and ticks get their turn under a flood of output
                messages.append(self._queue.get_nowait())
        except queue.Empty:
            pass
        return messages


Clock: TypeAlias = Callable[[], float]
MONOTONIC: Clock = time.monotonic
