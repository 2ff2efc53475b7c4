"""What must hold of the way back, as the journal tells it."""

from __future__ import annotations

from collections.abc import Sequence

from executor.events import (
    Aborted,
    Armed,
    Ended,
    Event,
    HostLost,
    Judged,
    Key,
    Lapsed,
    RollbackStarted,
    Started,
    StepEnded,
    Undone,
)
from executor.model.outcomes import Opinion, Result, Status
from executor.model.plans import Plan
from tests.simulation.lives import Disk
from tests.simulation.plans import Slot, undoes


def undone_out_of_traffic(plan: Plan, journal: Sequence[Event]) -> None:
    """What a host did in a stage with a `drain` is undone when its traffic was drained, and not yet restored."""
    stages = {stage.id: stage for stage in plan.stages if stage.drain}
    drains = {step.id for stage in stages.values() for step in stage.drain}
    restores = {step.id for stage in stages.values() for step in stage.restore}
    once = {step.id for stage in stages.values() for step in stage.steps if step.once is not None}
    out: set[tuple[str, str]] = set()
    for event in journal:
        match event:
            case StepEnded(host, task, status=status) if task in drains and status != "failed":
                out.add((host, task.split(".")[0]))
            case Started(key) if key.task in restores:  # from then on traffic may be back
                out.discard((key.host, key.task.split(".")[0]))
            case Started(key) if key.direction == "back" and undoes(key) and key.task.split(".u")[0] not in once:
                stage = stages.get(key.task.split(".")[0])
                drained = stage is not None and any(key.host in step.tasks for step in stage.drain)
                assert not drained or (key.host, key.task.split(".")[0]) in out, f"{key} while there is traffic"
            case _:
                pass


def last_first(journal: Sequence[Event]) -> None:
    """On each host what was armed last is undone first, in however many rollbacks and lives."""
    order: dict[Slot, int] = {}
    lowest: dict[str, int] = {}
    begun: set[Slot] = set()
    for place, event in enumerate(journal):
        match event:
            case Started(_, armed=Armed(host, task, item, run_wide=False)):
                order[host, task, item] = place
                lowest.pop(host, None)
            case Started(key) if key.direction == "back" and undoes(key):
                slot = key.host, key.task.split(".u")[0], key.of
                if slot in order and slot not in begun:
                    assert order[slot] < lowest.get(key.host, place), f"{key} begins after what came before it"
                    lowest[key.host] = order[slot]
                    begun.add(slot)
            case _:
                pass


def undone_while_it_can_be(plan: Plan, disk: Disk) -> None:
    """A step lapses when a rollback begins after its `valid_for`, by the true time, and not before that."""
    lasting = {step.id: step for stage in plan.stages for step in stage.steps}
    began: dict[Key, float] = {}
    ended: dict[Slot, float] = {}
    back: dict[str, float] = {}  # when the rollback of a host began that is not over yet
    begun: set[Slot] = set()  # handlers: those go on, however late
    for stamp, event in zip(disk.stamps, disk.safe, strict=True):
        now = stamp.mono
        match event:
            case RollbackStarted(_, reason, hosts) if reason.startswith("back again"):
                back |= dict.fromkeys(hosts, now)  # who was away is looked at once more
            case RollbackStarted(_, _, hosts, alone):
                back = dict.fromkeys((*hosts, alone), now) | back
            case Aborted():
                back.clear()
            case Lapsed(host, task, item, valid_for=valid_for):
                assert ended[host, task, item] + valid_for < now, f"{task} has lapsed on {host} before its time"
            case Started(key) if key.direction == "forward":
                began[key] = now
                back.pop(key.host, None)
            case Ended(key, result) if key in began and key.part == "action":
                ended[key.host, key.task, key.item] = min(now, began[key] + result.duration)
            case Started(key) if key.part == "action" and ".u" in key.task:
                slot = key.host, key.task.split(".u")[0], key.of
                if slot in begun:
                    continue
                begun.add(slot)
                valid = lasting[slot[1]].tasks[key.host].items[key.of].valid_for
                late = isinstance(valid, float) and slot in ended and ended[slot] + valid < back.get(key.host, 0.0)
                assert not late, f"{key} begins, though its time was over at {ended[slot]} + {valid}"
            case _:
                pass


def incomplete_has_a_reason(journal: Sequence[Event]) -> None:
    """A rollback is incomplete only where something on the way back has failed, or somebody could not be reached."""
    for event in journal:
        match event:
            case HostLost() | Ended(result=Result(status=Status.UNREACHABLE)):
                return
            case Undone(outcome="failed") | StepEnded(direction="back", status="failed"):
                return
            case Judged(key) if key.direction == "back" and event.verdict.opinion is not Opinion.PASSED:
                return
            case _:
                pass
    raise AssertionError("the rollback is incomplete, and nothing has gone wrong in it")
