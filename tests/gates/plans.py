"""Small plans with questions in them."""

from __future__ import annotations

from executor.model.actions import Action, Checklist, ChecklistItem, Pause, Shell
from executor.model.leaves import Late, Template, Text
from executor.model.places import Place
from executor.model.plans import Plan, PlannedPause, PlannedStage, PlannedStep
from executor.model.steps import Body, Item, Task

HERE = Place("deploy.yml", 9, 13, 9, 33)


def task(
    name: str, action: Action, *, rollback: tuple[Task, ...] | None = None, when: tuple[Text | bool, ...] = ()
) -> Task:
    return Task(name, name, (Item(None, "", Body(action), rollback, when),))


def step(
    name: str, action: Action, *, rollback: tuple[Task, ...] | None = None, when: tuple[Text | bool, ...] = ()
) -> PlannedStep:
    shared = task(name, action, rollback=rollback, when=when)
    return PlannedStep(name, name, {"web1": shared, "web2": shared}, place=Place("deploy.yml", 8, 1))


def plan(*stages: PlannedStage, always: tuple[PlannedStep, ...] = ()) -> Plan:
    return Plan("Deploy", "deploy.yml", "/srv", (), {}, {}, stages, always)


def stage(name: str, *steps: PlannedStep, pause: str | None = None, skipped: str = "") -> PlannedStage:
    between = None if pause is None else PlannedPause(prompt=pause)
    return PlannedStage("1", name, ("web1", "web2"), steps, pause=between, skipped=skipped)


READY = step(
    "Ready",
    Checklist(
        (
            ChecklistItem("Code review approved", place=HERE),
            ChecklistItem("The tag exists", shell="git rev-parse v1"),  # noqa: S604 - it is a value, nothing is started
            ChecklistItem("Ticket", evidence=True, place=HERE),
            ChecklistItem(Late(Template("{{ version.stdout }} is announced"), needs=("version",)), place=HERE),
        )
    ),
)
ASKING = plan(
    stage("Pre-flight", READY),
    stage(
        "Roll out",
        step("Look", Pause(prompt="Looks good?")),
        step("Wait", Pause(seconds=3.0)),
        step("Never", Pause(prompt="?"), when=(False,)),
        step("Deploy", Shell("true"), rollback=(task("Tell them", Pause(prompt="Told?")),)),
        pause="Next one?",
    ),
    stage("Skipped", step("Look", Pause(prompt="?")), skipped="left out by --tags"),
    always=(step("Close", Checklist((ChecklistItem("Ticket closed"),))),),
)
