"""Mistakes that the engine or the loop might have. Each breaks one promise, and the simulation must notice it.

A mutant is a function put in the place of one of the program's own, while a `with` lasts.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, TypeAlias
from unittest.mock import patch

from executor.engine import decide, lapse
from executor.engine.effects import Connect, Decision, Finish, Perform
from executor.engine.state import Gate, Unwind
from executor.events import Ended, Judged, LockLost, Stamp, Started
from executor.journal.log import JournalFailed
from executor.model.outcomes import Opinion, Status
from tests.simulation.explore import Exploration

Original: TypeAlias = Callable[..., Any]
ENOUGH = 6000  # schedules within which each of them must be found
PICKED = 8  # branches of each seed: many plans show more than all of one


@dataclass(frozen=True, slots=True)
class Mutant:
    """`places` are names as `module:attribute`, all of which get what `make` makes of the original."""

    name: str
    places: tuple[str, ...]
    make: Callable[[Original], Original]

    @contextmanager
    def alive(self) -> Iterator[None]:
        """While this lasts, the program has the mistake."""
        with ExitStack() as stack:
            for place in self.places:
                module, _, path = place.partition(":")
                owner: Any = importlib.import_module(module)
                *parents, name = path.split(".")
                for parent in parents:
                    owner = getattr(owner, parent)
                stack.enter_context(patch.object(owner, name, self.make(getattr(owner, name))))
            yield


def hunt(mutant: Mutant, schedules: int = ENOUGH, first: int = 0) -> str:
    """What gave the mutant away; empty where nothing did in so many schedules."""
    with mutant.alive():
        try:
            for _ in islice(_schedules(first), schedules):
                pass
        except Exception as why:  # noqa: BLE001 - a mutant may break anything, in any way
            return str(why) or type(why).__name__
    return ""


def _schedules(first: int) -> Iterator[object]:
    for seed in range(first, first + ENOUGH):
        yield from Exploration(seed).run(most=PICKED)


# --- how they are made ------------------------------------------------------------------------------------------------


def _answers(value: object) -> Callable[[Original], Original]:
    """Always the same answer."""
    return lambda _original: lambda *_given, **_named: value


def _then(change: Callable[[Any], Any]) -> Callable[[Original], Original]:
    """What the original says, changed."""
    return lambda original: lambda *given, **named: change(original(*given, **named))


def _events(change: Callable[[Any], Any]) -> Callable[[Original], Original]:
    """The original's decision with its events changed."""

    def changed(decision: Decision | None) -> Decision | None:
        if decision is None:
            return None
        return Decision(tuple(change(event) for event in decision.events), decision.effects)

    return _then(changed)


def _unarmed(event: object) -> object:
    return replace(event, armed=None) if isinstance(event, Started) else event


def _acts_first(_original: Original) -> Original:
    def settle(loop: Any, events: list[Any]) -> Any:
        """As the loop's own, but for the sync that comes too late."""
        loop._fold(events)
        effects: list[Any] = []
        while (decision := decide(loop._plan, loop._state)) != Decision():
            loop._fold(decision.events)
            effects += decision.effects
        finished = None
        for effect in effects:
            if isinstance(effect, Finish):
                finished = effect.exit
                break
            loop._world.perform(effect)
        loop._recorder.sync()
        return finished

    return settle


def _forgets_doubt(original: Original) -> Original:
    def ended(state: Any, event: Ended) -> None:
        original(state, event)
        state.hosts[event.key.host].doubts.clear()

    return ended


def _passes_every_gate(original: Original) -> Original:
    def judged(plan: Any, state: Any, event: Judged) -> None:
        if event.key.part == "health":
            event = replace(event, verdict=replace(event.verdict, opinion=Opinion.PASSED))
        original(plan, state, event)

    return judged


def _takes_unknown_for_done(original: Original) -> Original:
    def ended(state: Any, event: Ended) -> None:
        if event.result.status is Status.UNKNOWN:
            event = replace(event, result=replace(event.result, status=Status.OK, rc=0))
        original(state, event)

    return ended


def _starts_anew(original: Original) -> Original:
    def once_more(host: Any, work: Any) -> None:
        work.stuck = None
        original(host, work)

    return once_more


def _done_at_once(original: Original) -> Original:
    def enter(plan: Any, state: Any, host: Any) -> Any:
        work = original(plan, state, host)
        host.between.clear()
        return work

    return enter


def _forgets_attempts(original: Original) -> Original:
    def left_behind(state: Any, host: Any, work: Any, *rest: Any) -> None:
        original(state, host, work, *rest)
        work.touched.clear()
        for entry in host.armed.values():
            entry.touched = False

    return left_behind


def _of_the_run_alone(original: Original) -> Original:
    def cut(state: Any, host: Any) -> int:
        return original(state, host) if host else max((seq for seq, _ in state.cuts.values()), default=0)

    return cut


def _keeps_on(original: Original) -> Original:
    def evolve_lock(state: Any, event: Any) -> None:
        if not isinstance(event, LockLost):
            original(state, event)

    return evolve_lock


def _writes_on(original: Original) -> Original:
    def sync(recorder: Any) -> None:
        try:
            original(recorder)
        except JournalFailed:
            recorder._untold = []

    return sync


def _looks_at_the_wall(original: Original) -> Original:
    def told(state: Any, event: Any, stamp: Stamp) -> None:
        original(state, event, stamp)
        state.clock = stamp.at.timestamp()

    return told


def _goes_on_where_it_was(original: Original) -> Original:
    def taken_up(state: Any) -> None:
        probes = {name: host.probe for name, host in state.hosts.items()}
        original(state)
        for name, probe in probes.items():
            state.hosts[name].probe = probe

    return taken_up


def _never_too_late(original: Original) -> Original:
    def returned(plan: Any, state: Any) -> Any:
        with patch.object(lapse, "due", _answers(())(lapse.due)):
            return original(plan, state)

    return returned


def _as_if_new(decision: Decision) -> Decision:
    effects = (replace(e, again=False) if isinstance(e, Perform) else e for e in decision.effects)
    return Decision(decision.events, tuple(effects))


def _twice(course: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(element for one in course for element in ((one, one) if isinstance(one, Unwind) else (one,)))


def _forward(entries: list[Any]) -> list[Any]:
    return list(reversed(entries))


def _without_last(steps: tuple[Any, ...]) -> tuple[Any, ...]:
    return steps[:-1] if len(steps) > 1 else steps


def _no_drain(course: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(element for element in course if getattr(element, "leg", "") != "drain")


def _no_gate(course: list[Any]) -> list[Any]:
    return [element for element in course if not isinstance(element, Gate)]


def _wide_first(visits: list[Any]) -> list[Any]:
    return sorted(visits, key=lambda visit: visit.group != 0)


def _ends_batches_early(original: Original) -> Original:
    def batches(plan: Any, state: Any, stage: Any, planned: Any) -> Any:
        if len(stage.open) == 1 and len(stage.members) > 1:
            saved, stage.open = stage.open, {}
            try:
                return original(plan, state, stage, planned)
            finally:
                stage.open = saved
        return original(plan, state, stage, planned)

    return batches


def _only_connects(decision: Decision) -> Decision:
    return Decision(decision.events, tuple(e for e in decision.effects if isinstance(e, Connect)))


E = "executor.engine"
CUTS = (f"{E}.undo:cut", f"{E}.evolve_back:cut", f"{E}.lapse:cut")

QUICK = (  # found at once
    Mutant("the journal after acting", ("executor.drive.loop:Loop._settle",), _acts_first),
    Mutant("nothing is ever armed", (f"{E}.action:_armed",), _answers(None)),
    Mutant("armed after instead of before", (f"{E}.step:perform", f"{E}.action:perform"), _events(_unarmed)),
    Mutant("taken up as if it had never been sent", (f"{E}.run:resume.decide",), _then(_as_if_new)),
    Mutant("what was under way is forgotten", (f"{E}.run:resume.decide",), _then(_only_connects)),
    Mutant("a handler run twice", (f"{E}.rollback:_bracketed", f"{E}.evolve_back:own_course"), _then(_twice)),
    Mutant("a handler's last step left out", (f"{E}.work:tasks",), _then(_without_last)),
    Mutant("what is left is not told", (f"{E}.finish:_left",), _answers(())),
    Mutant("a drain that has begun counts as done", (f"{E}.evolve_work:enter",), _done_at_once),
    Mutant("on without the lock", (f"{E}.evolve:evolve_lock",), _keeps_on),
    Mutant("incomplete counts as complete", (f"{E}.finish:complete",), _answers(True)),
)

MUTANTS = (
    *QUICK,
    Mutant("unknown counts as done", (f"{E}.evolve_work:ended",), _takes_unknown_for_done),
    Mutant("health ignored", (f"{E}.evolve_work:judged",), _passes_every_gate),
    Mutant("no fence", (f"{E}.evolve_work:ended",), _forgets_doubt),
    Mutant("a batch that does not wait for its last host", (f"{E}.stage:_batches",), _ends_batches_early),
    Mutant(
        "batches as wide as the stage", (f"{E}.stage:cut",), lambda _original: lambda hosts, _serial: (tuple(hosts),)
    ),
    Mutant("a window one place too wide", (f"{E}.evolve:window",), _then(lambda places: places + 1)),
    Mutant("one more host may fail", (f"{E}.stage:allowed_failures",), _then(lambda limit: limit + 1)),
    Mutant("one host fewer may fail", (f"{E}.stage:allowed_failures",), _then(lambda limit: limit - 1)),
    Mutant("a step that runs once is skipped", (f"{E}.stage:_may_run",), _answers(False)),
    Mutant("forks without a bound", (f"{E}.decide:_starved",), _answers(False)),
    Mutant("an abort that begins new steps", (f"{E}.step:_halting",), _answers(False)),
    Mutant("rollback in the order of the way there", (f"{E}.rollback:pending",), _then(_forward)),
    Mutant("what ran once is undone before what came later", (f"{E}.rollback:_visits",), _then(_wide_first)),
    Mutant("what ran once is not undone", (f"{E}.rollback:pending_run_wide",), _answers([])),
    Mutant("a point of no return that is none", CUTS[:2], _answers(0)),
    Mutant("undone in traffic", (f"{E}.rollback:_bracketed", f"{E}.evolve_back:own_course"), _then(_no_drain)),
    Mutant("what was lost is begun anew beside itself", (f"{E}.lost:once_more",), _starts_anew),
    Mutant("nobody is asked what became of what was lost", (f"{E}.settle:first",), _answers(None)),
    Mutant("a handler that was lost is begun from its start", (f"{E}.lost:keep",), _answers(None)),
    Mutant("only the last attempt counts", (f"{E}.evolve_work:_left_behind",), _forgets_attempts),
    Mutant("what belongs to the run knows no host's point of no return", CUTS, _of_the_run_alone),
    Mutant("the lock is kept at the end", (f"{E}.finish:let_go",), _answers(None)),
    Mutant("on although nothing can be written", ("executor.drive.recorder:Recorder.sync",), _writes_on),
    Mutant("the wall clock is read again and again", (f"{E}.clock:told",), _looks_at_the_wall),
    Mutant("nothing ever lapses", (f"{E}.lapse:due",), _answers(())),
    Mutant("undone however late its host returns", (f"{E}.run:_returned",), _never_too_late),
    Mutant("half a gate from before counts", (f"{E}.evolve_resume:taken_up",), _goes_on_where_it_was),
    Mutant("traffic without a look at health", (f"{E}.rollback:_gate",), _then(_no_gate)),
)
