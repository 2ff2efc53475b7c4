"""Read-only commands on a host, and what came of them."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from executor.hosts.protocol import Host, Job, JobEnd, Stream
from executor.model.secrets import Secret
from executor.model.steps import Settings
from executor.probes.answers import Silence, Unasked
from executor.probes.leaves import handed, optional
from executor.probes.shell import Ran
from executor.probes.words import duration

OUTPUT_LIMIT = 1_100_000  # bytes of each stream: a body of 1 MB with its headers
LATENESS = 15.0  # seconds beyond a job's own timeout, after which its host is no longer waited for

SHELL = "/bin/sh"


def look(
    job_id: str,
    script: str,
    settings: Settings,
    limit: float,
    *,
    executable: str = SHELL,
    secrets: Mapping[str, Secret] | None = None,
) -> Job:
    """A job that changes nothing and ends within `limit` seconds. `secrets` are what its script reads of them."""
    return Job(
        id=job_id,
        script=script,
        executable=executable,
        environment={name: handed(value) for name, value in {**settings.environment, **(secrets or {})}.items()},
        chdir=optional(settings.chdir),
        timeout=limit,
        become=settings.become is True,
        become_user=optional(settings.become_user) or "root",
        read_only=True,
    )


def run(host: Host, job: Job) -> Ran | Silence | Unasked:
    """Runs a job to its end (blocking)."""
    limit = job.timeout or 0.0
    sink = _Collector()
    host.start(job, sink)
    if not sink.done.wait(limit + LATENESS):
        host.end(job.id)
        return Unasked(f"{host.name} does not answer")
    end = sink.end
    if end.how == "timed out":
        return Silence(f"no answer within {duration(limit)}")
    if end.how != "exited" or end.rc is None:
        return Unasked(f"{host.name}: {end.detail or end.how}")
    return Ran(end.rc, bytes(sink.kept["stdout"]), bytes(sink.kept["stderr"]))


class _Collector:
    """A sink that keeps the beginning of each stream."""

    def __init__(self) -> None:
        self.kept: dict[Stream, bytearray] = {"stdout": bytearray(), "stderr": bytearray()}
        self.end = JobEnd("unknown")
        self.done = threading.Event()

    def output(self, stream: Stream, data: bytes) -> None:
        kept = self.kept[stream]
        kept += data[: OUTPUT_LIMIT - len(kept)]

    def ended(self, end: JobEnd) -> None:
        self.end = end
        self.done.set()
