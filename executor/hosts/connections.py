"""The connections to one host: one, made again when it is lost, and further ones where one alone gives few sessions."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from executor.hosts.connecting import Connection
from executor.hosts.errors import ConnectionFailed
from executor.hosts.pulse import Pulse
from executor.hosts.ssh_config import Target

_FIRST_WAIT, _LONGEST_WAIT = 0.2, 5.0
# What a second try can cure.
_PASSING = {"unreachable", "timeout"}


class Connections:
    """`target` says where to, and `connect` connects (blocking); both raise ConnectionFailed."""

    def __init__(self, name: str, target: Callable[[], Target], connect: Callable[[], Connection]) -> None:
        self._name = name
        self._target = target
        self._connect = connect
        self._connecting = threading.Lock()
        self._lock = threading.Lock()
        self._first: Pulse | None = None
        self._further: list[Pulse] = []
        self._closed = False

    def first(self, patience: float = 0.0) -> Connection:
        """The connection that all begins with, made if there is none (blocking). A lost host is looked for during
        `patience` seconds. Raises ConnectionFailed."""
        give_up = time.monotonic() + patience
        wait = _FIRST_WAIT
        with self._alone(patience):
            while True:
                if self._closed:
                    raise ConnectionFailed(f"the connection to {self._name} was closed")
                if self._first and self._first.connection.alive():
                    return self._first.connection
                try:
                    self._first = Pulse(self._connect())
                except ConnectionFailed as error:
                    if error.kind not in _PASSING or time.monotonic() + wait > give_up:
                        raise
                    time.sleep(wait)
                    wait = min(2 * wait, _LONGEST_WAIT)
                else:
                    return self._first.connection

    def further(self) -> list[Connection]:
        """Those that are there besides the first."""
        with self._lock:
            self._further = [pulse for pulse in self._further if pulse.connection.alive()]
            return [pulse.connection for pulse in self._further]

    def another(self) -> Connection:
        """A new one, for whoever asks alone until it is given to `keep` (blocking). Raises ConnectionFailed."""
        return self._connect()

    def keep(self, connection: Connection) -> None:
        """Have it looked after, as one of the further ones."""
        with self._lock:
            self._further.append(Pulse(connection))
            closed = self._closed
        if closed:
            connection.close()

    def beat(self, now: float) -> None:
        """Called every few seconds: hangs up where a server gives no sign of life."""
        for pulse in self._all():
            if pulse.connection.alive():
                pulse.beat(now)

    def close(self) -> None:
        with self._lock:
            self._closed = True
        for pulse in self._all():
            pulse.connection.close()

    def _all(self) -> list[Pulse]:
        with self._lock:
            return [*self._further, *([self._first] if self._first else ())]

    @contextmanager
    def _alone(self, patience: float) -> Iterator[None]:
        """Only one thread connects; the others wait for what it finds, no longer than it would take themselves."""
        target = self._target()
        if not self._connecting.acquire(timeout=patience + target.timeout):
            raise ConnectionFailed(f"{target} is away", kind="timeout")
        try:
            yield
        finally:
            self._connecting.release()
