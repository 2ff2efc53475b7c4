"""What must hold in every run, checked from its events alone by deliberately simple means.

Nothing here knows how the engine decides: it only reads what happened, in the order in which it was written down.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from executor.events import (
    Aborted,
    Asked,
    BatchStarted,
    Closing,
    Ended,
    Event,
    HostFailed,
    HostPassed,
    HostRolledBack,
    Irreversible,
    ItemEnded,
    Judged,
    Key,
    Lapsed,
    LockLost,
    LockRefused,
    Resumed,
    Retrying,
    RollbackStarted,
    RunEnded,
    StageEnded,
    StageStarted,
    Started,
    StepEnded,
    TakenUp,
    Undone,
    WaitStarted,
)
from executor.model.amounts import cut, window
from executor.model.outcomes import Opinion
from executor.model.plans import Plan, PlannedStage, PlannedStep

Armed = tuple[str, str, int]  # host, step, item


def check(plan: Plan, journal: Sequence[Event]) -> None:
    """Every rule at once, for a run that has one life. Raises AssertionError."""
    check_always(plan, journal)
    the_exit_code_tells_the_truth(journal)


def check_always(plan: Plan, journal: Sequence[Event]) -> None:
    """What holds in however many lives. Raises AssertionError."""
    never_too_many_in_work(plan, journal)
    no_more_forks_than_allowed(plan, journal)
    steps_in_order(plan, journal)
    once_waits_for_the_batch(plan, journal)
    nothing_new_after_an_abort(journal)
    no_traffic_for_the_unhealthy(plan, journal)
    handlers_pass_once(journal)
    rollback_is_the_reverse(journal)
    the_run_comes_last(journal)


def never_too_many_in_work(plan: Plan, journal: Sequence[Event]) -> None:
    """No more hosts are on their way through a stage than its batches or its window allow, failed ones included."""
    stages = {stage.id: stage for stage in plan.stages}
    now: PlannedStage | None = None
    at_work: set[str] = set()
    allowed = 0
    for event in journal:
        match event:
            case StageStarted(stage, _, hosts, batches):
                now = stages[stage]
                at_work.clear()
                fit = [host for batch in batches for host in batch]
                if now.max_unavailable is not None:
                    allowed = window(now.max_unavailable, len(hosts))
                else:
                    allowed = max(map(len, cut(fit, now.serial)), default=1)
                    assert tuple(batches) == cut(fit, now.serial)
            case Started(key, armed=armed) if now is not None and key.direction == "forward":
                if key.task.startswith(f"{now.id}.") or armed is not None:
                    at_work.add(key.host)
                    assert len(at_work) <= allowed, f"{sorted(at_work)} at work, {allowed} may"
            case Started(key) if now is not None and key.direction == "back":
                at_work.add(key.host)
                assert len(at_work) <= allowed, f"{sorted(at_work)} at work, {allowed} may"
            case HostPassed(host) | HostRolledBack(host):
                at_work.discard(host)
            case HostFailed(host) if host not in at_work:
                pass
            case StageEnded() | Aborted():
                now = None
            case _:
                pass


def no_more_forks_than_allowed(plan: Plan, journal: Sequence[Event]) -> None:
    """Never more commands and probes at once than --forks says."""
    under_way: set[Key] = set()
    for event, following in pairwise(journal):
        match event:
            case Started(key) if isinstance(following, Ended | Judged) and following.key == key:
                pass  # the engine did it itself
            case TakenUp(keys):
                under_way &= set(keys)  # of the rest it is asked what became of it
            case Started(key):
                under_way.add(key)
                assert not plan.forks or len(under_way) <= plan.forks, f"{len(under_way)} at once"
            case Ended(key) | Judged(key):
                under_way.discard(key)
            case _:
                pass


def once_waits_for_the_batch(plan: Plan, journal: Sequence[Event]) -> None:
    """A step that runs once begins when every host of its batch that is still in has everything before it behind it."""
    before: dict[str, list[PlannedStep]] = {}
    for stage in plan.stages:
        for number, step in enumerate(stage.steps):
            if step.once is not None and stage.max_unavailable is None:
                before[step.id] = [*stage.drain, *stage.steps[:number]]
    batch: set[str] = set()
    ended: set[tuple[str, str]] = set()
    for event in journal:
        match event:
            case BatchStarted(_, _, hosts, "forward"):
                batch = set(hosts)
            case HostFailed(host):
                batch.discard(host)
            case StepEnded(host, task, status=status) if status != "failed":
                ended.add((host, task))
            case Started(key) if key.direction == "forward" and key.task in before:
                for host in batch:
                    for step in before[key.task]:
                        due = host in step.tasks or step.once is not None
                        assert not due or (host, step.id) in ended, f"{key} begins before {host} has come to it"
            case _:
                pass


def steps_in_order(plan: Plan, journal: Sequence[Event]) -> None:
    """On a host steps begin in the order of the plan, and none begins before the one before it is over."""
    order = [step.id for stage in plan.stages for step in (*stage.drain, *stage.steps, *stage.restore, *stage.always)]
    place = {step: number for number, step in enumerate(order)}
    reached: dict[str, int] = defaultdict(lambda: -1)
    open_: dict[str, str] = {}
    for event in journal:
        match event:
            case Started(key) | WaitStarted(key) | Asked(key) if key.direction == "forward" and key.task in place:
                number = place[key.task]
                assert number >= reached[key.host], f"{key} comes too late"
                assert open_.get(key.host, key.task) == key.task, f"{key} begins during {open_[key.host]}"
                reached[key.host], open_[key.host] = number, key.task
            case StepEnded(host, task, direction="forward") if open_.get(host) == task:
                del open_[host]
            case HostFailed(host):
                open_.pop(host, None)
            case _:
                pass


def nothing_new_after_an_abort(journal: Sequence[Event]) -> None:
    """From an abort on, nothing begins on the way forward but the wait for what still runs.

    A run that was stopped may be carried on, and then goes on.
    """
    aborted, stopped = False, False
    for event in journal:
        match event:
            case Aborted(then=then):
                aborted, stopped = True, then == "stop"
            case Resumed() if stopped:
                aborted = False
            case Closing():
                return
            case Started(key) | WaitStarted(key) | Asked(key) if aborted:
                assert key.direction == "back" or key.part == "grace", f"{key} begins after the abort"
            case Retrying(key) if aborted:
                assert key.direction == "back", f"{key} is tried again after the abort"
            case BatchStarted(direction="forward") | StageStarted() if aborted:
                raise AssertionError(f"{event} after the abort")
            case _:
                pass


def no_traffic_for_the_unhealthy(plan: Plan, journal: Sequence[Event]) -> None:
    """Traffic returns to a host only when every health probe has passed since the last thing that was done to it."""
    restores = {step.id: stage for stage in plan.stages for step in stage.restore}
    gates = {stage.id: stage for stage in plan.stages}
    passed: dict[tuple[str, str], set[int]] = defaultdict(set)
    for event in journal:
        match event:
            case TakenUp():  # what a gate has said in part may be long ago
                for (host, stage_id), probes in passed.items():
                    if len(probes) < len(gates[stage_id].health.get(host, ())):
                        probes.clear()
            case Judged(key, verdict) if key.part == "health" and key.task in gates:
                if verdict.opinion is Opinion.PASSED:
                    passed[key.host, key.task].add(key.sub)
                else:
                    passed[key.host, key.task].clear()
            case Started(key) | WaitStarted(key) | Asked(key) if key.task in restores and key.part != "settle":
                stage = restores[key.task]
                wanted = set(range(1, len(stage.health.get(key.host, ())) + 1))
                assert passed[key.host, stage.id] >= wanted, f"{key} although the gate has not been passed"
            case Started(key) if key.part not in ("health", "before", "watch") and ".a" not in key.task:
                for stage in plan.stages:
                    passed[key.host, stage.id].clear()
            case _:
                pass


# --- the way back -----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Arms:
    """What is armed, in order, kept in the plainest way."""

    armed: list[Armed] = field(default_factory=list)
    order: list[Armed] = field(default_factory=list)  # as `armed`, with all that was armed at any time
    wide: set[Armed] = field(default_factory=set)
    passed_points: list[tuple[str, str, int]] = field(default_factory=list)  # host or "", step, how many were armed

    def take(self, event: Event) -> None:
        match event:
            case Irreversible(host, task):
                self.passed_points.append((host, task, len(self.armed)))
            case Lapsed(host, task, item, run_wide=wide):
                places = [n for n, one in enumerate(self.order, 1) if one == (host, task, item)]
                self.passed_points.append(("" if wide else host, f"{task} lapsed", places[-1]))
            case Started(_, armed=armed) if armed is not None:
                self.order.append((armed.host, armed.task, armed.item))
                entry = (armed.host, armed.task, armed.item)
                self.armed.append(entry if armed.kind in ("handler", "builtin") else ("", "", 0))
                if armed.run_wide:
                    self.wide.add(entry)
            case ItemEnded(host, task, item, disarmed=True):
                self._drop((host, task, item))
            case StepEnded(host, task, status=status, direction="forward", disarmed=disarmed, everywhere=wide):
                for item in disarmed:
                    self._drop((host, task, item))
                if status == "skipped":
                    where = "" if wide else host
                    self.passed_points = [p for p in self.passed_points if p[:2] != (where, task)]
            case _:
                pass

    def _drop(self, entry: Armed) -> None:
        self.armed = [("", "", 0) if one == entry else one for one in self.armed]

    def of(self, host: str) -> list[Armed]:
        """What a host itself has to undo, last first."""
        cut_ = max((count for who, _, count in self.passed_points if who in ("", host)), default=0)
        return [e for e in reversed(self.armed[cut_:]) if e[0] == host and e not in self.wide]

    def of_the_run(self) -> list[Armed]:
        cut_ = max((count for _, _, count in self.passed_points), default=0)
        return [e for e in reversed(self.armed[cut_:]) if e in self.wide]


def rollback_is_the_reverse(journal: Sequence[Event]) -> None:
    """Each rollback deals with exactly what was armed within its scope, last first on each host.

    A host on which something failed or could not be reached is left there; what follows on it is told as owed, and may
    be dealt with by a later rollback.
    """
    arms = Arms()
    stage = ""
    whole = not _stopped_early(journal)
    asked_for: set[Armed] = set()
    for number, event in enumerate(journal):
        arms.take(event)
        match event:
            case StageStarted(now) | Aborted(now) if now:  # a stage may be given up before it has begun
                stage = now
            case RollbackStarted(scope, _, hosts, alone) if not any(word in event.reason for word in _AGAIN):
                after = list(_undone(journal[number:]))
                earlier = list(_undone(journal[:number]))
                over = {_entry(one) for one in earlier if one.outcome in _OVER}
                owed = {_entry(one) for one in earlier if one.outcome == "owed"}
                stuck = {one.host for one in earlier if one.outcome == "failed"}
                for host in set((alone,) if alone else hosts) - stuck:
                    wanted = [e for e in arms.of(host) if _in_scope(e, scope, stage) or e in asked_for]
                    asked_for |= set(wanted)
                    mine = [one for one in after if one.host == host and _entry(one) not in arms.wide]
                    _compare(host, [e for e in wanted if e not in over], mine, owed if whole else None)
                if not alone and scope != "host" and whole:
                    wide = {e for e in arms.of_the_run() if _in_scope(e, scope, stage)}
                    told = {_entry(one) for one in after} & arms.wide
                    assert told == wide, f"of the run {told} was dealt with, {wide} was armed"
            case _:
                pass


_AGAIN = ("back again", "looked at again")  # these deal with what others have left


def _in_scope(entry: Armed, scope: str, stage: str) -> bool:
    return scope != "stage" or entry[1].startswith(f"{stage}.")


def _entry(one: Undone) -> Armed:
    return one.host, one.task, one.item


_OVER = ("passed", "skipped")


def _undone(events: Sequence[Event]) -> Iterator[Undone]:
    return (event for event in events if isinstance(event, Undone))


def _compare(host: str, wanted: list[Armed], undone: list[Undone], owed: set[Armed] | None) -> None:
    """What was dealt with, each at its first time, is what was armed, in its order, up to where the host stopped.

    Nothing is passed over but what was told as `owed` already; None: the run was stopped before its end.
    """
    first: dict[Armed, Undone] = {}
    for one in undone:
        first.setdefault(_entry(one), one)
    done = list(first)
    due = wanted[: len(done)] if owed is None else [e for e in wanted if e in first or e not in owed]
    assert done == due, f"{host} undid {done}, armed was {wanted}"
    stopped = False
    for one in first.values():
        told = one.outcome == "owed" or (owed is not None and _entry(one) in owed)
        assert not stopped or told, f"{host} went on after a handler that did not pass: {one}"
        stopped = stopped or one.outcome not in _OVER


def _stopped_early(journal: Sequence[Event]) -> bool:
    end = journal[-1]
    return isinstance(end, RunEnded) and end.resumable


def handlers_pass_once(journal: Sequence[Event]) -> None:
    """A handler that has passed is never dealt with again."""
    passed: set[Armed] = set()
    for one in _undone(journal):
        entry = _entry(one)
        assert entry not in passed, f"{entry} had passed already"
        if one.outcome in _OVER:
            passed.add(entry)


def the_run_comes_last(journal: Sequence[Event]) -> None:
    """What belongs to the run is undone only when all that was armed after it, and is to be undone, is."""
    arms = Arms()
    done: set[Armed] = set()
    wanted: set[Armed] = set()
    stage = ""
    for event in journal:
        arms.take(event)
        match event:
            case StageStarted(now) | Aborted(now) if now:  # a stage may be given up before it has begun
                stage = now
            case RollbackStarted(scope, _, hosts, alone):
                for host in (alone,) if alone else hosts:
                    wanted |= {e for e in arms.of(host) if _in_scope(e, scope, stage)}
            case Undone(host, task, item, outcome=outcome):
                entry = (host, task, item)
                if entry in arms.wide and outcome == "passed":
                    later = arms.armed[arms.armed.index(entry) + 1 :]
                    missing = [e for e in later if e in wanted and e not in done]
                    assert not missing, f"{entry} is undone before {missing}"
                if outcome in _OVER:
                    done.add(entry)
            case _:
                pass


def _what_went_wrong(journal: Sequence[Event]) -> tuple[bool, bool]:
    """Was the run given up, and did a host fail? After a stop, both are open again when the run is carried on."""
    aborted, failed, undone = "", set[str](), set[str]()
    for event in journal:
        match event:
            case Aborted(then=then):
                aborted = then
            case HostFailed(host):
                failed.add(host)
            case HostRolledBack(host):
                undone.add(host)
            case Resumed() if aborted == "stop":
                aborted, failed = "", failed & undone
            case _:
                pass
    return bool(aborted), bool(failed)


def the_exit_code_tells_the_truth(journal: Sequence[Event]) -> None:
    """Exit codes mean what they are said to mean."""
    end = journal[-1]
    assert isinstance(end, RunEnded)
    aborted, failed = _what_went_wrong(journal)
    locked_out = any(isinstance(event, LockRefused | LockLost) for event in journal)
    last = {(u.host, u.task, u.item): u.outcome for u in _undone(journal)}
    bad = {entry for entry, outcome in last.items() if outcome in ("failed", "owed")}
    match int(end.exit):
        case 0:
            assert not aborted
            assert not failed
            assert not bad
            assert not end.left
        case 11 if locked_out:
            assert {(owed.host, owed.task) for owed in end.left} >= {(host, task) for host, task, _ in bad}
        case 2 | 4 | 11:
            assert aborted or failed
            assert not bad
            assert not end.left
        case 7:
            assert not aborted
            assert not bad
            assert not end.left
        case 6:
            assert aborted or locked_out
            assert end.resumable
        case 10:
            unhealthy = any(summary.state == "unhealthy" for summary in end.hosts.values())
            assert end.left or unhealthy
            assert {(owed.host, owed.task) for owed in end.left} >= {(host, task) for host, task, _ in bad}
        case 130:
            assert end.resumable
        case code:
            raise AssertionError(f"exit {code}")
    if int(end.exit) in (4, 11) and not end.resumable:
        arms = Arms()
        for event in journal:
            arms.take(event)
        assert not any(host for host, _, _ in arms.armed), "something was changed"
