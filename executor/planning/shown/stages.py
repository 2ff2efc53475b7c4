"""A stage in lines: its hosts and batches, when it is given up, and its steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from executor.model import amounts
from executor.model.plans import PlannedPause, PlannedStage, PlannedStep
from executor.model.probes import Probe
from executor.planning.shown.lines import Line, labelled, plain, within
from executor.planning.shown.probes import probe
from executor.planning.shown.steps import Reading, step
from executor.planning.shown.words import amount, counted, duration, hosts, ordinal, said

MOST_BATCHES = 12


def stage(shown: PlannedStage, read: Reading) -> Iterator[Line]:
    """Everything about one stage."""
    yield plain(f"Stage {shown.id}: {shown.name}", style="heading")
    if shown.skipped:
        yield plain(f"skipped: {shown.skipped}", 2)
        yield from within(_left_out(shown))
        return
    yield from within(_arithmetic(shown))
    yield from within(_watched(shown))
    parts: tuple[tuple[str, Callable[[], Iterable[Line]]], ...] = (
        ("Out of traffic", lambda: _steps(shown.drain, read)),
        ("", lambda: _steps(shown.steps, read, armed=True)),
        ("Health, before it counts as done", lambda: _health(shown)),
        ("Back to traffic", lambda: _steps(shown.restore, read)),
        ("At its end on each host, either way", lambda: _steps(shown.always, read)),
    )
    for title, lines in parts:
        told = list(lines())
        if told:
            yield Line("")
            if title:
                yield plain(f"{title}:", 2)
            yield from within(told, 4 if title else 2)


def _arithmetic(shown: PlannedStage) -> Iterator[Line]:
    late = " at most" if shown.when else ""
    yield labelled("Hosts", f"{len(shown.hosts):,}{late}: {hosts(shown.hosts)}", 0)
    for condition, names in _folded(shown.when).items():
        who = "" if len(names) == len(shown.hosts) else f" ({hosts(names)})"
        yield labelled("Only if", f"{condition}, which the run decides{who}", 0)
    yield from _left_out(shown)
    if len(shown.hosts) > 1:
        yield labelled("Batches", batches(shown), 0)
    if shown.pause is not None:
        yield labelled("Between", between(shown.pause), 0)
    yield labelled("On failure", on_failure(shown), 0)


def _folded(when: Mapping[str, Iterable[object]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for host, conditions in when.items():
        found.setdefault(" and ".join(said(condition) for condition in conditions), []).append(host)
    return found


def _left_out(shown: PlannedStage) -> Iterator[Line]:
    reasons: dict[str, list[str]] = {}
    for host, reason in shown.left_out.items():
        reasons.setdefault(reason, []).append(host)
    for reason, names in reasons.items():
        yield labelled("Left out", f"{hosts(names)} ({reason})", 0)


def batches(shown: PlannedStage) -> str:
    """How a stage takes its hosts, in words."""
    total = len(shown.hosts)
    if shown.max_unavailable is not None:
        at_once = amounts.window(shown.max_unavailable, total)
        return f"a sliding window: at most {counted(at_once, 'host')} at once, those that are unhealthy first"
    cuts = amounts.cut(shown.hosts, shown.serial)
    if len(cuts) == 1:
        return "all at once"
    if all(len(batch) == 1 for batch in cuts):
        return "host by host"
    said_batches = [f"{number}: {hosts(batch)}" for number, batch in enumerate(cuts, 1)]
    if len(cuts) > MOST_BATCHES:
        sizes = {len(batch) for batch in cuts}
        of = f"of {sizes.pop()} hosts" if len(sizes) == 1 else f"of up to {max(sizes)} hosts"
        said_batches = [of]
    serial = ", ".join(map(amount, shown.serial))
    return f"{len(cuts):,} (serial {serial}): " + "; ".join(said_batches)


def between(pause: PlannedPause) -> str:
    """What happens between two batches."""
    what = f"wait {duration(pause.seconds)}" if pause.prompt is None else f"ask: {said(pause.prompt)}"
    return f"{what}, after each batch but the last"


def on_failure(shown: PlannedStage) -> str:
    """At which failure a stage is given up, and what then."""
    total = len(shown.hosts)
    allowed = amounts.allowed_failures(shown.max_failures, total)
    if allowed >= total:
        of_hosts = "even if its host fails" if total == 1 else f"however many of its {total} hosts fail"
        limit = f"goes on {of_hosts}; who fails undoes its own"
        if not shown.watch and all(step.once is None for step in shown.steps):
            return limit
        limit += "; where a watch or a step that is done once fails, it aborts"
    elif total == 1:
        limit = "aborts"
    else:
        limit = f"aborts at the {ordinal(allowed + 1)} failure of {total}"
    then = {
        "rollback": f"then rolls back {_scope(shown)}",
        "stop": "then stops and leaves everything as it is, to be resumed or rolled back",
        "ask": f"then asks what to do, and rolls back {_scope(shown)} after 5 minutes of silence",
    }[shown.on_failure]
    one = "; a host that fails before undoes its own" if 0 < allowed < total else ""
    return f"{limit}, {then}{one}"


def _scope(shown: PlannedStage) -> str:
    return {
        "host": "the hosts that failed",
        "stage": "this stage",
        "run": "the whole run",
    }[shown.rollback_scope]


def _watched(shown: PlannedStage) -> Iterator[Line]:
    for watch in shown.watch:
        for names, asked in _by_probe(watch.probes):
            about = "" if watch.source == "control" or len(names) == len(watch.probes) else f" ({hosts(names)})"
            fails = "fails the stage" if watch.source == "control" else "fails the host, once it is done"
            yield labelled("Watch", f"{probe(asked)}; {fails}{about}", 0)


def _by_probe(probes: Mapping[str, Probe]) -> list[tuple[list[str], Probe]]:
    groups: dict[str, tuple[list[str], Probe]] = {}
    for host, asked in probes.items():
        groups.setdefault(probe(asked), ([], asked))[0].append(host)
    return list(groups.values())


def _steps(steps: tuple[PlannedStep, ...], read: Reading, *, armed: bool = False) -> Iterator[Line]:
    for shown in steps:
        yield from step(shown, read, armed=armed)


def _health(shown: PlannedStage) -> Iterator[Line]:
    groups: dict[tuple[str, ...], list[str]] = {}
    for host, probes in shown.health.items():
        groups.setdefault(tuple(probe(asked) for asked in probes), []).append(host)
    for texts, names in groups.items():
        for text in texts:
            about = "" if len(groups) == 1 else f"{hosts(names)}: "
            yield plain(about + text)
