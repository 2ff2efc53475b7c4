"""Whatever the engine can do, every report can tell."""

from __future__ import annotations

import io
from datetime import UTC, timedelta
from pathlib import Path
from typing import get_args

import pytest

from executor.errors import Exit
from executor.events import Event, RunEnded, Stamp
from executor.model.plans import Plan
from executor.report.fold import fold
from executor.report.glyphs import UNICODE
from executor.report.guide import Guide
from executor.report.picture import picture
from executor.report.plain import Plain
from executor.report.show import as_json, timeline
from executor.report.story import RunView
from executor.report.summary import summary, text
from tests.engine.scenario import Scenario, Scripted
from tests.engine.world import World
from tests.report.stories import BEGAN

SCENARIOS = sorted((Path(__file__).parents[1] / "engine" / "scenarios").glob("*.yml"))


def recorded(path: Path, folder: Path) -> tuple[Plan, list[tuple[Stamp, Event]]]:
    """The events of a scenario as the engine itself makes them."""
    scenario = Scenario.read(path)
    plan = scenario.plan(folder)
    records: list[tuple[Stamp, Event]] = []

    def tell(now: float, what: object) -> None:
        if isinstance(what, get_args(Event)):
            records.append((Stamp(len(records) + 1, BEGAN + timedelta(seconds=now), now), what))

    World(plan, Scripted(scenario), tell).go()
    return plan, records


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_every_run_can_be_told(path: Path, tmp_path: Path) -> None:
    plan, records = recorded(path, tmp_path)
    view, guide, out = RunView(), Guide(plan), io.StringIO()
    plain = Plain(plan, out, everything=True, zone=UTC)
    for stamp, event in records:
        plain.event(stamp, event)
        fold(view, plan, stamp, event)
        for width, height in ((80, 24), (30, 4)):
            lines = picture(view, guide, width=width, height=height, glyphs=UNICODE)
            assert len(lines) < height
            assert all(line.cell_len < width for line in lines)
    ended = records[-1][1]
    assert isinstance(ended, RunEnded)
    told = text(summary(view, commands=("show", "logs")), colour=False)
    assert bool(view.active) == ("Still running there" in told)
    assert not view.active or ended.exit is Exit.INTERRUPTED
    shown = out.getvalue() + told + "".join(timeline(plan, records, commands=()))
    assert all(character.isprintable() for character in shown.replace("\n", ""))
    assert isinstance(as_json(plan, records), dict)
    for owed in ended.left:
        assert owed.name in told.split("Left to undo")[1]
    for one in ended.stays:
        assert one.name in told.split("Not undone" if one.why or not one.host else "still there")[1]
    for change in ended.not_undone:
        assert change.partition(": ")[2] in told.split("no way back was written down")[1]
