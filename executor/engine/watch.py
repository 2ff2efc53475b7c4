"""Watches: started with a stage or with a host that has finished it, ended with the stage."""

from __future__ import annotations

from collections.abc import Iterable

from executor.engine.effects import Cancel, Decision, Watch
from executor.engine.index import LOCAL
from executor.engine.start import describe
from executor.engine.state import State
from executor.engine.values import of_host, words
from executor.errors import RunbookError
from executor.events import Key, WatchEnded, WatchStarted, WatchTurned
from executor.model.outcomes import Opinion, Verdict
from executor.model.plans import Plan, PlannedWatch
from executor.model.probes import Probe
from executor.templates import fill


def start(plan: Plan, state: State, watch: PlannedWatch, about: str) -> Decision:
    """Begin to look. A probe that cannot be rendered has failed at once."""
    key = Key(about, watch.id, "watch", attempt=state.asks + 1)
    written = watch.probes[about]
    try:
        probe: Probe = fill(written, of_host(plan, state, state.hosts[about]))
    except RunbookError as error:
        started = WatchStarted(key, describe(written))
        return Decision((started, WatchTurned(key, "failed", Verdict(Opinion.FAILED, words(error), samples=0))))
    on = LOCAL if watch.source == "control" else about
    return Decision((WatchStarted(key, describe(probe)),), (Watch(key, on, about, probe),))


def start_all(plan: Plan, state: State, watches: Iterable[PlannedWatch], about: str) -> Decision:
    decisions = [start(plan, state, watch, about) for watch in watches if about in watch.probes]
    return Decision(
        tuple(event for decision in decisions for event in decision.events),
        tuple(effect for decision in decisions for effect in decision.effects),
    )


def end(keys: Iterable[Key]) -> Decision:
    ended = tuple(keys)
    return Decision(tuple(WatchEnded(key) for key in ended), tuple(Cancel(key) for key in ended))


def running(state: State, host: str | None = None) -> list[Key]:
    """The watches that go on, all or those about a host."""
    return [k for k, f in state.flights.items() if f.kind == "watch" and (host is None or k.host == host)]
