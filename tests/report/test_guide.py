"""What the plan says about a piece of work: its place among the steps, and the time it has."""

from __future__ import annotations

import pytest

from executor.events import Key
from executor.model.actions import ProbeAction, Shell
from executor.model.leaves import Late, Template
from executor.model.plans import Plan, PlannedStage, PlannedStep
from executor.model.probes import Http, Probe
from executor.model.steps import Body, Item, Settings, Task
from executor.report.guide import Bound, Guide

HTTP = Http("http://localhost/")
LATE = Late(Template("{{ patience.stdout }}"))


def step(identity: str, *bodies: Body) -> PlannedStep:
    items = tuple(Item(number, str(number), body) for number, body in enumerate(bodies))
    return PlannedStep(identity, identity, {"web1": Task(identity, identity, items)})


GUIDE = Guide(
    Plan(
        "Deploy",
        "deploy.yml",
        "/srv",
        (),
        {},
        {},
        (
            PlannedStage(
                "1",
                "Roll out",
                ("web1",),
                (
                    step("1.1", Body(Shell("a"), Settings(timeout=30.0)), Body(Shell("b"), Settings(timeout=60.0))),
                    step("1.2", Body(Shell("c"), verify=Probe(HTTP, within=20.0))),
                    step("1.3", Body(ProbeAction(Probe(HTTP, hold=1800.0, within=5.0)))),
                    step("1.4", Body(ProbeAction(Probe(HTTP, hold=LATE)))),
                    step("1.5"),
                ),
                health={"web1": (Probe(HTTP), Probe(HTTP, within=9.0))},
                drain=(step("1.d1", Body(Shell("d"), Settings(timeout=7.0))),),
            ),
        ),
        always=(step("a.1", Body(Shell("e"), Settings(timeout=8.0))),),
    )
)


@pytest.mark.parametrize(
    ("key", "bound"),
    [
        (Key("web1", "1.1"), Bound("timeout", 30.0)),
        (Key("web1", "1.1", item=1), Bound("timeout", 60.0)),
        (Key("web1", "1.1", item=9), Bound("timeout", 60.0)),
        (Key("web1", "1.1", "apply"), None),
        (Key("web1", "1.1", "undo", direction="back"), None),
        (Key("web1", "1.1", direction="back"), None),
        (Key("web2", "1.1"), None),
        (Key("web1", "1.2"), None),
        (Key("web1", "1.2", "verify"), Bound("within", 20.0)),
        (Key("web1", "1.1", "verify"), None),
        (Key("web1", "1.3"), Bound("hold", 1800.0)),
        (Key("web1", "1.4"), None),
        (Key("web1", "1.5"), None),
        (Key("web1", "1", "health"), None),
        (Key("web1", "1", "health", item=1), Bound("within", 9.0)),
        (Key("web1", "1", "health", item=1, direction="back"), Bound("within", 9.0)),
        (Key("web1", "1", "health", item=2), None),
        (Key("web1", "1.d1"), Bound("timeout", 7.0)),
        (Key("web1", "a.1"), Bound("timeout", 8.0)),
        (Key("web1", "9.9"), None),
    ],
)
def test_the_time_that_work_has(key: Key, bound: Bound | None) -> None:
    assert GUIDE.bound(key) == bound


def test_only_a_stages_own_steps_are_counted() -> None:
    assert GUIDE.position("1.2") == (2, 5)
    assert GUIDE.position("1.d1") is None
    assert GUIDE.position("1.2.u1") is None
