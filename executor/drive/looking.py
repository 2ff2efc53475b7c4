"""Asking hosts, without a trace there, whether a rollback would find what its run has left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from executor import actions
from executor.drive.work import job_id
from executor.engine.looking import Look
from executor.hosts.pool import Hosts
from executor.hosts.protocol import Job
from executor.locks import orders
from executor.locks.asking import ask_all
from executor.locks.words import Failed, Last
from executor.model.outcomes import Status
from executor.secrets import Vault

PATIENCE = 60.0  # seconds that all answers together may take
_LONGEST = 30.0  # seconds that a host may take for one


@dataclass(frozen=True, slots=True)
class Changed:
    """Something that is not as the run left it, in words."""

    host: str
    step: str
    what: str


def changed(looks: Sequence[Look], hosts: Hosts, *, run: str, root: Path, vault: Vault) -> Iterator[Changed]:
    """What the hosts say has changed. Who gives no answer is left out: its rollback will see for itself."""
    opened = {job_id(look.perform.key): replace(look, perform=vault.open(look.perform)) for look in looks}
    jobs = {name: _job(name, look, run, root) for name, look in opened.items()}
    for name, end, stdout in ask_all(lambda name: hosts.host(opened[name].perform.on), jobs, PATIENCE):
        look = opened[name]
        result = actions.result(look.perform, end, stdout, b"", root=root)
        if result.status is Status.FAILED and end.how == "exited" and not end.rc:
            yield Changed(look.perform.key.host, look.step, vault.redactor.text(result.detail))


def _job(name: str, look: Look, run: str, root: Path) -> Job:
    job = actions.job(look.perform, run=run, job_id=name, root=root)
    return replace(job, read_only=True, timeout=_LONGEST)


def known_there(lock: str, names: Sequence[str], hosts: Hosts) -> Mapping[str, Last]:
    """What these hosts know of the lock and of runs, as far as they answer."""
    jobs = {name: orders.last(lock, f"lock-last-at-{name}") for name in names}
    answers = {name: orders.had_last(end, stdout) for name, end, stdout in ask_all(hosts.host, jobs, PATIENCE)}
    return {name: found for name, found in answers.items() if not isinstance(found, Failed)}
