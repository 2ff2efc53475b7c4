"""What must hold of a run in several lives: of its journal, and of what really happened on the hosts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

from executor.errors import Exit
from executor.events import (
    Aborted,
    Answered,
    BatchStarted,
    Closing,
    Ended,
    Event,
    HostFailed,
    HostPassed,
    HostRolledBack,
    ItemEnded,
    Judged,
    Key,
    Locked,
    LockLost,
    Resumed,
    RunEnded,
    StageStarted,
    Started,
    StepEnded,
    Undone,
    Unlocking,
)
from executor.model.actions import SELF_UNDOING, Shell
from executor.model.amounts import allowed_failures
from executor.model.outcomes import Opinion, Status
from executor.model.plans import Plan
from executor.model.steps import Item
from tests.engine import monitor
from tests.simulation.lives import Disk
from tests.simulation.network import Network
from tests.simulation.on_hosts import (
    no_handler_runs_again,
    nothing_is_forgotten,
    nothing_runs_after_its_undoing,
    one_after_the_other,
    what_is_said_undone_is,
)
from tests.simulation.plans import Slot, item_of, items_of
from tests.simulation.way_back import (
    incomplete_has_a_reason,
    last_first,
    undone_out_of_traffic,
    undone_while_it_can_be,
)

_WELL = ("ok", "changed")


def check(plan: Plan, disk: Disk, network: Network) -> None:
    """Every promise at once. Raises AssertionError."""
    journal = disk.safe
    no_completed_step_begins_again(journal)
    armed_when_it_starts(plan, journal)
    unknown_is_no_success(plan, journal)
    a_host_passes_whole(plan, journal)
    batches_wait(plan, journal)
    as_many_may_fail_as_said(plan, journal)
    undone_out_of_traffic(plan, journal)
    undone_while_it_can_be(plan, disk)
    nothing_is_skipped_unasked(journal)
    last_first(journal)
    monitor.check_always(plan, journal)
    nothing_runs_after_its_undoing(network)
    one_after_the_other(journal, network)
    under_its_lock(plan, journal)
    no_handler_runs_again(plan, network)
    end = journal[-1]
    assert isinstance(end, RunEnded), "the run has no end"
    if end.exit in (Exit.DONE, Exit.PARTIAL) and not _undone_as_asked(journal):
        nothing_is_forgotten(plan, journal, network)
    if end.exit is Exit.INCOMPLETE:
        incomplete_has_a_reason(journal)
    if end.exit in (Exit.ROLLED_BACK, Exit.DONE):
        what_is_said_undone_is(plan, journal, network)
    if _in_one_go(journal):
        monitor.the_exit_code_tells_the_truth(journal)


def _in_one_go(journal: Sequence[Event]) -> bool:
    """Nobody has stopped it to go on later, nor asked for it to be undone: deaths are all that lies in between."""
    stopped = any(isinstance(event, Aborted) and event.then == "stop" for event in journal)
    carried_on = stopped and any(isinstance(event, Resumed) for event in journal)
    return not (carried_on or _asked_back(journal) or any(isinstance(event, RunEnded) for event in journal[:-1]))


def _asked_back(journal: Sequence[Event]) -> bool:
    return any(isinstance(event, Resumed) and event.undo for event in journal)


def _undone_as_asked(journal: Sequence[Event]) -> bool:
    return _asked_back(journal)


# --- on the way there -------------------------------------------------------------------------------------------------


def no_completed_step_begins_again(journal: Sequence[Event]) -> None:
    """A step, or round of one, that has ended well on a host is not begun there again, nor is a command that ended."""
    over: set[Slot] = set()
    ended: set[Key] = set()
    for event in journal:
        match event:
            case Closing():
                over = {one for one in over if not one[1].startswith("a.")}  # each end has its closing steps
            case Started(key) if key.direction == "forward" and key.part == "action":
                assert (key.host, key.task, key.item) not in over, f"{key} although it was completed"
                assert key not in ended, f"{key} had ended"
            case ItemEnded(host, task, item, status=status, direction="forward") if status in _WELL:
                over.add((host, task, item))
            case StepEnded(host, task, status=status, direction="forward") if status in _WELL:
                over.add((host, task, 0))
            case Ended(key, result) if result.status is not Status.UNREACHABLE:
                ended.add(key)
            case _:
                pass


def armed_when_it_starts(plan: Plan, journal: Sequence[Event]) -> None:
    """Whatever may have to be undone, or told as not undone, is armed by the event that starts it first."""
    arming = {step.id: step for stage in plan.stages for step in stage.steps}
    armed: set[Slot] = set()
    for event in journal:
        match event:
            case ItemEnded(host, task, number, disarmed=True):
                armed.discard((host, task, number))
            case StepEnded(host, task, disarmed=disarmed):
                armed -= {(host, task, number) for number in disarmed}
            case _:
                pass
        if not isinstance(event, Started) or event.key.direction == "back" or event.key.part != "action":
            continue
        key = event.key
        if key.task not in arming or not _changes(item := item_of(arming[key.task], key)):
            continue
        slot = key.host, key.task, key.item
        if event.armed is not None:
            assert slot not in armed, f"{slot} is armed twice"
            assert (event.armed.kind == "handler") == bool(item.rollback), f"{slot}: {event.armed.kind}"
            armed.add(slot)
        assert slot in armed, f"{key} begins, and nothing is armed"


def _changes(item: Item) -> bool:
    return isinstance(item.body.action, (Shell, *SELF_UNDOING)) and not item.body.read_only


def unknown_is_no_success(plan: Plan, journal: Sequence[Event]) -> None:
    """Of what nobody can tell, nobody says by themselves that it went well, nor do they try it again."""
    alone: set[Slot] = set()  # in doubt, with nothing to decide it
    plain = {s.id: s for stage in plan.stages for s in stage.steps if any(map(_cannot_tell, items_of(s)))}
    for event in journal:
        match event:
            case Ended(key, result) if key.part == "action" and key.direction == "forward" and key.task in plain:
                alone.discard((key.host, key.task, key.item))
                if result.status is Status.UNKNOWN:
                    alone.add((key.host, key.task, key.item))
            case Started(key) if key.direction == "forward":
                assert (key.host, key.task, key.item) not in alone, f"{key} is tried again, and nobody said so"
            case StepEnded(host, task, status=status, direction="forward") if (host, task, 0) in alone:
                assert status in ("failed", "ignored"), f"{task} on {host} counts as {status}"
                alone.discard((host, task, 0))
            case Answered(key):  # a person has decided
                alone = {one for one in alone if one[0] != key.host}
            case Resumed():  # where the run was stopped, the host is asked once more
                alone.clear()
            case _:
                pass


def _cannot_tell(item: Item) -> bool:
    body = item.body
    decided = body.verify is not None or body.unless is not None or body.read_only
    return isinstance(body.action, Shell) and not decided


def a_host_passes_whole(plan: Plan, journal: Sequence[Event]) -> None:
    """A host has passed a stage when every step of it has ended well there, and every probe of its gate has passed."""
    stages = {stage.id: stage for stage in plan.stages}
    ended: set[tuple[str, str]] = set()
    healthy: dict[tuple[str, str], set[int]] = defaultdict(set)
    for event in journal:
        match event:
            case StepEnded(host, task, status=status, direction="forward") if status != "failed":
                ended.add((host, task))
            case Judged(key, verdict) if key.part == "health" and verdict.opinion is Opinion.PASSED:
                healthy[key.host, key.task].add(key.sub)
            case Started(key) if key.part == "action":
                healthy[key.host, key.task.split(".")[0]].clear()
            case HostPassed(host, stage):
                planned = stages[stage]
                for step in (*planned.drain, *planned.steps):
                    assert host not in step.tasks or (host, step.id) in ended, f"{host} has not done {step.id}"
                if not planned.restore and not planned.always:
                    wanted = set(range(1, len(planned.health.get(host, ())) + 1))
                    assert healthy[host, stage] >= wanted, f"{host} has not passed the gate of {stage}"
            case _:
                pass


def batches_wait(plan: Plan, journal: Sequence[Event]) -> None:
    """A batch begins when every host of the one before has passed, or has failed and dealt with what it armed."""
    windows = {stage.id for stage in plan.stages if stage.max_unavailable is not None}
    open_: set[str] = set()
    for event in journal:
        match event:
            case StageStarted():
                open_.clear()
            case BatchStarted(stage, _, hosts, "forward") if stage not in windows:
                assert not open_, f"the next batch begins while {sorted(open_)} are at work"
                open_ = set(hosts)
            case HostPassed(host) | HostRolledBack(host):
                open_.discard(host)
            case _:
                pass


def as_many_may_fail_as_said(plan: Plan, journal: Sequence[Event]) -> None:
    """Nothing goes on when more hosts have failed than may, and no stage is given up for fewer."""
    stages = {stage.id: stage for stage in plan.stages}
    failed = limit = 0
    for event in journal:
        match event:
            case StageStarted(stage, _, hosts):
                failed, limit = 0, allowed_failures(stages[stage].max_failures, len(hosts))
            case HostFailed(counts=True):
                failed += 1
            case Answered(choice="skip"):
                limit += 1
            case BatchStarted(direction="forward"):
                assert failed <= limit, f"{failed} hosts have failed, and {limit} may"
            case Aborted(reason=reason) if "hosts have failed" in reason:
                assert failed > limit, f"given up after {failed} failures, and {limit} may"
            case Resumed():
                return  # who failed before a stop may have been given another chance
            case _:
                pass


def nothing_is_skipped_unasked(journal: Sequence[Event]) -> None:
    """These plans have no conditions, so none can be why a step is skipped."""
    for event in journal:
        if isinstance(event, StepEnded) and event.status == "skipped":
            assert not event.reason.startswith("its condition"), f"{event.task} on {event.host}: {event.reason}"


def under_its_lock(plan: Plan, journal: Sequence[Event]) -> None:
    """Nothing begins on a host that the run has not locked, nor anything at all once a lock was broken; a run that can
    be carried on keeps it, one that is over has let it go."""
    held: set[str] = set()
    broken = let_go = False
    for event, following in pairwise((*journal, None)) if plan.lock else ():
        match event:
            case Started(key) if isinstance(following, Ended | Judged) and following.key == key:
                pass  # the engine said itself what came of it
            case Resumed():
                held, broken, let_go = set(), False, False
            case Locked(_, fences):
                held |= set(fences)
            case LockLost():
                broken = True
            case Unlocking():
                let_go = True
            case Started(key, on=on):
                where = on or key.host
                assert where in held or plan.hosts[where].local, f"{key} begins, and {where} is not locked"
                assert not broken, f"{key} begins, and the lock is broken"
            case Undone(host, task):
                assert not broken, f"{task} on {host} is dealt with, and the lock is broken"
            case RunEnded(resumable=True):
                assert not let_go, "the run can be carried on, and has let its lock go"
            case RunEnded(exit=code) if code is not Exit.REFUSED:
                assert let_go or not held, "the run is over, and keeps its lock"
            case _:
                pass
