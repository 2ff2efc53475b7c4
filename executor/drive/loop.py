"""Decide, write down, act, listen: the one thread that owns a run's state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from executor.drive.inbox import Call, Clock, Message, Output, Source
from executor.drive.recorder import Recorder, Reporters
from executor.drive.timers import Timers
from executor.engine import State, decide, evolve
from executor.engine.effects import Decision, Effect, Finish
from executor.errors import Exit
from executor.events import Event
from executor.model.plans import Plan
from executor.secrets import NOTHING_TO_HIDE, Redactor, without_secrets

NOTHING = Decision()
TICK = 0.1  # seconds between two looks of the live view


class World(Protocol):
    """Performs effects. `perform` returns at once; what comes of it arrives in the inbox."""

    def perform(self, effect: Effect) -> None: ...


class Loop:
    """Runs a plan to its end. See `run`."""

    def __init__(
        self, plan: Plan, state: State, opening: Event, *, world: World, inbox: Source, timers: Timers,
        recorder: Recorder, reporters: Reporters, clock: Clock, redactor: Redactor = NOTHING_TO_HIDE,
        before: Sequence[Event] = (),
    ) -> None:  # fmt: skip
        """`before` is what is recorded with the opening, and ahead of it: the state knows it already."""
        self._before = before
        self._plan = plan
        self._opening = opening
        self._state = state
        self._world = world
        self._inbox = inbox
        self._timers = timers
        self._recorder = recorder
        self._reporters = reporters
        self._clock = clock
        self._redactor = redactor

    def run(self) -> Exit:
        """From the opening event until the engine says Finish.

        Raises JournalFailed when the journal can no longer be written.
        """
        finished = self._settle([*self._before, self._opening])
        while finished is None:
            finished = self._take(self._inbox.gather(self._patience()))
        return finished

    def _patience(self) -> float:
        due = self._timers.next()
        return TICK if due is None else min(TICK, due - self._clock())

    def _take(self, messages: list[Message]) -> Exit | None:
        events: list[Event] = []
        for message in messages:
            match message:
                case Output(key, stream, data, shown):
                    self._reporters.output(key, stream, data)
                    shown(len(data))
                case Call(do):
                    do()
                case event:
                    events.append(without_secrets(event, self._redactor))
        now = self._clock()
        self._timers.run(now)
        finished = self._settle(events) if events else None
        self._reporters.tick(now)
        return finished

    def _settle(self, events: Sequence[Event]) -> Exit | None:
        """Fold events in, let the engine decide until it has nothing more to say, then act on all of it.

        Everything is on disk before the first effect starts; what came together shares one sync.
        """
        self._fold(events)
        effects: list[Effect] = []
        while (decision := decide(self._plan, self._state)) != NOTHING:
            self._fold(decision.events)
            effects += decision.effects
        self._recorder.sync()
        for effect in effects:
            if isinstance(effect, Finish):
                return effect.exit
            self._world.perform(effect)
        return None

    def _fold(self, events: Sequence[Event]) -> None:
        for stamp, event in self._recorder.record(events):
            self._state = evolve(self._plan, self._state, event, stamp)
