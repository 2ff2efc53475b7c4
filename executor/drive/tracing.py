"""Asking a run's hosts which of its jobs they know of, for a journal that cannot tell all of them."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from executor.hosts.protocol import Host, Job
from executor.mirror import records
from executor.mirror.jobs import Asked
from executor.mirror.records import Standing
from executor.model.plans import Plan
from executor.model.steps import Task

_PATIENCE = 30.0  # seconds in which a host must have told


@dataclass(frozen=True, slots=True)
class Found:
    """What each host knows of, and which of them could not tell all, with the reason."""

    known: Mapping[str, Mapping[str, Standing]]
    silent: Mapping[str, str]


def ask(plan: Plan, run: str, hosts: Iterable[str], host: Callable[[str], Host]) -> Found:
    """Ask these hosts, side by side (blocking). What steps did as another user is told by that user."""
    users = _users(plan)
    asked = {
        (name, user): Asked(host(name), _job(run, name, user))
        for name in hosts
        for user in (None, *sorted(users.get(name, ())))
    }
    known: dict[str, dict[str, Standing]] = {}
    silent: dict[str, str] = {}
    for (name, user), one in asked.items():
        said = one.wait(_PATIENCE)
        found = records.read(said.text)
        if found is None:
            as_whom = f"as {user}: " if user is not None else ""
            silent.setdefault(name, f"{as_whom}{said.end.detail or said.end.how}")
        else:
            known.setdefault(name, {}).update(found)
    return Found(known, silent)


def _job(run: str, host: str, user: str | None) -> Job:
    job = Job(f"trace-{secrets.token_hex(4)}", records.script(run, host), "/bin/sh", timeout=_PATIENCE, read_only=True)
    return job if user is None else replace(job, become=True, become_user=user)


def _users(plan: Plan) -> Mapping[str, set[str]]:
    """Which other users than the login's do something on each host, as far as the plan can tell."""
    found: dict[str, set[str]] = {}
    for stage in plan.stages:
        for step in (*stage.drain, *stage.steps, *stage.restore, *stage.always):
            for host, task in step.tasks.items():
                for on, user in _becoming(task, host):
                    found.setdefault(on, set()).add(user)
    return found


def _becoming(task: Task, host: str) -> Iterator[tuple[str, str]]:
    for item in task.items:
        settings = item.body.settings
        if settings.become is True:
            on = settings.delegate_to if isinstance(settings.delegate_to, str) else host
            yield on, settings.become_user if isinstance(settings.become_user, str) else "root"
        for handler in item.rollback or ():
            yield from _becoming(handler, host)
