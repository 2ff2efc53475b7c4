"""Plans and worlds at random: small ones, with everything in them that the engine knows."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from hypothesis import strategies as st

from executor.engine.effects import Perform, Sample, Watch
from executor.events import Answered, Event, HostLost, Interrupted, Key, Question, WatchTurned
from executor.model.actions import Action, Checklist, ChecklistItem, Copy, Pause, ProbeAction, Shell
from executor.model.inventories import HostSpec
from executor.model.outcomes import Opinion, Result, Status, Verdict
from executor.model.plans import Plan, PlannedPause, PlannedStage, PlannedStep, PlannedWatch
from executor.model.probes import Probe, Tcp
from executor.model.runbooks import Amount
from executor.model.steps import Body, Item, Retry, Settings, Task

PROBE = Probe(Tcp(80))


def probes(count: int) -> tuple[Probe, ...]:
    return tuple(Probe(Tcp(80 + number)) for number in range(count))


# --- plans ------------------------------------------------------------------------------------------------------------


@st.composite
def steps(draw: st.DrawFn, number: str, hosts: tuple[str, ...], *, plain: bool = False) -> PlannedStep:
    """A step for all or some of the hosts, alike for each."""
    kind = draw(st.sampled_from(["shell", "shell", "shell", "shell", "copy", "copy", "probe", "pause", "checklist"]))
    actions: dict[str, Action] = {
        "shell": Shell(f"do {number}"),
        "copy": Copy(dest=f"/{number}", content="x"),
        "probe": ProbeAction(PROBE),
        "pause": Pause(seconds=3.0),
        "checklist": Checklist((ChecklistItem("Ready"), ChecklistItem("Look", probe=PROBE))),
    }
    chance = st.sampled_from([False, False, False, True])
    working = kind in ("shell", "copy")
    once: Literal["run", "stage"] | None = (
        None if plain or not draw(chance) else draw(st.sampled_from(["run", "stage"]))
    )
    rollback: tuple[Task, ...] | None = None
    if working and not plain:
        handlers = [_handler(number, 1), _handler(number, 1), _handler(number, 1), _handler(number, 2)]
        rollback = draw(st.sampled_from([*handlers, (), None]))
    body = Body(
        actions[kind],
        Settings(
            ignore_errors=True if draw(chance) else None,
            delegate_to=draw(st.sampled_from(["db", *hosts])) if working and draw(chance) else None,
        ),
        unless="has it" if working and draw(chance) else None,
        retry=Retry(2, draw(st.sampled_from([0.0, 2.0]))) if working and draw(chance) else None,
        apply="apply" if kind == "copy" and draw(chance) else None,
        verify=PROBE if working and draw(chance) else None,
        read_only=kind == "shell" and rollback is None and draw(chance),
        irreversible=working and not plain and draw(chance) and draw(chance),
    )
    rounds = draw(st.sampled_from([1, 1, 1, 2])) if working and once is None else 1
    items = tuple(Item(n if rounds > 1 else None, str(n) if rounds > 1 else "", body, rollback) for n in range(rounds))
    task = Task(number, f"step {number}", items, looped=rounds > 1)
    some = hosts if once is not None or draw(st.booleans()) else tuple(h for h in hosts if draw(st.booleans())) or hosts
    return PlannedStep(number, f"step {number}", dict.fromkeys(some, task), once=once)


def _handler(number: str, count: int) -> tuple[Task, ...]:
    return tuple(
        Task(f"{number}.u{n}", f"undo {number}.{n}", (Item(None, "", Body(Shell(f"undo {number}.{n}"))),))
        for n in range(1, count + 1)
    )


@st.composite
def stages(draw: st.DrawFn, number: int, hosts: tuple[str, ...]) -> PlannedStage:
    some = tuple(host for host in hosts if draw(st.sampled_from([True, True, False]))) or hosts
    count = draw(st.sampled_from([3, 4, 2, 1]))
    traffic = draw(st.booleans())
    amounts = st.sampled_from([Amount(1), Amount(2), Amount(50, percent=True), Amount(100, percent=True)])
    alike = dict.fromkeys(some)
    watch = draw(st.sampled_from(["", "", "control", "host"]))
    watches: dict[str, tuple[PlannedWatch, ...]] = {
        "": (),
        "control": (PlannedWatch(f"{number}.w1", "control", {"localhost": PROBE}),),
        "host": (PlannedWatch(f"{number}.w1", "host", dict.fromkeys(alike, PROBE)),),
    }
    return PlannedStage(
        str(number),
        f"stage {number}",
        some,
        tuple(draw(steps(f"{number}.{n}", some)) for n in range(1, count + 1)),
        serial=tuple(draw(st.lists(amounts, min_size=1, max_size=2))),
        max_unavailable=draw(st.sampled_from([None, None, None, Amount(1), Amount(2)])),
        max_failures=draw(st.sampled_from([Amount(0), Amount(1), Amount(50, percent=True), Amount(100, percent=True)])),
        pause=draw(st.sampled_from([None, None, PlannedPause(seconds=5.0), PlannedPause(prompt="Go on?")])),
        drain=(draw(steps(f"{number}.d1", some, plain=True)),) if traffic else (),
        restore=(draw(steps(f"{number}.r1", some, plain=True)),) if traffic else (),
        health={host: probes(draw(st.integers(1, 2))) for host in alike} if draw(st.booleans()) else {},
        watch=watches[watch],
        on_failure=draw(st.sampled_from(["rollback", "rollback", "rollback", "ask", "stop"])),
        rollback_scope=draw(st.sampled_from(["run", "run", "stage", "host"])),
        rollback_serial=draw(st.sampled_from([None, (Amount(1),), (Amount(2),)])),
        abort_grace=draw(st.sampled_from([5.0, 300.0])),
        always=(draw(steps(f"{number}.a1", some, plain=True)),) if draw(st.booleans()) else (),
    )


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    hosts = tuple(f"h{n}" for n in range(1, draw(st.sampled_from([3, 2, 4, 1])) + 1))
    if draw(st.sampled_from([False, False, True])):
        hosts = ("localhost", *hosts)
    names = dict.fromkeys((*hosts, "db", "localhost"))
    return Plan(
        "random",
        "random.yml",
        "/",
        (),
        {name: HostSpec(name, name, local=name == "localhost") for name in names},
        {},
        tuple(draw(stages(n, hosts)) for n in range(1, draw(st.integers(1, 3)) + 1)),
        always=(draw(steps("a.1", ("localhost",), plain=True)),) if draw(st.booleans()) else (),
        forks=draw(st.sampled_from([0, 0, 0, 1, 2])),
        step_mode=draw(st.sampled_from([False, False, False, True])),
    )


# --- worlds -----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Chance:
    """A script at random: everything goes well but with a certain chance, and everything takes its time."""

    dice: random.Random
    bad: float = 0.1
    interrupts: bool = False
    lost: Mapping[str, float] = field(default_factory=dict)  # hosts that are cut off at some time

    def _seconds(self) -> float:
        return self.dice.choice([0.0, 1.0, 1.0, 2.0, 7.0])

    def _fails(self) -> bool:
        return self.dice.random() < self.bad

    def connect(self, _host: str) -> tuple[float, str]:
        return self._seconds(), "refused" if self._fails() and self._fails() else ""

    def perform(self, effect: Perform, _name: str) -> tuple[float, Result]:
        bad = [
            Result(Status.OK, rc=1),
            Result(Status.OK, rc=1),
            Result(Status.FAILED),
            Result(Status.TIMED_OUT),
            Result(Status.UNREACHABLE),
            Result(Status.UNKNOWN),
            Result(Status.REFUSED),
        ]
        good = [Result(Status.OK, rc=0), Result(Status.OK, rc=0, changed=True), Result(Status.OK, rc=0, changed=False)]
        if effect.key.part == "unless":
            return self._seconds(), Result(Status.OK, rc=self.dice.choice([0, 1, 1]))
        return self._seconds(), self.dice.choice(bad if self._fails() else good)

    def sample(self, _effect: Sample, _name: str) -> tuple[float, Verdict]:
        opinion = self.dice.choice([Opinion.FAILED, Opinion.INCONCLUSIVE]) if self._fails() else Opinion.PASSED
        return self._seconds(), Verdict(opinion, opinion.value)

    def ask(self, key: Key, question: Question) -> tuple[float, Answered]:
        choice = self.dice.choice(question.choices) if question.choices else ""
        if question.kind == "checklist":
            choice = "no" if self._fails() else "yes"
        if question.kind == "failure" and choice == "retry" and self.dice.random() < 0.3:
            choice = "rollback"  # nobody tries for ever
        return self._seconds(), Answered(key, choice)

    def watch(self, effect: Watch) -> Iterable[tuple[float, WatchTurned]]:
        now = 0.0
        for _ in range(self.dice.randrange(3)):
            now += 1.0 + self._seconds()
            yield now, WatchTurned(effect.key, "bad", Verdict(Opinion.FAILED, "bad"))
            now += 1.0 + self._seconds()
            if self._fails():
                yield now, WatchTurned(effect.key, "failed", Verdict(Opinion.FAILED, "bad for too long"))
                return
            yield now, WatchTurned(effect.key, "good", Verdict(Opinion.PASSED, "good"))

    def outside(self) -> Iterable[tuple[float, Event]]:
        for host, when in self.lost.items():
            yield when, HostLost(host, "cut off")
        if self.interrupts:
            yield self.dice.uniform(0, 20), Interrupted("ask")
            if self.dice.random() < 0.3:
                yield self.dice.uniform(20, 60), Interrupted("stop")


@st.composite
def chances(draw: st.DrawFn) -> Chance:
    return Chance(
        random.Random(draw(st.integers(0, 2**32))),  # noqa: S311 - a world, not a secret
        draw(st.sampled_from([0.05, 0.02, 0.1, 0.2, 0.4, 0.0])),
        draw(st.sampled_from([False, False, False, False, True])),
        draw(st.dictionaries(st.sampled_from(["h1", "h2", "db"]), st.floats(0, 30), max_size=1)),
    )
