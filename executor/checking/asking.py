"""Putting questions to hosts: as jobs without a record, which leave nothing behind, and the answers without secrets."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import TypeVar

from executor import actions
from executor.checking.rounds import Answer, Looking, Question
from executor.drive.work import job_id
from executor.engine.effects import Perform, Sample
from executor.errors import RunbookError
from executor.hosts.crew import Crew
from executor.hosts.protocol import Host, Job, JobEnd, Stream
from executor.model.actions import Script, Shell
from executor.model.inventories import HostSpec
from executor.model.outcomes import Opinion, Result, Status
from executor.model.outcomes import Verdict as Sampled
from executor.probes.ask import Asking, ask
from executor.secrets import NO_SECRETS, Vault
from executor.secrets.answers import verdict_without

T = TypeVar("T")

LONGEST = 120.0  # seconds that a question may take which says no other time
ENOUGH = 1_000_000  # bytes of each stream
PROBERS = 32  # samples that are taken at once


class Desk:
    """Has questions answered by the hosts. Blocks; belongs to one thread. `lost` are hosts that cannot be asked."""

    def __init__(
        self,
        host: Callable[[str], Host],
        specs: Mapping[str, HostSpec],
        root: Path,
        *,
        vault: Vault = NO_SECRETS,
        lost: Mapping[str, str] | None = None,
        forks: int = 0,
    ) -> None:
        """`forks`: how many hosts are asked at once, at most; 0: all of them."""
        self._host = host
        self._specs = specs
        self._root = root
        self._vault = vault
        self._lost = lost or {}
        self._forks = forks
        self._probers = Crew(PROBERS, "check")

    def ask_all(self, lookings: Mapping[str, Looking[T]]) -> dict[str, T]:
        """Lead each looking to its end, those of different hosts side by side."""
        found: dict[str, T] = {}
        answers: SimpleQueue[tuple[str, Answer]] = SimpleQueue()
        waiting = deque(lookings)
        open_ = 0

        def go_on(host: str, answer: Answer) -> bool:
            try:
                question = lookings[host].send(answer)
            except StopIteration as end:
                found[host] = end.value
                return False
            self._put(question, lambda came: answers.put((host, came)))
            return True

        while waiting or open_:
            while waiting and (not self._forks or open_ < self._forks):
                open_ += go_on(waiting.popleft(), None)
            if open_:
                open_ -= not go_on(*answers.get())
        return {host: found[host] for host in lookings}

    def close(self) -> None:
        self._probers.shutdown(wait=False, cancel_futures=True)

    # --- one question -----------------------------------------------------------------------------------------------

    def _put(self, question: Question, told: Callable[[Answer], None]) -> None:
        """Begin; `told` hears the answer, from any thread, once."""
        if question.on in self._lost:
            told(Result(Status.UNREACHABLE, detail=f"{question.on} cannot be reached"))
        elif isinstance(question, Sample):
            self._probers.submit(partial(self._sample, question, told))
        else:
            self._perform(question, told)

    def _perform(self, perform: Perform, told: Callable[[Answer], None]) -> None:
        try:
            opened = self._vault.open(perform)
            job = self._job(opened)
            receiver = actions.receiver(opened, root=self._root)
        except actions.CannotStart as error:
            told(Result(Status.FAILED, detail=str(error)))
            return
        except RunbookError as error:
            told(Result(Status.FAILED, detail=error.problems[0].message))
            return
        self._host(perform.on).start(job, _Answered(opened, receiver, self._vault, self._root, told))

    def _job(self, perform: Perform) -> Job:
        job = actions.job(perform, run="check", job_id=job_id(perform.key), root=self._root)
        return replace(job, read_only=True, durable=False, timeout=job.timeout or LONGEST)

    def _sample(self, sample: Sample, told: Callable[[Answer], None]) -> None:
        try:
            probe, settings = self._vault.open((sample.probe, sample.settings))
            address = "localhost" if sample.on == sample.about else self._specs[sample.about].address
            redactor = self._vault.redactor
            asking = Asking(self._host(sample.on), address, settings, clean=redactor.data if redactor else None)
            answer = ask(probe, asking, job_id=job_id(sample.key)).verdict
        except Exception as error:  # noqa: BLE001 - a fault of ours must neither pass for an answer nor hang the check
            answer = Sampled(Opinion.INCONCLUSIVE, f"it could not be asked: {error!r}")
        told(verdict_without(answer, self._vault.redactor))


class _Answered:
    """The sink of one question: bounded, and rid of secrets before anybody looks at it."""

    def __init__(
        self,
        perform: Perform,
        receiver: actions.Receiver | None,
        vault: Vault,
        root: Path,
        told: Callable[[Answer], None],
    ) -> None:
        self._perform = perform
        self._receiver = receiver
        self._vault = vault
        self._root = root
        self._told = told
        self._kept: dict[Stream, bytearray] = {"stdout": bytearray(), "stderr": bytearray()}
        self._truncated = False

    def output(self, stream: Stream, data: bytes) -> None:
        if self._receiver is not None:
            self._receiver.output(stream, data)
            return
        kept = self._kept[stream]
        room = ENOUGH - len(kept)
        kept += data[:room]
        self._truncated = self._truncated or len(data) > room

    def ended(self, end: JobEnd) -> None:
        self._told(self._without_secrets(self._result(end)))

    def _result(self, end: JobEnd) -> Result:
        if self._receiver is not None:
            return self._receiver.result(end)
        stdout, stderr = bytes(self._kept["stdout"]), bytes(self._kept["stderr"])
        redactor = self._vault.redactor
        if redactor and isinstance(self._perform.action, Shell | Script):
            stdout, stderr = redactor.data(stdout), redactor.data(stderr)
        truncated = self._truncated
        return actions.result(self._perform, end, stdout, stderr, root=self._root, truncated=truncated)

    def _without_secrets(self, result: Result) -> Result:
        clean = self._vault.redactor.text
        hidden = bool(self._perform.settings.no_log)
        return replace(
            result,
            detail=clean(result.detail),
            diff=clean(result.diff),
            tail=() if hidden else result.tail,
            hidden=hidden,
        )
