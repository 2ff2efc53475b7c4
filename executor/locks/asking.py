"""Putting orders to hosts: all at once, each with its own job, and the answers as they come."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from queue import Empty, SimpleQueue
from time import monotonic
from typing import TypeAlias

from executor.hosts.protocol import Host, Job, JobEnd, Stream

ENOUGH = 64 * 1024  # bytes of an answer; no honest one is longer

Told: TypeAlias = Callable[[JobEnd, bytes], None]


def ask(host: Host, job: Job, told: Told) -> None:
    """Put one order to a host; returns at once. `told` hears the answer, from any thread, once."""
    host.start(job, _Answer(told))


def ask_all(
    hosts: Callable[[str], Host], orders: Mapping[str, Job], patience: float
) -> Iterable[tuple[str, JobEnd, bytes]]:
    """Put each host's order to it and give the answers as they come (blocking), for at most `patience` seconds.

    Whoever has not answered by then gives `JobEnd("timed out")`.
    """
    answers: SimpleQueue[tuple[str, JobEnd, bytes]] = SimpleQueue()
    for name, job in orders.items():
        ask(hosts(name), job, lambda end, out, name=name: answers.put((name, end, out)))  # type: ignore[misc]  # bound now
    missing = dict.fromkeys(orders)
    deadline = monotonic() + patience
    while missing:
        try:
            answer = answers.get(timeout=max(0.0, deadline - monotonic()))
        except Empty:
            break
        missing.pop(answer[0], None)
        yield answer
    for name in missing:
        yield name, JobEnd("timed out", detail=f"no answer within {patience:g} s"), b""


class _Answer:
    """A sink for one short answer."""

    def __init__(self, told: Told) -> None:
        self._told = told
        self._stdout = bytearray()
        self._lock = threading.Lock()

    def output(self, stream: Stream, data: bytes) -> None:
        with self._lock:
            if stream == "stdout" and len(self._stdout) < ENOUGH:
                self._stdout += data

    def ended(self, end: JobEnd) -> None:
        self._told(end, bytes(self._stdout))
