"""Performing an action on a host: from a Perform to a job, and from the job's end to its event."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from executor import actions
from executor.drive.capture import Capture
from executor.drive.inbox import Inbox
from executor.engine.effects import Perform
from executor.events import Ended, Key
from executor.hosts.protocol import Host, JobEnd, Stream
from executor.journal.folders import RunFolder
from executor.model.outcomes import Result, Status


class Work:
    """Starts jobs and reports how they ended. `host` gives the connection of a name."""

    def __init__(
        self, host: Callable[[str], Host], inbox: Inbox, folder: RunFolder, root: Path, *, diff: bool = False
    ) -> None:
        """`diff`: file actions say what they change."""
        self._host = host
        self._inbox = inbox
        self._folder = folder
        self._root = root
        self._diff = diff
        self._running: dict[Key, str] = {}  # the host that each job runs on

    def start(self, perform: Perform) -> None:
        """Begin; returns at once. Ended comes to the inbox, also where nothing could be begun."""
        key = perform.key
        perform = replace(perform, diff=self._diff and not perform.settings.no_log)
        try:
            job = actions.job(perform, run=self._folder.run, job_id=job_id(key), root=self._root)
            receiver = actions.receiver(perform, root=self._root)
        except actions.CannotStart as error:
            self._inbox.put(Ended(key, Result(Status.REFUSED, detail=str(error))))
            return
        self._running[key] = perform.on
        capture = Capture(
            key,
            None if actions.speaks_to_us(perform) else self._folder.output(key),
            self._inbox,
            keep=receiver is None and actions.keeps_output(perform),
        )
        sink = _Sink(perform, capture, receiver, self._ended, self._root)
        self._host(perform.on).start(job, sink)

    def end(self, key: Key) -> None:
        """End a running job; its Ended still comes."""
        if (on := self._running.get(key)) is not None:
            self._host(on).end(job_id(key))

    def _ended(self, key: Key, result: Result) -> None:
        self._running.pop(key, None)
        self._inbox.put(Ended(key, result))


def job_id(key: Key) -> str:
    """The job's name on its host: safe in a file name, and unique in the run even where several hosts share a home."""
    return str(key).replace("@", "-at-").replace("/", "_")


class _Sink:
    """One job's sink: its output to where it belongs, its end to a result."""

    def __init__(
        self,
        perform: Perform,
        capture: Capture,
        receiver: actions.Receiver | None,
        ended: Callable[[Key, Result], None],
        root: Path,
    ) -> None:
        self._perform = perform
        self._capture = capture
        self._receiver = receiver
        self._ended = ended
        self._root = root

    def output(self, stream: Stream, data: bytes) -> None:
        if self._receiver is not None:
            self._receiver.output(stream, data)
        else:
            self._capture.output(stream, data)

    def ended(self, end: JobEnd) -> None:
        self._capture.close()
        self._ended(self._perform.key, self._result(end))

    def _result(self, end: JobEnd) -> Result:
        if self._receiver is not None:
            return self._receiver.result(end)
        capture = self._capture
        return actions.result(
            self._perform,
            end,
            capture.kept("stdout"),
            capture.kept("stderr"),
            root=self._root,
            truncated=capture.truncated,
            tail=capture.tail(),
        )
