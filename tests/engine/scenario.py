"""Scenarios: a runbook, an inventory and how a simulated world answers, as data files. See `scenarios/README.md`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from executor.engine import State, evolve, initial
from executor.engine.effects import Perform, Sample, Watch
from executor.events import (
    Answered,
    Event,
    HostLost,
    HostReached,
    Interrupted,
    Key,
    Question,
    RunEnded,
    Stamp,
    WatchTurned,
)
from executor.journal.lines import GENESIS, read_line, write_line
from executor.language import load_inventory, load_runbook
from executor.model.outcomes import Opinion, Result, Status, Verdict
from executor.model.plans import Plan
from executor.planning import PlanOptions, build
from tests.engine.telling import line, summary
from tests.engine.world import World

INVENTORY = """
hosts: {web1: {address: 192.0.2.1}, web2: {address: 192.0.2.2}, web3: {address: 192.0.2.3},
        web4: {address: 192.0.2.4}, db1: {address: 192.0.2.5}}
groups: {web: {hosts: [web1, web2, web3, web4]}}
"""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One data file. `answers`: by `host:step[/part]`, one after the other for its attempts; see README."""

    title: str
    runbook: str
    inventory: str
    files: dict[str, str]
    options: PlanOptions
    forks: int
    answers: dict[str, list[str]]
    outside: list[tuple[float, str]]

    @classmethod
    def read(cls, path: Path) -> Scenario:
        data: dict[str, Any] = yaml.safe_load(path.read_text())
        known = {"title", "runbook", "inventory", "files", "options", "answers", "outside"}
        assert set(data) <= known, f"{path.name} has unknown keys: {set(data) - known}"
        answers = {
            key: [str(one) for one in said] if isinstance(said, list) else [str(said)]
            for key, said in (data.get("answers") or {}).items()
        }
        outside = [(float(when), str(what)) for when, what in (data.get("outside") or {}).items()]
        options = dict(data.get("options") or {})
        forks = int(options.pop("forks", 0))
        for name in ("tags", "skip_tags"):
            if name in options:
                options[name] = tuple(options[name])
        return cls(
            data["title"],
            data["runbook"],
            data.get("inventory", INVENTORY),
            {"file.txt": "hello", **(data.get("files") or {})},
            PlanOptions(**options),
            forks,
            answers,
            outside,
        )

    def plan(self, folder: Path) -> Plan:
        (folder / "runbook.yml").write_text(self.runbook)
        (folder / "inventory.yml").write_text(self.inventory)
        for name, text in self.files.items():
            (folder / name).write_text(text)
        runbook = load_runbook(folder / "runbook.yml", root=folder)
        plan = build(runbook, load_inventory([str(folder / "inventory.yml")], root=folder), self.options)
        return replace(plan, forks=self.forks)


class Scripted:
    """Answers from a scenario. What it says nothing of takes a second and goes well."""

    def __init__(self, scenario: Scenario) -> None:
        self._answers = {key: list(said) for key, said in scenario.answers.items()}
        self._outside = scenario.outside
        self.used: set[str] = set()

    def _said(self, *keys: str) -> str | None:
        for key in keys:
            if key in self._answers:
                self.used.add(key)
                said = self._answers[key]
                return said.pop(0) if len(said) > 1 else said[0]
        return None

    def unused(self) -> set[str]:
        return set(self._answers) - self.used

    def connect(self, host: str) -> tuple[float, str]:
        said = self._said(f"{host}:connect")
        return 0.0, "" if said in (None, "ok") else str(said)

    def perform(self, effect: Perform, name: str) -> tuple[float, Result]:
        return _result(self._said(*_keys(effect.key, name)) or "ok")

    def sample(self, effect: Sample, name: str) -> tuple[float, Verdict]:
        seconds, said = _timed(self._said(*_keys(effect.key, name)) or "passed")
        word, _, detail = said.partition(" ")
        return seconds, Verdict(Opinion(word), detail or f"it {word}")

    def ask(self, key: Key, question: Question) -> tuple[float, Answered]:
        said = self._said(f"{key.host}:{question.name}", f"{key.host}:{key.part}", f"{key.host}:{question.kind}")
        if said is None:
            assert question.timeout is not None, f"nobody answers {question}"
            return question.timeout, Answered(key, question.default, how="silence")
        seconds, said = _timed(said)
        if said == "withdrawn":
            return seconds, Answered(key, "", how="withdrawn")
        choice, _, text = said.partition("; ")
        return seconds, Answered(key, choice, by="ann", text=text)

    def watch(self, effect: Watch) -> Iterable[tuple[float, WatchTurned]]:
        said = self._said(f"{effect.key.host}:watch") or ""
        for turn in filter(None, said.split("; ")):
            state, when = turn.split(" at ")
            opinion = Opinion.PASSED if state == "good" else Opinion.FAILED
            verdict = Verdict(opinion, f"error rate is {state}")
            yield float(when), WatchTurned(effect.key, state, verdict)  # type: ignore[arg-type]  # checked by the reader

    def outside(self) -> Iterable[tuple[float, Event]]:
        for when, what in self._outside:
            word, _, rest = what.partition(" ")
            match word:
                case "interrupt":
                    yield when, Interrupted("stop" if rest == "stop" else "ask")
                case "lost":
                    yield when, HostLost(rest, "gone")
                case "reached":
                    yield when, HostReached(rest)
                case _:
                    raise AssertionError(f"unknown happening: {what}")


def _keys(key: Key, name: str) -> list[str]:
    """The names under which an answer may stand, the most exact first."""
    part = "" if key.part in ("action", "undo") else f"/{key.part}"
    back = "back:" if key.direction == "back" else ""
    names = [f"{key.host}:{name}{part}", f"*:{name}{part}"]
    return [f"{back}{key}" for key in names] + names if back else names


def _timed(said: str) -> tuple[float, str]:
    """An answer, and after how many seconds: `ok after 5s`."""
    match = re.fullmatch(r"(.*?) ?\bafter ([\d.]+)s", said)
    return (float(match[2]), match[1]) if match else (1.0, said)


def _result(said: str) -> tuple[float, Result]:
    seconds, said = _timed(said)
    word, _, rest = said.partition(" ")
    match word:
        case "ok" | "":
            return seconds, Result(Status.OK, rc=0)
        case "changed":
            return seconds, Result(Status.OK, rc=0, changed=True, captured={"was": rest or "before"})
        case "unchanged":
            return seconds, Result(Status.OK, rc=0, changed=False, detail=rest)
        case "rc":
            return seconds, Result(Status.OK, rc=int(rest))
        case "says":
            return seconds, Result(Status.OK, rc=0, stdout=rest + "\n")
        case _:
            status = Status(said.replace("timed", "timed out") if said == "timed" else said)
            return seconds, Result(status)


def played(scenario: Scenario, folder: Path) -> str:
    """The whole run in lines."""
    script = Scripted(scenario)
    lines: list[str] = []

    def tell(now: float, what: object) -> None:
        said = line(what)  # type: ignore[arg-type]  # the world tells events and effects alone
        if said is not None:
            lines.append(f"{now:6.1f}  {said}")

    world = World(scenario.plan(folder), script, tell)
    state = world.go()
    ended = world.journal[-1]
    assert isinstance(ended, RunEnded)
    assert not script.unused(), f"answers that nobody asked for: {script.unused()}"
    assert _read_back(world) == state, "what is on disk gives another state"
    told = "\n".join([f"# {scenario.title}", "", *lines, "", *summary(ended), ""])
    return told.replace(f"{folder}/", "")


def _read_back(world: World) -> State:
    """The state that a fold over the journal gives, once it has been written and read."""
    state = initial(world.plan)
    before = GENESIS
    for number, event in enumerate(world.journal, 1):
        written, _ = write_line(Stamp(number, datetime.now(UTC), world.now), event, before)
        record = read_line(written, before)
        before = record.digest
        evolve(world.plan, state, record.event)
    return state
