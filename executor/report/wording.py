"""What is said of each event: the same words in the plain log, above the live view and in a run's timeline."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

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
from executor.model.outcomes import Opinion, never_started
from executor.model.plans import Plan
from executor.report import carrying
from executor.report.fold import stage_name, undone_by
from executor.report.line import Line, Tone, Weight, label, line
from executor.report.locking import of_lock
from executor.report.phrasing import count, duration, names, ordinal, some_names, span
from executor.report.story import HostView, RunView
from executor.report.wayback import rolled_back, way_back

_AT_ONCE = 0.001  # seconds; what takes less was no work


_OnHost: TypeAlias = Connecting | HostReached | HostLost | HostFailed | HostPassed | HostRolledBack
_OnWork: TypeAlias = Started | Ended | Judged | Retrying | Looped | ItemEnded | StepEnded | Irreversible | Lapsed


def told(view: RunView, plan: Plan, stamp: Stamp, event: Event) -> tuple[Line, ...]:
    """What is said of an event. `view` is as it was before the event."""
    match event:
        case RunStarted():
            return _run_started(event)
        case Resumed() | Replanned() | TakenUp():
            return carrying.told(view, event)
        case Closing(status):
            return (line(f"The run's closing steps ({status})", tone="head"),)
        case RunEnded(code, status):
            took = duration(stamp.mono - view.began)
            tone: Tone = "good" if code == 0 else "bad"
            return (line(f"Ended after {took}: {status} (exit {int(code)})", tone=tone),)
        case StageStarted() | StageSkipped() | StageEnded() | BatchStarted() | BatchEnded():
            return _stage(view, plan, event)
        case Connecting() | HostReached() | HostLost() | HostFailed() | HostPassed() | HostRolledBack():
            return _host(view, plan, stamp, event)
        case Locked() | LockAwaited() | LockRefused() | LockLost() | Unlocking() | Unlocked():
            return of_lock(event)
        case Started() | Ended() | Judged() | Retrying() | Looped() | ItemEnded() | StepEnded():
            return _work(view, stamp, event)
        case Irreversible() | Lapsed():
            return _work(view, stamp, event)
        case WaitStarted() | WaitEnded() | Asked() | Answered():
            return _wait(view, event)
        case WatchStarted() | WatchTurned() | WatchEnded():
            return _watch(view, event)
        case Interrupted() | Aborted() | Halted() | RollbackStarted() | RollbackEnded() | Undone():
            return way_back(view, plan, stamp, event)


def _run_started(event: RunStarted) -> tuple[Line, ...]:
    who = f", by {event.operator} on {event.controller}" if event.operator else ""
    reason = f": {event.reason}" if event.reason else ""
    head = line(f"{event.name}, run {event.run}{who}{reason}", tone="head")
    return (head, line(_sealed(event), tone="quiet")) if event.sealed else (head,)


def _sealed(event: RunStarted) -> str:
    by = f", approved by {'; '.join(event.approvals)}" if event.approvals else ""
    return f"sealed plan {event.sealed[:12]}{', once more' if event.again else ''}{by}"


def _stage(
    view: RunView, plan: Plan, event: StageStarted | StageSkipped | StageEnded | BatchStarted | BatchEnded
) -> tuple[Line, ...]:
    match event:
        case StageStarted():
            return (line(f"{_nth(plan, event.stage)}{event.name}: {_extent(event)}", tone="head"), *_left_out(event))
        case StageSkipped(stage, name, reason):
            return (line(f"{_nth(plan, stage)}{name}: skipped, {reason}", tone="quiet"),)
        case StageEnded(stage, passed):
            name = stage_name(plan, stage)
            took = duration(view.now - view.stage.since) if view.stage and view.stage.id == stage else ""
            if passed:
                return (line(f"{name}: passed ({took})" if took else f"{name}: passed", tone="good", weight="step"),)
            return (line(f"{name}: not passed", tone="bad", weight="step"),)
        case BatchStarted(_, _, hosts, "back"):
            return (line(f"rollback: now {names(hosts)}", tone="undo", weight="step"),)
        case BatchStarted(stage, batch, hosts):
            batches = view.stage.batches if view.stage and view.stage.id == stage else 0
            if batches == 1:
                return ()  # the stage's own line has said it
            of = f" of {batches}" if batches else ""
            return (line(f"Batch {batch}{of}: {names(hosts) or 'no host is left in it'}", weight="step"),)
        case BatchEnded():
            return ()  # its hosts have said it


def _nth(plan: Plan, stage: str) -> str:
    ids = [planned.id for planned in plan.stages]
    return f"Stage {ids.index(stage) + 1} of {len(ids)}, " if stage in ids else ""


def _left_out(event: StageStarted) -> Iterator[Line]:
    """Hosts that are left out for the same reason share a line: --limit may leave out hundreds."""
    groups: dict[str, list[str]] = {}
    for host, why in event.left_out.items():
        groups.setdefault(why, []).append(host)
    for why, hosts in groups.items():
        if len(hosts) == 1:
            yield line(f"left out: {why}", hosts[0], "quiet")
        else:
            yield line(f"left out: {some_names(hosts, 100)}: {why}", tone="quiet")


def _extent(event: StageStarted) -> str:
    """`4 hosts in 2 batches; aborts at the 2nd failure of 4`."""
    number = len(event.hosts)
    if number == 1:
        return event.hosts[0]
    batches = len(event.batches)
    shape = "" if not batches else ", all at once" if batches == 1 else f" in {batches} batches"
    if event.limit >= number:
        return f"{number} hosts{shape}; no number of failures aborts it"
    return f"{number} hosts{shape}; aborts at the {ordinal(event.limit + 1)} failure of {number}"


def _host(
    view: RunView,
    plan: Plan,
    stamp: Stamp,
    event: _OnHost,
) -> tuple[Line, ...]:
    if isinstance(event, Connecting):
        return (
            line(
                f"connecting to {count(len(event.hosts), 'host')}: {some_names(event.hosts, 100)}",
                tone="quiet",
                weight="step",
            ),
        )
    host = view.peek(event.host)
    match event:
        case HostReached(name, seconds):
            return (line(f"connected ({duration(seconds)})", name, "quiet", "detail"),)
        case HostLost(name, reason):
            return (line(f"UNREACHABLE: {reason}", name, "bad"),)
        case HostFailed():
            return () if never_started(event.reason) else (_failed(view, plan, event),)
        case HostPassed(name, stage):
            took = duration(stamp.mono - host.since)
            return (line(f"{stage_name(plan, stage)}: done, {done(host)} ({took})", name, "good"),)
        case HostRolledBack():
            return (rolled_back(host, event),)


def done(host: HostView) -> str:
    """What a host has done in a stage: `4 steps, 2 changed`."""
    if not host.steps:
        return "nothing to do"
    changed = f", {host.changed} changed" if host.changed else ""
    return f"{count(host.steps, 'step')}{changed}"


def _failed(view: RunView, plan: Plan, event: HostFailed) -> Line:
    where = stage_name(plan, event.stage)
    why = f"{event.step}: {event.reason}" if event.step and event.step not in event.reason else event.reason
    stage = view.stage
    if not event.counts or stage is None or stage.id != event.stage or len(stage.hosts) < 2:
        return line(f"FAILED in {where}: {why}", event.host, "bad")
    tally = f"{ordinal(stage.failed + 1)} failure, {stage.limit} allowed"
    return line(f"FAILED in {where} ({tally}): {why}", event.host, "bad")


def _work(
    view: RunView,
    stamp: Stamp,
    event: _OnWork,
) -> tuple[Line, ...]:
    match event:
        case Ended(key, result) if result.diff:
            title = f"{label(key, _name_of(view, key))}: what changes"
            return (line(title, key.host, output=result.diff.splitlines()),)
        case Started() | Ended() | Looped():
            return ()  # a step is told when it ends; what goes on is the live view's matter
        case Judged(key, verdict):
            if verdict.opinion is Opinion.CANCELLED:
                return ()
            work = _name_of(view, key)
            tone: Tone = "quiet" if verdict.opinion is Opinion.PASSED else "warn"
            samples = f" ({verdict.samples} samples)" if verdict.samples > 1 else ""
            back = "rollback: " if key.direction == "back" else ""
            text = f"{back}{label(key, work)} {verdict.opinion.value}: {verdict.summary}{samples}"
            return (line(text, key.host, tone, "detail"),)
        case Retrying(key, attempts, delay, reason):
            name = label(key, _name_of(view, key))
            again = f"again in {span(delay)}" if delay else "again at once"
            back = "rollback: " if key.direction == "back" else ""
            text = f"{back}{name}: attempt {key.attempt} of {attempts} failed: {reason}; {again}"
            return (line(text, key.host, "warn", "step"),)
        case ItemEnded():
            back = "rollback: " if event.direction == "back" else ""
            why = f": {event.reason}" if event.reason else ""
            name = view.peek(event.host).named.get(event.task, event.task)
            # While an item is worked on, its label is part of the name.
            title = name if name.endswith(f"({event.label})") else f"{name}, {event.label}"
            return (line(f"{back}{title}: {event.status}{why}", event.host, "quiet", "detail"),)
        case StepEnded():
            return (_step(view, stamp, event),)
        case Irreversible(host, _, name):
            return (line(f"point of no return: {name}; nothing before it is undone from here on", host, "warn"),)
        case Lapsed(host, _, _, name, valid_for, run_wide):
            text = f"point of no return: {name}; it could be undone for {span(valid_for)}, nothing before it is undone"
            return (line(text, "" if run_wide else host, "warn"),)


def _name_of(view: RunView, key: Key) -> str:
    """The name that a piece of work bears, or bore: a retried attempt is over when it is told."""
    host = view.hosts.get(key.host)
    if host is None:
        return ""
    work = host.works.get(key)
    return work.name if work else host.named.get(key.task, "")


def _step(view: RunView, stamp: Stamp, event: StepEnded) -> Line:
    host = view.peek(event.host)
    begun = host.begun.get(event.task)
    took = "" if begun is None or stamp.mono - begun < _AT_ONCE else f" ({duration(stamp.mono - begun)})"
    back = "rollback: " if event.direction == "back" else ""
    why = f": {event.reason}" if event.reason else ""
    match event.status:
        case "failed" if never_started(event.reason):
            return line(f"{back}{event.name}: had not begun there, and is kept from it", event.host, "quiet")
        case "failed":
            return line(f"{back}{event.name}: FAILED{why}{took}", event.host, "bad", "key", host.last_words(event.task))
        case "ignored":
            text = f"{back}{event.name}: failed, and that is ignored{why}{took}"
            return line(text, event.host, "warn", "step", host.last_words(event.task))
        case "skipped":
            elsewhere = view.stage is not None and event.task in view.stage.once
            return line(f"{back}{event.name}: skipped{why}", event.host, "quiet", "detail" if elsewhere else "step")
        case "ok" | "changed":
            tone: Tone = "undo" if back else "plain" if event.status == "changed" else "quiet"
            weight: Weight = "detail" if back and _is_handler(event.task) else "step"
            return line(f"{back}{event.name}: {event.reason or event.status}{took}", event.host, tone, weight)


def _is_handler(task: str) -> bool:
    """Whether a task on the way back undoes a step, which is told when the whole handler is through."""
    return undone_by(task) != task or task.rpartition(".")[2].isdecimal()


def _wait(view: RunView, event: WaitStarted | WaitEnded | Asked | Answered) -> tuple[Line, ...]:
    match event:
        case WaitStarted(Key(part="grace") as key, seconds):
            text = f"waits for the steps that are running, at most {span(seconds)}"
            return (line(text, _host_name(key), "quiet", "step"),)
        case WaitEnded(Key(part="grace")):
            return ()
        case WaitStarted(key, seconds, why):
            return (line(f"waits {span(seconds)}: {why}", _host_name(key), "quiet", "step"),)
        case WaitEnded(key, cut_short):
            return (line("the wait is cut short", _host_name(key), "warn", "step"),) if cut_short else ()
        case Asked(key, question):
            choices = f" ({', '.join(question.choices)})" if question.choices else ""
            # A detail: at a terminal the question itself is seen, and elsewhere it is answered at once.
            return (line(f"asks: {question.text}{choices}", _host_name(key), "quiet", "detail"),)
        case Answered(key, how="withdrawn"):
            return (line("the question is withdrawn", _host_name(key), "warn"),)
        case Answered():
            return (_answered(view, event),)


_HOW = {
    "terminal": "",
    "flag": " (on the command line)",
    "file": " (in a file)",
    "silence": ", by silence",
    "inferred": ", as what followed shows",
}


def _answered(view: RunView, event: Answered) -> Line:
    """`The data looks right: yes, by ann`; of a failure, which has just been told, only what was chosen."""
    asked = view.asking.get(event.key)
    what = asked.text if asked is not None and asked.kind in ("checklist", "pause", "step") else "asked what to do"
    who = f", by {event.by}" if event.by else ""
    evidence = f": {event.text}" if event.text else ""
    said = f"{what}: {event.choice or 'go on'}{who}{_HOW[event.how]}{evidence}"
    return line(said, _host_name(event.key), "warn" if event.choice == "no" else "plain")


def _host_name(key: Key) -> str:
    return "" if key.host == "localhost" else key.host


def _watch(view: RunView, event: WatchStarted | WatchTurned | WatchEnded) -> tuple[Line, ...]:
    match event:
        case WatchStarted(key, what):
            return (line(f"watch begins: {what}", _host_name(key), "quiet", "detail"),)
        case WatchTurned(key, state, verdict):
            watched = view.watches.get(key)
            what = f" {watched.what}" if watched and watched.what else ""
            if state == "failed":
                return (line(f"watch{what} FAILED: {verdict.summary}", _host_name(key), "bad"),)
            tone: Tone = "quiet" if state == "good" else "warn"
            before = watched.state if watched else ""
            # It begins without a word on samples, and ends up good: nobody needs to hear of that.
            expected = before in ("", "inconclusive") and state in ("good", "inconclusive")
            weight: Weight = "detail" if expected else "key"
            return (line(f"watch{what} is {state}: {verdict.summary}", _host_name(key), tone, weight),)
        case WatchEnded():
            return ()
