"""A world that exists only in the program: simulated hosts, people and time under the real engine.

Everything that the engine asks for is answered from a script, at a time of its own, in an order that depends on the
script alone. On the way the world checks what must hold in every run: an effect is allowed by an event before it, no
key is used twice, and a fold over the journal gives the very same state.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from executor.engine import State, decide, evolve, initial
from executor.engine.effects import Ask, Cancel, Connect, Effect, End, Finish, Perform, Sample, Unlock, Wait, Watch
from executor.events import (
    Answered,
    Asked,
    Connecting,
    Ended,
    Event,
    HostLost,
    HostReached,
    Judged,
    Key,
    Question,
    Retrying,
    RunStarted,
    Started,
    Unlocked,
    WaitEnded,
    WaitStarted,
    WatchStarted,
    WatchTurned,
)
from executor.model.outcomes import Opinion, Result, Status, Verdict
from executor.model.plans import Plan

LONGEST = 20_000  # decisions of one run: a run that needs more is taken for one that never ends


class Endless(AssertionError):
    """The run did not come to its end."""


class Script(Protocol):
    """How the world answers. Every answer comes with the seconds after which it is there."""

    def connect(self, host: str, /) -> tuple[float, str]:
        """Why the host cannot be reached; empty: it can."""
        ...

    def perform(self, effect: Perform, name: str, /) -> tuple[float, Result]: ...

    def sample(self, effect: Sample, name: str, /) -> tuple[float, Verdict]: ...

    def ask(self, key: Key, question: Question) -> tuple[float, Answered]: ...

    def watch(self, effect: Watch) -> Iterable[tuple[float, WatchTurned]]: ...

    def outside(self) -> Iterable[tuple[float, Event]]:
        """What happens by itself: interrupts, connections that are lost."""
        ...


@dataclass(slots=True)
class World:
    """One run of a plan. `lines` is told every event and effect with its time."""

    plan: Plan
    script: Script
    tell: Callable[[float, Event | Effect], None] = lambda _now, _what: None
    run: str = "r1"
    operator: str = "ann"
    now: float = 0.0
    journal: list[Event] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    finished: Finish | None = None
    watching: Callable[[State], None] = lambda _state: None  # invariants that are checked after each decision
    written: Callable[[], None] = lambda: None  # called when a decision is on disk, and before its effects begin
    before: State | None = None  # what the journal comes to, where this plan is not the one that it began with
    _queue: list[tuple[float, int, Event]] = field(default_factory=list)
    _count: int = 0
    _waiting: dict[Key, Callable[[], Event]] = field(default_factory=dict)  # how an open effect is cut short
    _names: dict[Key, str] = field(default_factory=dict)
    _allowed: set[Key] = field(default_factory=set)
    _hosts: set[str] = field(default_factory=set)
    _over: set[Key] = field(default_factory=set)  # commands that had ended in an earlier life
    _cut_off: set[Key] = field(default_factory=set)  # probes that died with an earlier life

    def go(self, opening: Event | None = None) -> State:
        """Run to the end and check what holds for every run.

        With a `journal` of what happened before, and `opening` (that it is resumed), the run is carried on from there.
        """
        state = initial(self.plan) if self.before is None else self.before
        for event in self.journal:
            self._recall(event)
            if self.before is None:
                evolve(self.plan, state, event)
        for seconds, event in self.script.outside():
            if (not isinstance(event, HostLost) or event.host in self.plan.hosts) and (
                seconds > self.now or not self.now
            ):
                self._later(seconds - self.now, event)
        started = RunStarted(self.run, self.plan.name, self.plan.file, "", self.operator, "here", reason="because")
        self._fold(state, opening or started)
        for _ in range(LONGEST):
            self._settle(state)
            if self.finished is not None:
                self._check_fold(state)
                return state
            if not self._queue:
                raise Endless(f"nothing is under way, and the run has not ended; phase {state.phase}")
            self.now, _, event = heapq.heappop(self._queue)
            if self._is_due(event):
                self._allow(event)
                self._fold(state, event)
        raise Endless("the run goes on and on")

    # --- the engine's side --------------------------------------------------------------------------------------------

    def _settle(self, state: State) -> None:
        for _ in range(LONGEST):
            decision = decide(self.plan, state)
            assert decision == decide(self.plan, state), "asked twice, decide says two different things"
            if not decision.events and not decision.effects:
                return
            for event in decision.events:
                self._allow(event)
                self._fold(state, event)
            self.written()
            for effect in decision.effects:
                self._perform(effect)
            self.watching(state)
        raise Endless("deciding does not come to an end")

    def _fold(self, state: State, event: Event) -> None:
        self.journal.append(event)
        self.tell(self.now, event)
        evolve(self.plan, state, event)

    def _check_fold(self, state: State) -> None:
        if self.before is not None:
            return
        again = initial(self.plan)
        for event in self.journal:
            evolve(self.plan, again, event)
        assert again == state, "a fold over the journal gives another state"

    def _recall(self, event: Event) -> None:
        """An event of an earlier life: what it allowed may be taken up again, what has ended may not."""
        self._allow(event)
        match event:
            case Ended(key):
                self._over.add(key)
            case Started(key, kind="sample"):
                self._cut_off.add(key)
            case Judged(key):
                self._cut_off.discard(key)
            case _:
                pass

    def _allow(self, event: Event) -> None:
        match event:
            case Started(key, name):
                self._names[key] = name
                self._once(key)
            case WaitStarted(key) | Asked(key) | WatchStarted(key):
                self._once(key)
            case Retrying(key):
                self._once(Key(key.host, key.task, "retry", key.item, key.attempt, key.sub, key.direction, key.of))
            case Connecting(hosts):
                self._hosts |= set(hosts)
            case Ended(key, result) if result.status is Status.UNREACHABLE:
                self._allowed.discard(key)  # what was lost is asked for again under its own key
            case _:
                pass

    def _once(self, key: Key) -> None:
        assert key not in self._allowed or key in self._cut_off, f"the key {key} is used twice"
        self._cut_off.discard(key)
        self._allowed.add(key)

    # --- the world's side ---------------------------------------------------------------------------------------------

    def _perform(self, effect: Effect) -> None:
        self.effects.append(effect)
        self.tell(self.now, effect)
        match effect:
            case Connect(host):
                assert host in self._hosts, f"{host} is connected to, and no event says so"
                seconds, why = self.script.connect(host)
                self._later(seconds, HostLost(host, why) if why else HostReached(host))
            case Cancel(key) | End(key):
                self._cut(key)
            case Finish():
                self.finished = effect
            case Unlock(hosts):
                self._later(0.0, Unlocked(hosts))
            case _:
                assert effect.key in self._allowed, f"{effect.key} begins, and no event says so"
                stuck = isinstance(effect, Perform) and effect.again
                assert effect.key not in self._over or stuck, f"{effect.key} had ended, and begins again"
                self._begin(effect)

    def _begin(self, effect: Perform | Sample | Watch | Wait | Ask) -> None:
        key = effect.key
        match effect:
            case Perform():
                seconds, result = self.script.perform(effect, self._names[key])
                self._later(seconds, Ended(key, result))
                self._waiting[key] = lambda: Ended(key, Result(Status.CANCELLED, detail="ended by us"))
            case Sample():
                seconds, verdict = self.script.sample(effect, self._names[key])
                self._later(seconds, Judged(key, verdict))
                self._waiting[key] = lambda: Judged(key, Verdict(Opinion.CANCELLED, "cancelled"))
            case Wait(key, seconds):
                self._later(seconds, WaitEnded(key))
                self._waiting[key] = lambda: WaitEnded(key, cut_short=True)
            case Ask(key, question):
                seconds, answer = self.script.ask(key, question)
                self._later(seconds, answer)
                self._waiting[key] = lambda: Answered(key, "", how="withdrawn")
            case Watch():
                for seconds, turned in self.script.watch(effect):
                    self._later(seconds, turned)
                self._waiting[key] = lambda: WatchTurned(key, "good", Verdict(Opinion.PASSED, "never told"))

    def _cut(self, key: Key) -> None:
        if key.part == "settle":
            return  # what became of a job is told also where its end was asked for
        answer = self._waiting.pop(key, None)
        if answer is not None and not isinstance(event := answer(), WatchTurned):
            self._later(0.0, event, cut=True)

    def _later(self, seconds: float, event: Event, *, cut: bool = False) -> None:
        self._count += 1
        order = -self._count if cut else self._count  # what is cut short is told before anything else of that moment
        heapq.heappush(self._queue, (self.now + seconds, order, event))

    def _is_due(self, event: Event) -> bool:
        """Whether an answer still counts: what was cut short is answered once, at once."""
        match event:
            case Ended(key) | Judged(key) | WaitEnded(key) | Answered(key):
                cut = self._is_cut_short(event)
                return cut or self._waiting.pop(key, None) is not None
            case WatchTurned(key):
                return key in self._waiting
            case _:
                return True

    @staticmethod
    def _is_cut_short(event: Event) -> bool:
        match event:
            case Ended(_, result):
                return result.status is Status.CANCELLED
            case Judged(_, verdict):
                return verdict.opinion is Opinion.CANCELLED
            case WaitEnded(_, cut_short):
                return cut_short
            case Answered(how="withdrawn"):
                return True
            case _:
                return False
