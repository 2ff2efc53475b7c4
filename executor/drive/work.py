"""Performing an action on a host: from a Perform to a job, and from the job's end to its event."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Protocol

from executor import actions
from executor.actions.posix import output_limit
from executor.drive.capture import Capture
from executor.drive.inbox import Clock, Inbox
from executor.drive.rebooting import Restart
from executor.drive.sent import Sent
from executor.drive.settling import Answer, question
from executor.engine.effects import Perform
from executor.errors import RunbookError
from executor.events import Ended, Key
from executor.hosts.dispatch import in_thread
from executor.hosts.protocol import Fence, Host, Job, JobEnd, Sink, Stream
from executor.hosts.requests import INLINE
from executor.journal.folders import RunFolder
from executor.locks.fenced import start_fenced
from executor.model.actions import Reboot, Script, Shell
from executor.model.outcomes import Result, Status
from executor.model.sizes import size_words
from executor.secrets import NO_SECRETS, NOTHING_TO_HIDE, Vault


class RunLock(Protocol):
    """The lock of the run on its hosts."""

    def fence(self, host: str) -> Fence | None: ...

    def broken(self, host: str, why: str) -> None:
        """A host says that it holds no more. Called from any thread."""


class Work:
    """Starts jobs and reports how they ended. `host` gives the connection of a name."""

    def __init__(
        self,
        host: Callable[[str], Host],
        inbox: Inbox,
        folder: RunFolder,
        root: Path,
        *,
        diff: bool = False,
        vault: Vault = NO_SECRETS,
        lock: RunLock | None = None,
        sent: Sent | None = None,
        only_asks: Callable[[Perform], bool] = lambda _perform: False,
        clock: Clock = time.monotonic,
    ) -> None:
        """`diff`: file actions say what they change. `lock`: under which jobs are sent. `sent`: what files must be.

        `only_asks` says of which work nothing is begun: where it has run it is followed to its end, with all that it
        prints; where it has not it never will.
        """
        self._host = host
        self._inbox = inbox
        self._folder = folder
        self._root = root
        self._diff = diff
        self._vault = vault
        self._lock = lock
        self._sent = sent
        self._only_asks = only_asks
        self._clock = clock
        self._running: dict[Key, Callable[[], None]] = {}  # how each is ended

    def start(self, perform: Perform) -> None:
        """Begin; returns at once. Ended comes to the inbox, also where nothing could be begun."""
        key = perform.key
        if perform.settles is not None:
            self._running[key] = partial(self._host(perform.on).end, job_id(perform.settles))
            self._host(perform.on).start(question(perform, job_id(perform.settles)), Answer(key, self._ended))
            return
        perform = replace(perform, diff=self._diff and not perform.settings.no_log)
        try:
            asks = self._only_asks(perform)
            opened = perform if asks else self._opened(perform)
            job = question(perform, job_id(key)) if asks else self._job(opened, sealed=opened is not perform)
            receiver = actions.receiver(opened, root=self._root)
        except actions.CannotStart as error:
            # What an earlier program may have started cannot be said to have been refused.
            status = Status.UNKNOWN if perform.again else Status.REFUSED
            self._inbox.put(Ended(key, Result(status, detail=str(error))))
            return
        host = self._host(perform.on)
        start = self._starter(host, perform.on)
        if isinstance(opened.action, Reboot) and not asks:
            self._restart(opened, opened.action, replace(job, again=perform.again), start)
            return
        self._running[key] = lambda: host.end(job_id(key))
        capture = Capture(
            key,
            None if actions.speaks_to_us(perform) or perform.settings.no_log else self._folder.output(key),
            self._inbox,
            keep=receiver is None and actions.keeps_output(perform),
            # What is said to us is no text for people: its result is looked at instead.
            redactor=NOTHING_TO_HIDE if actions.speaks_to_us(perform) else self._vault.redactor,
            whisper=actions.whisper(perform),
        )
        sink = _Sink(opened, capture, receiver, self._ended, self._root)
        start(replace(job, again=perform.again), sink)

    def _starter(self, host: Host, name: str) -> Callable[[Job, Sink], None]:
        """How jobs are sent to a host: under the run's lock, where it has one there."""
        fence = self._lock.fence(name) if self._lock is not None else None
        if self._lock is None or fence is None:
            return host.start
        broken = partial(self._lock.broken, name)
        return lambda job, sink: start_fenced(host, job, sink, fence, broken)

    def _restart(self, perform: Perform, action: Reboot, order: Job, start: Callable[[Job, Sink], None]) -> None:
        """In a thread of its own: there is hardly more to do than to wait."""
        key = perform.key
        restart = Restart(start, order, float(action.within), self._clock)  # type: ignore[arg-type]  # filled
        host = self._host(perform.on)

        def stop() -> None:
            restart.stop()
            host.end(order.id)

        self._running[key] = stop
        in_thread(lambda: self._ended(key, restart.run()))

    def _opened(self, perform: Perform) -> Perform:
        """The same with its secrets. Raises CannotStart."""
        try:
            return self._vault.open(perform)
        except RunbookError as error:
            problem = error.problems[0]
            raise actions.CannotStart(f"{problem.message} ({problem.place})") from None

    def _job(self, perform: Perform, *, sealed: bool) -> Job:
        """What the host is asked to do; `sealed`: there are secrets in it. Raises CannotStart."""
        if self._sent is not None:
            self._sent.check(perform)
        job = actions.job(perform, run=self._folder.run, job_id=job_id(perform.key), root=self._root)
        if sealed and isinstance(job.stdin, bytes) and len(job.stdin) > INLINE:
            # It would have to lie in a file of ours on the host until it is read.
            raise actions.CannotStart(f"with a secret in it, an input or content can have {INLINE // 1024} KiB at most")
        if isinstance(perform.action, Shell | Script):
            # A `runbook` that a step calls works within this run, and does not meet its lock.
            job = replace(job, environment={"RUNBOOK_RUN": self._folder.run, **job.environment})
        return job

    def end(self, key: Key) -> None:
        """End a running job; its Ended still comes."""
        if (stop := self._running.get(key)) is not None:
            stop()

    def _ended(self, key: Key, result: Result) -> None:
        self._running.pop(key, None)
        self._inbox.put(Ended(key, result))


def _cut(perform: Perform) -> str:
    limit = size_words(output_limit(perform.settings))
    return f"output_limit: what it printed beyond {limit} of a stream was not kept"


def _hidden(result: Result) -> Result:
    """A result whose output is for the step's own conditions alone."""
    said = "(no_log: not shown)" if result.status is Status.FAILED else result.detail
    return replace(result, tail=(), detail=said, hidden=True)


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
        self._capture.close(_cut(self._perform) if end.cut else "")
        result = self._result(end)
        self._ended(self._perform.key, _hidden(result) if self._perform.settings.no_log else result)

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
