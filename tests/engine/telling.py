"""A run in lines that can be read: one for each event and each effect that no event stands for."""

from __future__ import annotations

from executor.engine.effects import Cancel, Effect, End, Finish, Perform
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
    Looped,
    Retrying,
    RollbackEnded,
    RollbackStarted,
    RunEnded,
    RunStarted,
    StageEnded,
    StageSkipped,
    StageStarted,
    Started,
    StepEnded,
    Undone,
    WaitEnded,
    WaitStarted,
    WatchEnded,
    WatchStarted,
    WatchTurned,
)


def line(what: Event | Effect) -> str | None:
    """One line; None for what another line says already."""
    match what:
        case Cancel(key):
            return f"      -> cancel {_key(key)}"
        case End(key):
            return f"      -> end {_key(key)}"
        case Finish(code, why):
            return f"      -> finish {int(code)} {why}"
        case Perform() if extra := _extra(what):
            return f"      -> {what.on}: {extra}"
        case RunStarted() | RunEnded():
            return None
        case Started() | Ended() | Judged() | Retrying() | WaitStarted() | WaitEnded() | Asked() | Answered():
            return _work(what)
        case Looped() | ItemEnded() | StepEnded() | Irreversible() | Undone():
            return _step(what)
        case StageStarted() | StageSkipped() | StageEnded() | BatchStarted() | BatchEnded():
            return _stage(what)
        case WatchStarted() | WatchTurned() | WatchEnded() | Halted() | Aborted() | Interrupted():
            return _abort(what)
        case Connecting() | HostReached() | HostLost() | HostFailed() | HostPassed() | HostRolledBack():
            return _host(what)
        case RollbackStarted() | RollbackEnded() | Closing():
            return _back(what)
        case _:
            return None


def _extra(effect: Perform) -> str:
    settings = effect.settings
    extra = {
        "stdin": effect.stdin,
        "creates": effect.creates,
        "removes": effect.removes,
        "timeout": settings.timeout,
        "become": settings.become or None,
        "environment": dict(settings.environment) or None,
    }
    return ", ".join(f"{name} {value}" for name, value in extra.items() if value is not None)


def _key(key: Key) -> str:
    return f"{key.host} {key.part}{key.sub or ''} {key.task}"


def _work(what: Started | Ended | Judged | Retrying | WaitStarted | WaitEnded | Asked | Answered) -> str:
    key = what.key
    again = f" #{key.attempt}" if key.attempt > 1 and key.part not in ("pause", "ask", "interrupt", "grace") else ""
    part = "" if key.part == "action" else f"{key.part} "
    head = f"{key.host:<6}"
    match what:
        case Started(_, name, shown, on, armed):
            arms = f"  [arms{_armed(armed.kind)}{_values(armed.values)}]" if armed is not None else ""
            where = f" on {on}" if on else ""
            return f"{head}> {part}{name}{again}{where}: {shown or '…'}{arms}"
        case Ended(_, result):
            detail = f" {result.detail}" if result.detail else ""
            rc = f" {result.rc}" if result.rc is not None else ""
            changed = "" if result.changed is None else " changed" if result.changed else " unchanged"
            return f"{head}< {part}{result.status.value}{rc}{changed}{detail}"
        case Judged(_, verdict):
            return f"{head}< {part}{verdict.opinion.value}: {verdict.summary}"
        case Retrying(_, attempts, delay, reason):
            return f"{head}~ attempt {key.attempt} of {attempts} failed ({reason}), again in {delay:g}s"
        case WaitStarted(_, seconds, why):
            return f"{head}> {part}wait {seconds:g}s: {why}"
        case WaitEnded(_, cut_short):
            return f"{head}< {part}waited{' (cut short)' if cut_short else ''}"
        case Asked(_, question):
            choices = f" [{', '.join(question.choices)}]" if question.choices else ""
            return f"{head}? {part}{question.text}{choices}"
        case Answered(_, choice, _, text, how):
            return f"{head}! {part}{choice or '-'}{f' ({text})' if text else ''} by {how}"


def _armed(kind: str) -> str:
    return "" if kind == "handler" else f" {kind}"


def _values(values: object) -> str:
    return f" {dict(values)}" if values else ""  # type: ignore[call-overload]  # a mapping, for people


def _step(what: Looped | ItemEnded | StepEnded | Irreversible | Undone) -> str:
    head = f"{what.host:<6}"
    match what:
        case Looped(_, _, values):
            return f"{head}= {what.task} loops over {list(values)}"
        case ItemEnded():
            why = f": {what.reason}" if what.reason else ""
            return f"{head}= {what.task} item {what.label}: {what.status}{why}{' [disarmed]' if what.disarmed else ''}"
        case StepEnded():
            back = " (back)" if what.direction == "back" else ""
            why = f": {what.reason}" if what.reason else ""
            sets = f" sets {dict(what.sets)}" if what.sets else ""
            return f"{head}= {what.name}{back}: {what.status}{why}{sets}{' [disarmed]' if what.disarmed else ''}"
        case Irreversible(_, _, name):
            return f"{head or 'all   '}! point of no return: {name}"
        case Undone(_, _, item, name, outcome, reason):
            which = f" item {item}" if item else ""
            return f"{head}<= undo {name}{which}: {outcome}{f' ({reason})' if reason else ''}"


def _stage(what: StageStarted | StageSkipped | StageEnded | BatchStarted | BatchEnded) -> str:
    match what:
        case StageStarted(_, name, hosts, batches, left_out, limit):
            cut = " | ".join(" ".join(batch) for batch in batches) if batches else "window " + " ".join(hosts)
            out = "".join(f"; {host} left out: {why}" for host, why in left_out.items())
            return f"== stage {name}: {cut}; {limit} may fail{out}"
        case StageSkipped(_, name, reason):
            return f"== stage {name} skipped: {reason}"
        case StageEnded(_, passed):
            return f"== stage {'passed' if passed else 'failed'}"
        case BatchStarted(stage, batch, hosts, direction):
            return f"-- {'back, ' if direction == 'back' else ''}stage {stage} batch {batch}: {' '.join(hosts)}"
        case BatchEnded(_, batch, direction):
            return f"-- {'back, ' if direction == 'back' else ''}batch {batch} ended"


def _abort(what: WatchStarted | WatchTurned | WatchEnded | Halted | Aborted | Interrupted) -> str:
    match what:
        case WatchStarted(key, shown):
            return f"{key.host:<6}> watch {shown}"
        case WatchTurned(key, state, verdict):
            return f"{key.host:<6}* watch {state}: {verdict.summary}"
        case WatchEnded(key):
            return f"{key.host:<6}= watch over"
        case Halted(keys, reason):
            return f"!! ended by us: {', '.join(_key(key) for key in keys)} ({reason})"
        case Aborted(_, reason, then):
            return f"!! abort: {reason} -> {then}"
        case Interrupted(kind):
            return f"!! interrupt: {kind}"


def _host(what: Connecting | HostReached | HostLost | HostFailed | HostPassed | HostRolledBack) -> str:
    match what:
        case Connecting(hosts):
            return f"connect {' '.join(hosts)}"
        case HostReached(host):
            return f"{host:<6}+ reached"
        case HostLost(host, reason):
            return f"{host:<6}- lost: {reason}"
        case HostFailed(host, _, reason, _, step, counts):
            return f"{host:<6}X failed{f' in {step}' if step else ''}: {reason}{'' if counts else ' (fails the stage)'}"
        case HostPassed(host):
            return f"{host:<6}= passed"
        case HostRolledBack(host, clean, healthy, detail):
            how = ("" if clean else " not clean") + ("" if healthy else " unhealthy")
            return f"{host:<6}<= rolled back{how}{f': {detail}' if detail else ''}"


def _back(what: RollbackStarted | RollbackEnded | Closing) -> str:
    match what:
        case RollbackStarted(scope, reason, hosts, host):
            return f"<< rollback {f'of {host} alone' if host else scope}: {' '.join(hosts)} ({reason})"
        case RollbackEnded(complete, host):
            return f"<< rollback {f'of {host} ' if host else ''}ended{'' if complete else ', incomplete'}"
        case Closing(status):
            return f"== closing: {status}"


def summary(ended: RunEnded) -> list[str]:
    """The end of a run, host by host."""
    lines = [f"exit {int(ended.exit)}: {ended.status}"]
    if ended.reason:
        lines.append(f"reason: {ended.reason}")
    for host, said in ended.hosts.items():
        detail = f": {said.detail}" if said.detail else ""
        lines.append(f"  {host:<6} {said.state}{', drained' if said.drained else ''}{detail}")
    lines += [f"left: {owed.host} {owed.name} ({owed.why})" for owed in ended.left]
    lines += [f"not undone: {what}" for what in ended.not_undone]
    lines += [f"stays: {one.host or 'all'} {one.name} ({one.why or 'of another part'})" for one in ended.stays]
    if ended.resumable:
        lines.append("resumable")
    return lines
