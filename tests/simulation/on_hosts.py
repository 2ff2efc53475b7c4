"""What must hold of what really happened on the hosts."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from executor.events import (
    Event,
    HostFailed,
    Irreversible,
    Key,
    Lapsed,
    RollbackStarted,
    StageSkipped,
    Started,
    StepEnded,
    Undone,
)
from executor.model.outcomes import Status
from executor.model.plans import Plan
from tests.simulation.network import NEVER, Network
from tests.simulation.plans import Slot, item_of, items_of, undoes


def one_after_the_other(journal: Sequence[Event], network: Network) -> None:
    """What was begun on a host before something else has run there before it, or never will: no start is late."""
    order: dict[tuple[str, str], dict[Key, None]] = {}
    for event in journal:
        if isinstance(event, Started) and event.key in network.jobs and event.key.part not in ("only_if", "unless"):
            order.setdefault((event.key.host, network.jobs[event.key].on), {})[event.key] = None
    for keys in order.values():
        ran = [job for job in map(network.jobs.__getitem__, keys) if job.begins < NEVER]
        for earlier, later in pairwise(ran):
            assert earlier.ends <= later.begins, (
                f"{earlier.key} goes on from {earlier.begins} to {earlier.ends}, {later.key} begins at {later.begins}"
            )


def no_handler_runs_again(plan: Plan, network: Network) -> None:
    """A handler whose last command has gone well on its host, with nothing to verify, is not begun there again."""
    items = [
        item for stage in plan.stages for step in stage.steps for item in items_of(step) if item.body.apply is None
    ]
    last = {item.rollback[-1].id for item in items if item.rollback and not item.rollback[-1].items[0].body.verify}
    passed: set[Slot] = set()
    for job in sorted(network.jobs.values(), key=lambda job: job.begins):
        slot = job.key.host, job.key.task.split(".u")[0], job.key.of
        if ".u" in job.key.task and job.begins < NEVER:
            assert slot not in passed, f"{job.key} begins, although the handler had passed"
            if job.key.task in last and job.told.status is Status.OK and job.told.rc == 0:
                passed.add(slot)


def nothing_runs_after_its_undoing(network: Network) -> None:
    """No start of a step, however late it arrives, makes it run when its handler has begun."""
    begun: dict[tuple[str, str], float] = {}
    for job in network.jobs.values():
        if job.key.direction == "back" and undoes(job.key) and job.begins < NEVER:
            at = job.key.host, job.key.task.split(".u")[0]
            begun[at] = min(job.begins, begun.get(at, NEVER))
    for job in network.jobs.values():
        if job.key.direction == "forward" and job.key.part == "action" and job.begins < NEVER:
            undone = begun.get((job.key.host, job.key.task), NEVER)
            assert job.begins <= undone, f"{job.key} began at {job.begins}, its undoing at {undone}"


def nothing_is_forgotten(plan: Plan, journal: Sequence[Event], network: Network) -> None:
    """Where a run is done, each step is done on each host that was not left out, and what was done has really run."""
    skipped = {event.stage for event in journal if isinstance(event, StageSkipped)}
    out = {event.host for event in journal if isinstance(event, HostFailed)}
    ended = {
        (event.host, event.task): event.status
        for event in journal
        if isinstance(event, StepEnded) and event.direction == "forward"
    }
    for stage in plan.stages:
        for step in stage.steps if stage.id not in skipped else ():
            for host in step.tasks if step.once is None else ():
                if host in stage.hosts and host not in out:
                    assert ended.get((host, step.id), "failed") != "failed", f"{step.id} is not done on {host}"
    ran = {(job.key.host, job.key.task) for job in network.jobs.values() if job.begins < NEVER or job.forgotten}
    for (host, task), status in ended.items():
        if status == "changed":
            assert (host, task) in ran, f"{task} counts as done on {host}, and has never run"


def what_is_said_undone_is(plan: Plan, journal: Sequence[Event], network: Network) -> None:
    """Where everything is said to be undone, each handler of what has really run has really run, too, and after it."""
    if any(isinstance(event, Irreversible | Lapsed) for event in journal) or not _whole_run(journal):
        return
    handlers = {s.id: s for stage in plan.stages for s in stage.steps if any(item.rollback for item in items_of(s))}
    done = [j for j in network.jobs.values() if (j.key.direction, j.key.part) == ("forward", "action")]
    spared = {(e.host, e.task, e.item) for e in journal if isinstance(e, Undone) and e.outcome in ("passed", "skipped")}
    for job in (job for job in done if job.key.task in handlers):
        slot = job.key.host, job.key.task, job.key.item
        changed = job.begins < NEVER and job.told.changed is not False and job.told.status is not Status.UNKNOWN
        if changed and job.key in _journalled(journal):
            assert slot in spared, f"{job.key} has run, and is not undone"
            for handler in item_of(handlers[job.key.task], job.key).rollback or ():
                assert _ran_well(network, job.key, handler.id), f"{handler.id} has not run on {job.key.host}"


def _journalled(journal: Sequence[Event]) -> set[Key]:
    return {event.key for event in journal if isinstance(event, Started)}


def _ran_well(network: Network, key: Key, handler: str) -> bool:
    return any(
        job.key.host == key.host and job.key.task == handler and job.key.of == key.item and job.begins < NEVER
        for job in network.jobs.values()
    )


def _whole_run(journal: Sequence[Event]) -> bool:
    """There was one rollback of everything, and nothing else."""
    scopes = [(e.scope, e.host) for e in journal if isinstance(e, RollbackStarted)]
    return ("run", "") in scopes
