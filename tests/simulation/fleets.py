"""Plans at random: small ones, with everything in them that the engine knows. The same dice give the same plan."""

from __future__ import annotations

from random import Random
from typing import Literal, TypeVar

from executor.model.actions import Action, Checklist, ChecklistItem, Copy, Pause, ProbeAction, Shell
from executor.model.inventories import HostSpec
from executor.model.plans import Plan, PlannedPause, PlannedStage, PlannedStep, PlannedWatch
from executor.model.probes import Probe, Tcp
from executor.model.runbooks import Amount
from executor.model.steps import Body, Item, Retry, Settings, Task

T = TypeVar("T")

PROBE = Probe(Tcp(80))
_AMOUNTS = (Amount(1), Amount(2), Amount(50, percent=True), Amount(100, percent=True))


def plan(dice: Random) -> Plan:
    """A plan for one to four hosts, a database and the control node."""
    hosts = tuple(f"h{n}" for n in range(1, dice.choice([3, 2, 4, 1]) + 1))
    if dice.random() < 0.3:
        hosts = ("localhost", *hosts)
    return Plan(
        "random",
        "random.yml",
        "/",
        (),
        {name: HostSpec(name, name, local=name == "localhost") for name in (*hosts, "db", "localhost")},
        {},
        tuple(_stage(dice, n, hosts) for n in range(1, dice.randint(1, 3) + 1)),
        always=(_step(dice, "a.1", ("localhost",), plain=True),) if dice.random() < 0.4 else (),
        forks=dice.choice([0, 0, 0, 1, 2]),
        lock=dice.choice([None, "deploy"]),
        attended=dice.random() < 0.3,
    )


def _stage(dice: Random, number: int, hosts: tuple[str, ...]) -> PlannedStage:
    some = tuple(host for host in hosts if dice.random() < 0.7) or hosts
    traffic = dice.random() < 0.5
    watches: tuple[tuple[PlannedWatch, ...], ...] = (
        (),
        (PlannedWatch(f"{number}.w1", "control", {"localhost": PROBE}),),
        (PlannedWatch(f"{number}.w1", "host", dict.fromkeys(some, PROBE)),),
    )
    return PlannedStage(
        str(number),
        f"stage {number}",
        some,
        tuple(_step(dice, f"{number}.{n}", some) for n in range(1, dice.choice([3, 4, 2, 1]) + 1)),
        serial=tuple(dice.choices(_AMOUNTS, k=dice.choice([1, 2]))),
        max_unavailable=dice.choice([None, None, None, Amount(1), Amount(2)]),
        max_failures=dice.choice([Amount(0), Amount(1), Amount(50, percent=True), Amount(100, percent=True)]),
        pause=dice.choice([None, None, PlannedPause(seconds=5.0), PlannedPause(prompt="Go on?")]),
        drain=(_step(dice, f"{number}.d1", some, plain=True),) if traffic else (),
        restore=(_step(dice, f"{number}.r1", some, plain=True),) if traffic else (),
        health=dict.fromkeys(some, _probes(dice.choice([1, 2]))) if dice.random() < 0.5 else {},
        watch=dice.choice([(), (), *watches]),
        on_failure=dice.choice(["rollback", "rollback", "rollback", "ask", "stop"]),
        rollback_scope=dice.choice(["run", "run", "stage", "host"]),
        rollback_serial=dice.choice([None, (Amount(1),), (Amount(2),)]),
        abort_grace=dice.choice([5.0, 300.0]),
        always=(_step(dice, f"{number}.a1", some, plain=True),) if dice.random() < 0.3 else (),
    )


def _probes(count: int) -> tuple[Probe, ...]:
    return tuple(Probe(Tcp(80 + number)) for number in range(count))


def _step(dice: Random, number: str, hosts: tuple[str, ...], *, plain: bool = False) -> PlannedStep:
    """A step for all or some of the hosts, alike for each. `plain`: around the steps proper."""
    kind = dice.choice(["shell", "shell", "shell", "shell", "copy", "copy", "probe", "pause", "checklist"])
    actions: dict[str, Action] = {
        "shell": Shell(f"do {number}"),
        "copy": Copy(dest=f"/{number}", content="x"),
        "probe": ProbeAction(PROBE),
        "pause": Pause(seconds=3.0),
        "checklist": Checklist((ChecklistItem("Ready"), ChecklistItem("Look", probe=PROBE))),
    }
    working = kind in ("shell", "copy")
    once: Literal["run", "stage"] | None = dice.choice(["run", "stage"]) if not plain and dice.random() < 0.2 else None
    rollback: tuple[Task, ...] | None = None
    if working and not plain:
        rollback = dice.choice(
            [_handler(dice, number, 1), _handler(dice, number, 1), _handler(dice, number, 2), (), None]
        )
    body = Body(
        actions[kind],
        Settings(
            ignore_errors=True if dice.random() < 0.2 else None,
            delegate_to=dice.choice(["db", *hosts]) if working and dice.random() < 0.2 else None,
        ),
        unless="has it" if working and dice.random() < 0.2 else None,
        retry=Retry(2, dice.choice([0.0, 2.0])) if working and dice.random() < 0.25 else None,
        apply="apply" if kind == "copy" and dice.random() < 0.25 else None,
        verify=PROBE if working and dice.random() < 0.25 else None,
        read_only=kind == "shell" and rollback is None and dice.random() < 0.25,
        irreversible=working and not plain and dice.random() < 0.06,
    )
    rounds = dice.choice([1, 1, 1, 2]) if working and once is None else 1
    lasts = dice.choice([*[None] * 9, 20.0, 500.0]) if rollback else None
    items = tuple(
        Item(n if rounds > 1 else None, str(n) if rounds > 1 else "", body, rollback, valid_for=lasts)
        for n in range(rounds)
    )
    task = Task(number, f"step {number}", items, looped=rounds > 1)
    some = hosts if once is not None or dice.random() < 0.5 else _some(dice, hosts)
    return PlannedStep(number, f"step {number}", dict.fromkeys(some, task), once=once)


def _some(dice: Random, hosts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(host for host in hosts if dice.random() < 0.5) or hosts


def _handler(dice: Random, number: str, count: int) -> tuple[Task, ...]:
    return tuple(_undoing(dice, f"{number}.u{n}", f"undo {number}.{n}") for n in range(1, count + 1))


def _undoing(dice: Random, number: str, what: str) -> Task:
    body = Body(
        Shell(what),
        Settings(),
        retry=Retry(2, dice.choice([0.0, 2.0])) if dice.random() < 0.2 else None,
        verify=PROBE if dice.random() < 0.2 else None,
    )
    return Task(number, what, (Item(None, "", body),))
