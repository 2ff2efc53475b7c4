"""A simulated run, from its plan to its exit code."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from executor.drive.loop import Loop
from executor.drive.recorder import Recorder, Reporters
from executor.drive.timers import Timers
from executor.engine import initial
from executor.errors import Exit
from executor.events import Event, RunStarted, Stamp
from executor.model.plans import Plan
from executor.simulation.calendar import Calendar
from executor.simulation.world import Script, SimulatedWorld


class _NoDisk:
    """A journal that nobody will read."""

    def append(self, records: Sequence[tuple[Stamp, Event]], /) -> None:
        """Nothing is kept."""

    def sync(self) -> None:
        """Nothing is waited for."""


def simulate(plan: Plan, started: RunStarted, script: Script, reporters: Reporters, *, at: datetime) -> Exit:
    """Run a plan to its end in a world that answers as the script says. The simulated clocks begin `at` that time."""
    calendar = Calendar()
    loop = Loop(
        plan,
        initial(plan),
        started,
        world=SimulatedWorld(script, calendar, lock=plan.lock),
        inbox=calendar,
        timers=Timers(),
        recorder=Recorder(_NoDisk(), reporters, calendar.clock, wall=lambda: at + timedelta(seconds=calendar.now)),
        reporters=reporters,
        clock=calendar.clock,
    )
    try:
        return loop.run()
    finally:
        reporters.close()
