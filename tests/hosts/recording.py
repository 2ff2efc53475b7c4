"""A sink that keeps what it is told, and jobs for it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from itertools import count
from typing import Protocol

from executor.hosts.protocol import Job, JobEnd, Sink, Stream

_NUMBERS = count(1)


@dataclass
class Recording:
    """Everything that a job said. `end` waits for it."""

    outputs: dict[Stream, bytearray] = field(default_factory=lambda: {"stdout": bytearray(), "stderr": bytearray()})
    ends: list[JobEnd] = field(default_factory=list)
    news: threading.Condition = field(default_factory=threading.Condition)

    def output(self, stream: Stream, data: bytes) -> None:
        with self.news:
            self.outputs[stream] += data
            self.news.notify_all()

    def ended(self, end: JobEnd) -> None:
        with self.news:
            self.ends.append(end)
            self.news.notify_all()

    @property
    def stdout(self) -> bytes:
        return bytes(self.outputs["stdout"])

    @property
    def stderr(self) -> bytes:
        return bytes(self.outputs["stderr"])

    @property
    def end(self) -> JobEnd:
        with self.news:
            assert self.news.wait_for(lambda: self.ends, 60), f"it never ended; so far: {self.stdout!r} {self.stderr!r}"
            return self.ends[0]

    def wait_for(self, text: bytes) -> None:
        with self.news:
            assert self.news.wait_for(lambda: text in self.stdout, 30), f"{text!r} never came: {self.stdout!r}"


class Starter(Protocol):
    """What these helpers need of a host."""

    def start(self, job: Job, sink: Sink) -> None: ...


def job(script: str, **settings: object) -> Job:
    """A job with an id that no other job has."""
    settings.setdefault("id", f"job{next(_NUMBERS)}")
    return Job(script=script, **settings)  # type: ignore[arg-type]  # the caller's keywords are Job's fields


def start(host: Starter, script: str, **settings: object) -> Recording:
    sink = Recording()
    host.start(job(script, **settings), sink)
    return sink


def run(host: Starter, script: str, **settings: object) -> Recording:
    """Starts a job and waits for its end."""
    sink = start(host, script, **settings)
    assert sink.end.how
    return sink
