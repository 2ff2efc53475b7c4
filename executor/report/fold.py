"""How each event changes what there is to be told. The same events always add up to the same view."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from executor.events import (
    Aborted,
    Answered,
    Asked,
    BatchEnded,
    BatchStarted,
    Closing,
    Connecting,
    Ended,
    Event,
    Halted,
    HostFailed,
    HostLost,
    HostPassed,
    HostReached,
    HostRolledBack,
    Interrupted,
    Irreversible,
    ItemEnded,
    Judged,
    Key,
    Lapsed,
    LockAwaited,
    Locked,
    LockLost,
    LockRefused,
    Looped,
    Replanned,
    Resumed,
    Retrying,
    RollbackEnded,
    RollbackStarted,
    RunEnded,
    RunStarted,
    StageEnded,
    StageSkipped,
    StageStarted,
    Stamp,
    Started,
    StepEnded,
    TakenUp,
    Undone,
    Unlocked,
    Unlocking,
    WaitEnded,
    WaitStarted,
    WatchEnded,
    WatchStarted,
    WatchTurned,
)
from executor.hosts.protocol import Stream
from executor.model.outcomes import Verdict, never_started
from executor.model.plans import Plan
from executor.report import carrying
from executor.report.story import (
    Failure,
    HostView,
    Phase,
    RollbackView,
    RunView,
    StageView,
    Waiting,
    Watched,
    Work,
)


def fold(view: RunView, plan: Plan, stamp: Stamp, event: Event) -> None:
    """Take one event in. Its cost does not depend on the number of hosts, but for events that name hosts themselves."""
    view.now = stamp.mono
    match event:
        case RunStarted():
            view.run, view.began, view.began_at = event, stamp.mono, stamp.at
        case RunEnded():
            view.ended, view.ended_at = event, stamp.at
            view.failures += _unsettled(view)
            view.asking.clear()
            view.waits.clear()
        case Resumed() | TakenUp():
            carrying.folded(view, stamp, event)
        case Closing(status):
            view.closing = status
        case Connecting(hosts):
            view.connecting, view.reached = len(hosts), 0
        case StageStarted() | StageSkipped() | BatchStarted():
            _staged(view, plan, event)
        case HostReached() | HostLost() | HostFailed() | HostPassed() | HostRolledBack():
            _host_changed(view, plan, stamp, event)
        case Started() | Ended() | Judged() | StepEnded():
            _worked(view, stamp, event)
        case Aborted() | Irreversible() | Lapsed() | RollbackStarted() | Undone():
            _turned_back(view, stamp, event)
        case WaitStarted() | WaitEnded() | Asked() | Answered():
            _waited(view, event)
        case WatchStarted() | WatchTurned() | WatchEnded():
            _watched(view, stamp, event)
        case (
            BatchEnded()
            | StageEnded()
            | Retrying()
            | Looped()
            | Replanned()
            | ItemEnded()
            | Halted()
            | Interrupted()
            | RollbackEnded()
            | Locked()
            | LockAwaited()
            | LockRefused()
            | LockLost()
            | Unlocking()
            | Unlocked()
        ):
            pass  # told when it happens, and nothing to keep of it


def heard(view: RunView, key: Key, stream: Stream, data: bytes) -> list[str]:
    """Take output in; the raw lines that it completed. Output of work that is over already counts for nothing."""
    host = view.hosts.get(key.host)
    work = host.works.get(key) if host else None
    return work.hear(stream, data, view.now) if work else []


def _staged(view: RunView, plan: Plan, event: StageStarted | StageSkipped | BatchStarted) -> None:
    match event:
        case StageStarted():
            _stage_started(view, plan, event)
        case StageSkipped(_, name, reason):
            view.skipped_stages.append((name, reason))
        case BatchStarted(_, _, hosts, "back"):
            for host in hosts:
                _move(view, view.host(host), "undoing")
        case BatchStarted(_, batch, hosts):
            if view.stage:
                view.stage.batch, view.stage.in_batch = batch, hosts
            for host in hosts:
                _move(view, view.host(host), "working")


def measured(view: RunView, key: Key, verdict: Verdict) -> None:
    """Take in what a probe that goes on has measured."""
    host = view.hosts.get(key.host)
    work = host.works.get(key) if host else None
    if work:
        work.verdict = verdict


def stage_name(plan: Plan, stage: str) -> str:
    """The name of a stage of the plan by its id; the id where the plan has none."""
    return next((planned.name for planned in plan.stages if planned.id == stage), stage)


def _stage_started(view: RunView, plan: Plan, event: StageStarted) -> None:
    ids = [stage.id for stage in plan.stages]
    number = ids.index(event.stage) + 1 if event.stage in ids else 0
    once = frozenset(step.id for step in plan.stages[number - 1].steps if step.once) if number else frozenset[str]()
    view.stage = StageView(
        event.stage, event.name, number, len(ids), event.hosts, len(event.batches), event.limit, view.now, once
    )
    for name in event.hosts:
        host = view.host(name)
        host.phase, host.since, host.steps, host.changed = "waiting", view.now, 0, 0
    for name, reason in event.left_out.items():
        host = view.host(name)
        if host.phase not in ("failed", "undone", "stuck", "lost"):
            host.phase, host.reason = "left out", reason


def _host_changed(
    view: RunView, plan: Plan, stamp: Stamp, event: HostReached | HostLost | HostFailed | HostPassed | HostRolledBack
) -> None:
    host = view.host(event.host)
    match event:
        case HostReached():
            view.reached += 1
        case HostLost(_, reason):
            _move(view, host, "lost")
            host.reason = reason
        case HostFailed():
            _failed(view, plan, stamp, host, event)
        case HostPassed():
            _move(view, host, "passed")
            if view.stage:
                view.stage.passed += 1
        case HostRolledBack(_, clean, healthy):
            _move(view, host, "undone" if clean and healthy else "stuck")
            if view.rollback:
                view.rollback.over += 1


def _failed(view: RunView, plan: Plan, stamp: Stamp, host: HostView, event: HostFailed) -> None:
    step, host.failed_step = host.failed_step, None
    known = step is not None and (not event.task or step.task == event.task)
    output = step.output if step and known else ()
    if not never_started(event.reason):
        view.failures.append(
            Failure(stamp.at, host.name, stage_name(plan, event.stage), event.task, event.step, event.reason, output)
        )
    host.reason = event.reason
    if host.phase != "lost":
        _move(view, host, "failed")
    if view.stage and event.counts:
        view.stage.failed += 1


def _worked(view: RunView, stamp: Stamp, event: Started | Ended | Judged | StepEnded) -> None:
    match event:
        case Started():
            _started(view, event)
        case Ended(key, result):
            work = _finish(view, key)
            words = result.tail or (tuple(work.last_lines()) if work else ())
            if words:
                view.host(key.host).said = key.task, words
        case Judged(key):
            _finish(view, key)
        case StepEnded():
            _step_ended(view, stamp, event)


def _started(view: RunView, event: Started) -> None:
    key = event.key
    host = view.host(key.host)
    on = event.on if event.on != key.host else ""
    host.works[key] = Work(key, event.name, event.what, on, event.kind == "perform", view.now, view.now)
    host.begun.setdefault(key.task, view.now)
    if key.direction == "back":
        host.begun.setdefault(undone_by(key.task), view.now)
    host.named[key.task] = event.name
    if event.armed is not None and event.armed.kind in ("handler", "builtin"):
        host.armed.add(key.task)
    view.active[host.name] = host


def _finish(view: RunView, key: Key) -> Work | None:
    host = view.host(key.host)
    work = host.works.pop(key, None)
    if not host.works:
        view.active.pop(host.name, None)
    return work


def _step_ended(view: RunView, stamp: Stamp, event: StepEnded) -> None:
    host = view.host(event.host)
    host.begun.pop(event.task, None)
    host.named.pop(event.task, None)
    if event.direction == "back":
        if event.status == "failed":
            view.failures.append(
                Failure(
                    stamp.at, host.name, "", event.task, event.name, event.reason, host.last_words(event.task), "back"
                )
            )
        return
    if event.task in host.armed:
        host.armed.discard(event.task)
        view.way_back = view.way_back or event.status in ("changed", "ignored")
    if event.status in ("ok", "changed", "ignored") and _is_step(event.task):
        host.steps += 1
        host.changed += event.status == "changed"
    if event.status != "failed" or never_started(event.reason):
        host.failed_step = None
        return
    words = host.last_words(event.task)
    failed = Failure(stamp.at, host.name, "", event.task, event.name, event.reason, words)
    if view.closing:  # no host fails by it, so nothing else will tell
        view.failures.append(replace(failed, stage="closing steps"))
    else:
        stage = view.stage.name if view.stage else ""
        host.failed_step = replace(failed, stage=stage)
        host.cut_short = bool(view.aborts)


def _unsettled(view: RunView) -> Iterable[Failure]:
    """Steps that failed, when the run ended before it was decided what that means; not what the abort cut short."""
    return (host.failed_step for host in view.hosts.values() if host.failed_step and not host.cut_short)


def undone_by(task: str) -> str:
    """The step that a task undoes: "2.3" for the step "2.3.u1" of its handler, and for its own undoing."""
    return task.partition(".u")[0]


def _is_step(task: str) -> bool:
    """Whether a task is one of a stage's own steps: "2.3", not "2.d1" (drain), "2.r1" (restore) or "2.a1" (always)."""
    return task.rpartition(".")[2].isdecimal()


def _turned_back(
    view: RunView, stamp: Stamp, event: Aborted | Irreversible | Lapsed | RollbackStarted | Undone
) -> None:
    match event:
        case Aborted():
            view.aborts.append(event)
            if view.watch_failure is not None:
                view.failures.append(view.watch_failure)
                view.watch_failure = None
        case Irreversible():
            view.no_return.append(event)
        case Lapsed(host, task, _, name):
            view.no_return.append(Irreversible("" if event.run_wide else host, task, name))
        case RollbackStarted(_, _, _, host) if host:
            _move(view, view.host(host), "undoing")
        case RollbackStarted(scope, reason, hosts):
            view.rollback = RollbackView(scope, reason, hosts, view.now)
            for name in hosts:
                _move(view, view.host(name), "to undo")
        case Undone():
            _undone(view, stamp, event)


def _undone(view: RunView, stamp: Stamp, event: Undone) -> None:
    host = view.host(event.host)
    host.begun.pop(event.task, None)
    host.undone.append(event)
    last = view.failures[-1] if view.failures else None
    told = last is not None and last.direction == "back" and last.host == event.host
    if event.outcome == "failed" and not told:
        view.failures.append(
            Failure(stamp.at, event.host, "", event.task, event.name, event.reason, host.last_words(event.task), "back")
        )


def _waited(view: RunView, event: WaitStarted | WaitEnded | Asked | Answered) -> None:
    match event:
        case WaitStarted(key, seconds, why):
            view.waits[key] = Waiting(key, why, view.now, seconds)
        case WaitEnded(key):
            view.waits.pop(key, None)
        case Asked(key, question):
            view.asking[key] = question
        case Answered(key):
            view.asking.pop(key, None)


def _watched(view: RunView, stamp: Stamp, event: WatchStarted | WatchTurned | WatchEnded) -> None:
    match event:
        case WatchStarted(key, what):
            view.watches[key] = Watched(key, what, view.now)
            view.watch_failure = None  # it begins again: somebody has decided so
        case WatchTurned(key, state, verdict):
            watched = view.watches.setdefault(key, Watched(key, "", view.now))
            watched.state, watched.verdict = state, verdict
            if state == "failed" and key.host == "localhost":  # a host's own watch fails that host, which says so
                stage = view.stage.name if view.stage else ""
                reason = f"{watched.what}: {verdict.summary}"
                view.watch_failure = Failure(stamp.at, "watch", stage, key.task, "", reason)
        case WatchEnded(key):
            view.watches.pop(key, None)


def _move(view: RunView, host: HostView, phase: Phase) -> None:
    host.phase, host.since = phase, view.now
