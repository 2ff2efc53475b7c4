"""What was read is what runs: the commands that reach the hosts are those of the plan, in its order; and what is undone
when a stage fails is what the plan said of that stage.

Runbooks and inventories are made at random, planned, and run by the real engine and loop on hosts that keep what
reaches them. Beside it a model that is as dumb as can be goes through the plan with a finger, line by line.
RUNBOOK_PLANS=10000 looks at so many of them (`make plans`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import TypeAlias

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from executor import actions
from executor.drive.recorder import Reporters
from executor.engine.effects import Perform, Sample
from executor.errors import Exit, InvalidInput
from executor.events import RunStarted
from executor.hosts.protocol import JobEnd
from executor.language import load_inventory, load_runbook
from executor.model import amounts
from executor.model.actions import Action, Copy, Shell, Symlink
from executor.model.outcomes import Result, Verdict
from executor.model.plans import Plan, PlannedStage, PlannedStep
from executor.model.probes import ShellProbe
from executor.model.steps import Item, Settings
from executor.planning import PlanOptions, build, text
from executor.planning.shown.points import points
from executor.simulation.rehearsal import Rehearsal
from executor.simulation.run import simulate
from executor.templates import sketch
from tests.simulation.runbooks import Author

EXAMPLES = int(os.environ.get("RUNBOOK_PLANS", "30"))
STARTED = RunStarted("r1", "Random", "random.yml", "", "ann", "here")
NOBODY = Reporters([], print)
RANDOM = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)

# One thing that reaches a host: in whose name, on which host, what of a step it is, what is run, and all around it.
Line: TypeAlias = tuple[str, str, str, str, str]


def printed(task: str, host: str) -> str:
    """What a step prints on a host."""
    return f"out-{task}-{host}"


# --- what happens -----------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Recorded(Rehearsal):
    """Hosts that keep what reaches them. A guard answers as its last word says; what is flaky fails the first time."""

    lines: list[Line] = field(default_factory=list)
    failing: tuple[str, str] = "", ""  # the host and the step whose command fails
    did: dict[str, list[str]] = field(default_factory=dict)  # by host: the steps whose actions were begun
    undid: dict[str, list[str]] = field(default_factory=dict)  # by host: the steps that were undone

    def perform(self, effect: Perform, /) -> tuple[float, Result]:
        job = actions.job(effect, run="r1", job_id="j1", root=Path("/"))
        if isinstance(effect.action, Shell):
            assert job.script == effect.action.script, "what the engine asks for is what the host is sent"
        key = effect.key
        if key.direction == "back":
            self._undo(key.host, key.task.partition(".u")[0])
            return Rehearsal.perform(self, effect)
        if key.part == "action" and key.item == 0:
            self.did.setdefault(key.host, []).append(key.task)
        said = _said(effect.action)
        self.lines.append((key.host, effect.on, key.part, said, _around(effect.settings, job.stdin)))
        fails = (key.host, key.task, key.part) == (*self.failing, "action")
        refuses = fails or (key.part in ("unless", "only_if") and said.endswith("no")) or _fails(said, key.attempt)
        stdout = printed(key.task, key.host).encode()
        if not isinstance(effect.action, Shell):
            return Rehearsal.perform(self, effect)
        return 1.0, actions.result(effect, JobEnd("exited", int(refuses)), stdout, b"")

    def _undo(self, host: str, step: str) -> None:
        """Steps of a stage proper: draining and the like are done on both ways."""
        undone = self.undid.setdefault(host, [])
        if step.partition(".")[2].isdigit() and step not in undone:
            undone.append(step)

    def sample(self, effect: Sample, /) -> tuple[float, Verdict]:
        verb = effect.probe.verb
        assert isinstance(verb, ShellProbe)
        if effect.key.part != "before":  # a window looks at health beforehand, once for all hosts
            around = _around(effect.settings, None)
            self.lines.append((effect.key.host, effect.on, effect.key.part, str(verb.script), around))
        return Rehearsal.sample(self, effect)


def _fails(script: str, attempt: int) -> bool:
    return script.startswith("flaky") and attempt == 1


def _said(action: Action) -> str:
    match action:
        case Shell(script):
            return str(script)
        case Copy(dest, content=content):
            return f"{dest}: {content}"
        case Symlink(dest, to):
            return f"link {dest} → {to}"
    raise AssertionError(action)


def _around(given: Settings, stdin: object) -> str:
    read = stdin.decode() if isinstance(stdin, bytes) else stdin
    user = (given.become_user or "root") if given.become else None
    return f"{sorted(given.environment.items())} as {user}, reads {read!r}"


# --- what was planned -------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Finger:
    """Goes through a plan as a reader does: line by line, with what was printed filled in where a name stands."""

    plan: Plan
    everywhere: dict[str, str] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)
    chosen: dict[str, str] = field(default_factory=dict)  # which host does a step for all

    def lines(self) -> Iterator[Line]:
        for stage in self.plan.stages:
            entering = [host for host in stage.hosts if all(map(holds, stage.when.get(host, ())))]
            for step in stage.steps:
                self.choose(step, entering)
            for host in entering:
                yield from self.host(stage, host)
        yield from (line for step in self.plan.always for line in self.step(step, "localhost", {}))

    def host(self, stage: PlannedStage, host: str) -> Iterator[Line]:
        known: dict[str, str] = {}
        for step in (*stage.drain, *stage.steps):
            if host in step.tasks and self.chosen.get(step.id, host) == host:
                yield from self.step(step, host, known)
        for probe in stage.health.get(host, ()):
            assert isinstance(probe.verb, ShellProbe)
            yield host, host, "health", self.filled(probe.verb.script, known), _around(Settings(), None)
        for step in (*stage.restore, *stage.always):
            yield from self.step(step, host, known)

    def choose(self, step: PlannedStep, hosts: list[str]) -> None:
        """`once`: the first host for which the conditions hold does it, or nobody."""
        if step.once is None:
            return
        fit = [host for host in hosts if all(map(holds, step.tasks[host].items[0].when))]
        over = step.once == "run" and step.once_key in self.done
        self.chosen[step.id] = "" if over or not fit else fit[0]
        if self.chosen[step.id]:
            self.done.add(step.once_key)
            if name := step.tasks[fit[0]].register:
                self.everywhere[name] = printed(step.id, fit[0])

    def step(self, step: PlannedStep, host: str, known: dict[str, str]) -> Iterator[Line]:
        task = step.tasks[host]
        for item in task.items:
            if all(map(holds, item.when)):
                yield from self.item(item, host, known)
        if task.register and step.once is None:
            known[task.register] = printed(step.id, host)

    def item(self, item: Item, host: str, known: Mapping[str, str]) -> Iterator[Line]:
        body = item.body
        given = body.settings
        on = str(given.delegate_to or host)
        environment = {name: self.filled(value, known) for name, value in given.environment.items()}
        settings = Settings(environment, become=given.become, become_user=given.become_user)
        around = _around(settings, None)
        for guard, script, goes_on in (("only_if", body.only_if, "yes"), ("unless", body.unless, "no")):
            if script is not None:
                said = self.filled(script, known)
                yield host, on, guard, said, around
                if not said.endswith(goes_on):
                    return
        action, stdin = body.action, None if body.stdin is None else self.filled(body.stdin, known)
        match action:
            case Shell(script):
                action = Shell(self.filled(script, known))
            case Copy(dest, content=content):
                stdin = self.filled(content, known)  # what is written is sent on the script's input
                action = Copy(dest, content=stdin)
        did = host, on, "action", _said(action), _around(settings, stdin)
        yield from [did] * (2 if _said(action).startswith("flaky") else 1)
        if body.apply is not None:
            yield host, on, "apply", self.filled(body.apply, known), around
        if body.verify is not None:
            assert isinstance(body.verify.verb, ShellProbe)
            yield host, on, "verify", self.filled(body.verify.verb.script, known), around

    def filled(self, leaf: object, known: Mapping[str, str]) -> str:
        said = leaf if isinstance(leaf, str) else sketch(leaf)  # type: ignore[arg-type]  # a leaf of a plan
        for name, value in (self.everywhere | dict(known)).items():
            said = said.replace(f"\u2039{name}.stdout\u203a", value)
        assert "\u2039" not in said, said
        return said


def holds(condition: object) -> bool:
    """A condition that is left in a plan: it waits for a result, whose `rc` is 0, or it is known not to hold."""
    return bool(getattr(condition, "needs", ())) and condition.template.text.endswith("== 0")  # type: ignore[attr-defined]  # a Late


# --- the comparison ---------------------------------------------------------------------------------------------


def planned(folder: Path, author: Author) -> Plan:
    (folder / "r.yml").write_text(author.text, encoding="utf-8")
    (folder / "i.yml").write_text(author.inventory(), encoding="utf-8")
    hosts = load_inventory([str(folder / "i.yml")], root=folder)
    book = load_runbook(folder / "r.yml", root=folder)
    limit = author.dice.choice([None, "h1", "h2,h3"]) if not author.late else None
    skip = author.dice.choice([(), ("slow",)]) if '"slow"' in author.text else ()
    try:
        return build(book, hosts, PlanOptions(limit=limit, skip_tags=skip, become=author.perhaps(0.2), yes=True))
    except InvalidInput as error:
        if error.problems[0].code != "nothing-to-do":
            raise
        return build(book, hosts, PlanOptions(yes=True))


def of_host(lines: list[Line], host: str) -> list[Line]:
    return [line for line in lines if line[0] == host]


def holds_at_random(compared: Callable[[Path, Author], None], folder: Path, *, late: bool) -> None:
    """What `compared` asserts holds for runbooks at random."""

    @RANDOM
    @given(st.integers(0, 2**32))
    def run(seed: int) -> None:
        compared(folder, Author(Random(seed), late))  # noqa: S311 - a test's dice

    run()


@pytest.mark.parametrize("late", [False, True], ids=["known", "late"])
def test_the_commands_that_reach_the_hosts_are_those_of_the_plan_in_its_order(
    late: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    holds_at_random(compare, tmp_path_factory.mktemp("planned"), late=late)


def compare(folder: Path, author: Author) -> None:
    plan = planned(folder, author)
    hosts = Recorded()
    assert simulate(plan, STARTED, hosts, NOBODY, at=datetime.now(UTC)) is Exit.DONE
    wanted = list(Finger(plan).lines())
    for host in plan.hosts:
        assert of_host(hosts.lines, host) == of_host(wanted, host)
    in_order_of_batches(plan, hosts.lines)
    if not author.late:
        shown = " ".join(text(plan, width=1_000_000).split())
        assert [line for line in hosts.lines if " ".join(line[3].split()) not in shown and ": " not in line[3]] == []


@pytest.mark.parametrize("late", [False, True], ids=["known", "late"])
def test_what_is_undone_after_a_failure_is_what_the_plan_said_of_that_stage(
    late: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    holds_at_random(compare_way_back, tmp_path_factory.mktemp("planned"), late=late)


def compare_way_back(folder: Path, author: Author) -> None:
    plan = planned(folder, author)
    well = Recorded()
    simulate(plan, STARTED, well, NOBODY, at=datetime.now(UTC))
    commands = {
        (host, task)
        for host, tasks in well.did.items()
        for task in tasks
        if task.partition(".")[2].isdigit() and isinstance(_action_of(plan, task, host), Shell)
    }
    if not commands:
        return
    failing = author.dice.choice(sorted(commands))
    hosts = Recorded(failing=failing)
    assert simulate(plan, STARTED, hosts, NOBODY, at=datetime.now(UTC)) is Exit.ROLLED_BACK
    point = next(point for point in points(plan) if point.stage.id == failing[1].partition(".")[0])
    order = [step.id for step in point.undone]
    for undone in hosts.undid.values():
        assert undone == [step for step in order if step in undone], "the last first, and nothing else"
    if point.end is None:
        did = {(host, task) for host, tasks in hosts.did.items() for task in tasks if task in order}
        assert did == {(host, task) for host, tasks in hosts.undid.items() for task in tasks}, "all of it"


def _action_of(plan: Plan, task: str, host: str) -> Action | None:
    steps = (step for stage in plan.stages for step in stage.steps if step.id == task)
    return next((step.tasks[host].items[0].body.action for step in steps), None)


def in_order_of_batches(plan: Plan, lines: list[Line]) -> None:
    """All of a batch is over before anything of the next one begins."""
    late = any(stage.when for stage in plan.stages)
    if late or any(stage.max_unavailable for stage in plan.stages):
        return
    order = [batch for stage in plan.stages for batch in amounts.cut(stage.hosts, stage.serial)]
    seen: list[str] = [line[0] for line in lines if line[0] != "localhost"]
    for batch in order:
        while seen and seen[0] in batch:
            seen.pop(0)
    assert seen == []
