"""A rollout over any number of hosts as a film: events and output with their times, for the live view."""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeAlias

from executor.errors import Exit
from executor.events import (
    Aborted,
    BatchEnded,
    BatchStarted,
    Connecting,
    Ended,
    Event,
    HostFailed,
    HostPassed,
    HostReached,
    HostRolledBack,
    HostSummary,
    Judged,
    Key,
    RollbackEnded,
    RollbackStarted,
    RunEnded,
    RunStarted,
    StageEnded,
    StageStarted,
    Stamp,
    Started,
    StepEnded,
    Undone,
    WaitEnded,
    WaitStarted,
    WatchStarted,
    WatchTurned,
)
from executor.model.actions import ProbeAction, Shell
from executor.model.inventories import HostSpec
from executor.model.outcomes import Opinion, Result, Status, Verdict
from executor.model.plans import Plan, PlannedStage, PlannedStep
from executor.model.probes import Http, Probe
from executor.model.steps import Body, Item, Task
from tests.report.stories import BEGAN, RUN

_STEPS = (
    ("2.1", "Unpack the release", 2.0),
    ("2.2", "Install dependencies", 9.0),
    ("2.3", "Compile assets", 45.0),
    ("2.4", "Activate", 4.0),
)
_OUTPUT = {
    "2.1": "x app/module_{n}.py",
    "2.2": "Collecting package-{n} (from requirements.txt)",
    "2.3": "[{n}/40] compiling assets/stylesheet-{n}.css",
    "2.4": "waiting for the old workers to finish, {n} left",
}


@dataclass(frozen=True, slots=True)
class Said:
    """Output of a piece of work."""

    key: Key
    data: bytes


Moment: TypeAlias = tuple[float, Event | Said]


def plan(hosts: tuple[str, ...]) -> Plan:
    """The plan that the film is of."""
    action = Shell("true")
    verify = Probe(Http("http://localhost/version"), within=60.0)
    hold = Body(ProbeAction(Probe(Http("https://app.example.com/"), hold=1800.0)))

    def step(identity: str, name: str, names: tuple[str, ...], body: Body) -> PlannedStep:
        return PlannedStep(identity, name, dict.fromkeys(names, Task(identity, name, (Item(None, "", body),))))

    steps = tuple(step(identity, name, hosts, Body(action, verify=verify)) for identity, name, _ in _STEPS)
    held = (step("3.1", "Error rate and latency stay normal", ("localhost",), hold),)
    return Plan(
        name="Production deploy",
        file="runbooks/production-deploy.yml",
        root="/srv/project",
        inventory=("prod",),
        hosts={name: HostSpec(name, "203.0.113.1", local=name == "localhost") for name in ("localhost", *hosts)},
        groups={"web": hosts},
        stages=(
            PlannedStage(id="1", name="Pre-flight", hosts=("localhost",), steps=()),
            PlannedStage(id="2", name="Roll out", hosts=hosts, steps=steps),
            PlannedStage(id="3", name="Watch production", hosts=("localhost",), steps=held),
        ),
    )


@dataclass(frozen=True, slots=True)
class Film:
    """`width` hosts at a time; the hosts in `failing` fail their last step, and `tolerated` of them may."""

    hosts: tuple[str, ...]
    width: int = 1
    failing: tuple[str, ...] = ()
    tolerated: int = 0

    def moments(self) -> list[Moment]:
        """Everything that happens, in the order of its time (seconds from the beginning)."""
        return list(heapq.merge(*self._strands(), key=lambda moment: moment[0]))

    def stamped(self) -> Iterator[tuple[Stamp, Event | Said]]:
        """The same with stamps."""
        for number, (at, what) in enumerate(self.moments(), start=1):
            yield Stamp(number, BEGAN + timedelta(seconds=at), at), what

    def _strands(self) -> list[list[Moment]]:
        batches = tuple(self.hosts[start : start + self.width] for start in range(0, len(self.hosts), self.width))
        now = 0.5
        strands: list[list[Moment]] = [
            [
                (0.0, RunStarted(RUN, "Production deploy", "production-deploy.yml", "d1", "ann", "laptop")),
                (0.0, Connecting(self.hosts)),
                *((0.5 * number / len(self.hosts), HostReached(h, 0.05)) for number, h in enumerate(self.hosts)),
                (now, StageStarted("2", "Roll out", self.hosts, batches, limit=self.tolerated)),
            ]
        ]
        watch = Key("localhost", "2.w1", "watch")
        verdict = Verdict(Opinion.PASSED, "error rate 0.0% (limit 5%) over 48 samples", {"error_rate": 0.0}, 48)
        strands.append([(now, WatchStarted(watch, "https://app.example.com/health"))])
        strands.append([(now + 1, WatchTurned(watch, "good", verdict))])
        failed = 0
        for number, batch in enumerate(batches, start=1):
            strands.append([(now, BatchStarted("2", number, batch))])
            forward = [self._host(host, now) for host in batch]
            strands += forward
            now = max(strand[-1][0] for strand in forward) + 0.1
            failed += sum(host in self.failing for host in batch)
            if failed > self.tolerated:
                return [*strands, *self._back(number, batches, now)]
            strands.append([(now, BatchEnded("2", number))])
            if number < len(batches):
                pause = Key("localhost", "2", "pause", attempt=number)
                wait = WaitStarted(pause, 10.0, "pause between batches")
                strands.append([(now, wait), (now + 10.0, WaitEnded(pause))])
                now += 10.1
        strands.append([(now, StageEnded("2", True)), *self._watch(now + 0.1)])
        return strands

    def _host(self, host: str, start: float) -> list[Moment]:
        dice = random.Random(host)  # noqa: S311 - the same film every time, nothing secret
        now, strand = start, list[Moment]()
        for task, name, long in _STEPS:
            key = Key(host, task)
            strand.append((now, Started(key, name)))
            end = now + long * dice.uniform(0.5, 1.5)
            if task != "2.3" or dice.random() < 0.8:  # some compile without a word
                lines = 12
                for n in range(lines):
                    text = _OUTPUT[task].format(n=lines - n if task == "2.4" else n)
                    strand.append((now + (end - now) * n / lines, Said(key, f"{text}\n".encode())))
            now = end
            strand.append((now, Ended(key, Result(Status.OK, 0, changed=True))))
            bad = host in self.failing and task == "2.4"
            if task == "2.4":
                strand += self._verify(host, name, now, bad)
                now = strand[-1][0]
            why = "version is 'v1', wanted 'v2', for 20s" if bad else ""
            strand.append((now, StepEnded(host, task, name, "failed" if bad else "changed", why)))
            if bad:
                strand.append((now, HostFailed(host, "2", why, task, name)))
                return strand if self.tolerated == 0 else [*strand, *self._alone(host, now)]
        return [*strand, (now, HostPassed(host, "2"))]

    def _verify(self, host: str, name: str, now: float, bad: bool) -> list[Moment]:
        key = Key(host, "2.4", "verify")
        opinion = Opinion.FAILED if bad else Opinion.PASSED
        said = "version is 'v1', wanted 'v2'" if bad else "200 OK in 12 ms, version is 'v2'"
        started = Started(key, name, "GET http://localhost:8000/version", kind="sample")
        return [(now, started), (now + (20.0 if bad else 3.0), Judged(key, Verdict(opinion, said, samples=3)))]

    def _alone(self, host: str, now: float) -> list[Moment]:
        started = RollbackStarted("host", f"{host} failed at Activate", (host,), host)
        undoing, now = self._undo(host, now)
        ended = RollbackEnded(True, host)
        return [(now, started), *undoing, (now, HostRolledBack(host, True)), (now, ended)]

    def _undo(self, host: str, start: float) -> tuple[list[Moment], float]:
        now, strand = start, list[Moment]()
        for task, name, _ in reversed(_STEPS):
            key = Key(host, task, "undo", direction="back")
            strand.append((now, Started(key, name)))
            strand.append((now + 0.5, Said(key, f"putting back what {name} replaced\n".encode())))
            now += 2.0
            strand.append((now, Ended(key, Result(Status.OK, 0))))
            strand.append((now, Undone(host, task, 0, name, "passed")))
        return strand, now

    def _back(self, number: int, batches: tuple[tuple[str, ...], ...], start: float) -> list[list[Moment]]:
        touched = tuple(host for batch in reversed(batches[:number]) for host in batch)
        reason = f"{self.failing[0]} failed at Activate: version is 'v1', wanted 'v2', for 20s"
        begun: list[Moment] = [
            (start, Aborted("2", reason, "rollback")),
            (start, RollbackStarted("run", reason, touched)),
        ]
        strands, now = [begun], start
        for batch in range(number, 0, -1):
            strands.append([(now, BatchStarted("2", batch, batches[batch - 1], "back"))])
            undone = [(host, *self._undo(host, now)) for host in batches[batch - 1]]
            strands += [[*strand, (end, HostRolledBack(host, True))] for host, strand, end in undone]
            now = max(end for _, _, end in undone) + 0.1
        hosts = {host: HostSummary("rolled back" if host in touched else "untouched") for host in self.hosts}
        ended = RunEnded(Exit.ROLLED_BACK, "failed, rolled back", reason, hosts)
        return [*strands, [(now, RollbackEnded(True)), (now, StageEnded("2", False)), (now, ended)]]

    def _watch(self, start: float) -> list[Moment]:
        key = Key("localhost", "3.1")
        name = "Error rate and latency stay normal"
        verdict = Verdict(Opinion.PASSED, "error rate 0.2% (limit 1%), p95 212 ms (limit 500 ms)", samples=1800)
        end = start + 1800.0
        hosts = dict.fromkeys(self.hosts, HostSummary("done"))
        hosts |= dict.fromkeys(self.failing, HostSummary("rolled back"))
        exit_code = Exit.PARTIAL if self.failing else Exit.DONE
        return [
            (start, StageStarted("3", "Watch production", ("localhost",), (("localhost",),))),
            (start, BatchStarted("3", 1, ("localhost",))),
            (start, Started(key, name, "https://app.example.com/", kind="sample")),
            (end, Judged(key, verdict)),
            (end, StepEnded("localhost", "3.1", name, "ok")),
            (end, HostPassed("localhost", "3")),
            (end, StageEnded("3", True)),
            (end, RunEnded(exit_code, "done", "", hosts)),
        ]


def film(number: int, *, width: int = 1, failing: int = 0, tolerated: int = 0) -> Film:
    """A film of `number` hosts; the `failing`-th of them (from 1; 0: none) fails."""
    hosts = tuple(f"web{n}" for n in range(1, number + 1))
    made = Film(hosts, width, tolerated=tolerated)
    return replace(made, failing=(hosts[failing - 1],)) if failing else made
