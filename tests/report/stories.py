"""Runs as recorded events, by value: what the reports are tried on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from executor.errors import Exit
from executor.events import (
    Aborted,
    Answered,
    Asked,
    BatchEnded,
    BatchStarted,
    Direction,
    Ended,
    Event,
    HostFailed,
    HostLost,
    HostPassed,
    HostReached,
    HostRolledBack,
    HostSummary,
    Interrupted,
    Judged,
    Key,
    Owed,
    Question,
    Retrying,
    RollbackEnded,
    RollbackStarted,
    RunEnded,
    RunStarted,
    StageEnded,
    StageSkipped,
    StageStarted,
    Stamp,
    Started,
    Stays,
    StepEnded,
    Undone,
    WaitEnded,
    WaitStarted,
    WatchEnded,
    WatchStarted,
    WatchTurned,
)
from executor.model.inventories import HostSpec
from executor.model.outcomes import Opinion, Result, Status, Verdict
from executor.model.plans import Plan, PlannedStage

RUN = "20261120-120340-k7m2"
BEGAN = datetime(2026, 11, 20, 12, 3, 40, tzinfo=UTC)
STEPS = {"1.1": "Build", "2.1": "Unpack", "2.2": "Activate"}


@dataclass
class Tape:
    """Events as they are recorded, with a clock that only `wait` moves."""

    hosts: tuple[str, ...]
    records: list[tuple[Stamp, Event]] = field(default_factory=list)
    now: float = 0.0

    def wait(self, seconds: float) -> None:
        self.now += seconds

    def say(self, *events: Event) -> None:
        for event in events:
            at = BEGAN + timedelta(seconds=self.now)
            self.records.append((Stamp(len(self.records) + 1, at, 1000.0 + self.now), event))

    @property
    def plan(self) -> Plan:
        names = ("localhost", *self.hosts)
        return Plan(
            name="Production deploy",
            file="runbooks/production-deploy.yml",
            root="/srv/project",
            inventory=("prod",),
            hosts={name: HostSpec(name, "203.0.113.1", local=name == "localhost") for name in names},
            groups={"web": self.hosts},
            stages=(
                PlannedStage(id="1", name="Pre-flight", hosts=("localhost",), steps=()),
                PlannedStage(id="2", name="Roll out", hosts=self.hosts, steps=()),
                PlannedStage(id="3", name="Watch production", hosts=("localhost",), steps=()),
            ),
        )

    # --- what happens in every run ---

    def begin(self, reason: str = "") -> None:
        self.say(
            RunStarted(RUN, "Production deploy", "runbooks/production-deploy.yml", "d1", "ann", "laptop", reason=reason)
        )
        for host in self.hosts:
            self.wait(0.05)
            self.say(HostReached(host, 0.05))
        self.say(StageStarted("1", "Pre-flight", ("localhost",), (("localhost",),)))
        self.say(BatchStarted("1", 1, ("localhost",)))
        self.step("localhost", "1.1", took=3.0)
        self.say(HostPassed("localhost", "1"), BatchEnded("1", 1), StageEnded("1", True))

    def roll_out(self, limit: int = 0, width: int = 1) -> None:
        batches = tuple(self.hosts[start : start + width] for start in range(0, len(self.hosts), width))
        self.say(StageStarted("2", "Roll out", self.hosts, batches, limit=limit))

    def step(
        self, host: str, task: str, *, took: float = 0.4, status: Literal["ok", "changed", "skipped"] = "changed"
    ) -> None:
        key = Key(host, task)
        self.say(Started(key, STEPS[task], "…"))
        self.wait(took)
        self.say(Ended(key, Result(Status.OK, 0, changed=True, duration=took)))
        self.say(StepEnded(host, task, STEPS[task], status))

    def deploy(self, host: str, batch: int) -> None:
        """One host's way through the stage Roll out, well."""
        self.say(BatchStarted("2", batch, (host,)))
        self.step(host, "2.1")
        self.activate(host, "v2")
        self.say(StepEnded(host, "2.2", "Activate", "changed"))
        self.say(HostPassed(host, "2"), BatchEnded("2", batch))

    def activate(self, host: str, version: str) -> None:
        """Activate's action, and what its proof says."""
        action, verify = Key(host, "2.2"), Key(host, "2.2", "verify")
        self.say(Started(action, "Activate"))
        self.wait(1.2)
        self.say(Ended(action, Result(Status.OK, 0, changed=True, tail=("restarting app", "app: started"))))
        self.say(Started(verify, "Activate", "GET http://localhost:8000/version"))
        self.wait(2.0 if version == "v2" else 60.0)
        good = version == "v2"
        opinion = Opinion.PASSED if good else Opinion.FAILED
        said = "200 OK in 12 ms, version is 'v2'" if good else "version is 'v1', wanted 'v2', for 1m"
        self.say(Judged(verify, Verdict(opinion, said, {"version": version}, samples=3 if good else 30)))

    def break_down(self, host: str, batch: int, *, limit: int = 0) -> None:
        """The host's Activate fails its proof."""
        self.say(BatchStarted("2", batch, (host,)))
        self.step(host, "2.1")
        self.activate(host, "v1")
        reason = "version is 'v1', wanted 'v2', for 1m"
        self.say(StepEnded(host, "2.2", "Activate", "failed", reason))
        self.say(HostFailed(host, "2", reason, "2.2", "Activate"))
        if not limit:
            self.say(Aborted("2", f"{host} failed at Activate: {reason}", "rollback"))

    def undo(
        self, host: str, task: str, outcome: Literal["passed", "failed", "owed"] = "passed", reason: str = ""
    ) -> None:
        key = Key(host, task, "undo", direction="back")
        if outcome != "owed":
            self.say(Started(key, STEPS[task]))
            self.wait(0.3)
            status = Status.OK if outcome == "passed" else Status.FAILED
            tail = () if outcome == "passed" else ("mv: cannot move '/srv/app/old': No such file or directory",)
            self.say(Ended(key, Result(status, 0 if outcome == "passed" else 1, tail=tail)))
        if outcome == "failed":
            self.say(StepEnded(host, task, STEPS[task], "failed", reason, direction="back"))
        self.say(Undone(host, task, 0, STEPS[task], outcome, reason))

    def undo_all(self, hosts: Sequence[str]) -> None:
        self.say(RollbackStarted("run", f"{hosts[0]} failed at Activate", tuple(hosts)))
        for number, host in zip(range(len(hosts), 0, -1), hosts, strict=True):
            self.say(BatchStarted("2", number, (host,), "back"))
            self.undo(host, "2.2")
            self.undo(host, "2.1")
            self.gate(host, "back")
            self.say(HostRolledBack(host, True), BatchEnded("2", number, "back"))

    def gate(self, host: str, direction: Direction = "forward") -> None:
        key = Key(host, "2", "health", direction=direction)
        self.say(Started(key, "", "GET http://localhost:8000/health"))
        self.wait(0.2)
        self.say(Judged(key, Verdict(Opinion.PASSED, "200 OK in 9 ms", {"status": 200})))

    def end(
        self,
        code: Exit,
        status: str,
        hosts: dict[str, HostSummary],
        *,
        reason: str = "",
        left: tuple[Owed, ...] = (),
        not_undone: tuple[str, ...] = (),
        resumable: bool = False,
        stays: tuple[Stays, ...] = (),
    ) -> None:
        local = {"localhost": HostSummary("done")}
        self.say(RunEnded(code, status, reason, local | hosts, left, not_undone, resumable, stays))


def success() -> Tape:
    """Four hosts, one by one; a step that is not needed, a pause, a gate, a hold."""
    tape = Tape(("web1", "web2", "web3", "web4"))
    tape.begin(reason="release v2")
    tape.roll_out()
    for number, host in enumerate(tape.hosts, start=1):
        tape.deploy(host, number)
        if number < 4:
            pause = Key("localhost", "2", "pause", attempt=number)
            tape.say(WaitStarted(pause, 10.0, "pause between batches"))
            tape.wait(10.0)
            tape.say(WaitEnded(pause))
    tape.say(StageEnded("2", True))
    tape.say(StageSkipped("3", "Watch production", "its when is false: monitor"))
    tape.end(Exit.DONE, "done", {host: HostSummary("done") for host in tape.hosts})
    return tape


def rolled_back() -> Tape:
    """The third of four hosts fails; all three are undone, the fourth is untouched."""
    tape = Tape(("web1", "web2", "web3", "web4"))
    tape.begin()
    tape.roll_out()
    tape.deploy("web1", 1)
    tape.deploy("web2", 2)
    tape.break_down("web3", 3)
    tape.undo_all(("web3", "web2", "web1"))
    tape.say(RollbackEnded(True), StageEnded("2", False))
    undone = {host: HostSummary("rolled back") for host in ("web1", "web2", "web3")}
    tape.end(
        Exit.ROLLED_BACK,
        "failed, rolled back",
        undone | {"web4": HostSummary("untouched")},
        reason="web3 failed at Activate: version is 'v1', wanted 'v2', for 1m",
    )
    return tape


def partial() -> Tape:
    """One host fails where one may: it undoes what it did, the others are done."""
    tape = Tape(("web1", "web2", "web3"))
    tape.begin()
    tape.roll_out(limit=1)
    tape.deploy("web1", 1)
    tape.break_down("web2", 2, limit=1)
    tape.say(RollbackStarted("host", "web2 failed at Activate", ("web2",), "web2"))
    tape.undo("web2", "2.2")
    tape.undo("web2", "2.1")
    tape.say(HostRolledBack("web2", True), RollbackEnded(True, "web2"), BatchEnded("2", 2))
    tape.deploy("web3", 3)
    tape.say(StageEnded("2", True))
    done = HostSummary("done")
    hosts = {"web1": done, "web2": HostSummary("rolled back"), "web3": done}
    tape.end(Exit.PARTIAL, "done, without web2", hosts, not_undone=("web2: Warm the cache",))
    return tape


def owed() -> Tape:
    """A host dies in the middle of a step: its handlers are owed; the other host is undone."""
    tape = Tape(("web1", "web2"))
    tape.begin()
    tape.roll_out()
    tape.deploy("web1", 1)
    tape.say(BatchStarted("2", 2, ("web2",)))
    tape.step("web2", "2.1")
    key = Key("web2", "2.2")
    tape.say(Started(key, "Activate"))
    tape.wait(30.0)
    lost = "no answer for 30s, and it cannot be reached again"
    tape.say(Ended(key, Result(Status.UNREACHABLE, detail=lost, tail=("restarting app",))), HostLost("web2", lost))
    tape.say(StepEnded("web2", "2.2", "Activate", "failed", lost), HostFailed("web2", "2", lost, "2.2", "Activate"))
    tape.say(Aborted("2", f"web2 failed at Activate: {lost}", "rollback"))
    tape.say(RollbackStarted("run", "web2 failed at Activate", ("web2", "web1")))
    tape.say(BatchStarted("2", 2, ("web2",), "back"))
    tape.undo("web2", "2.2", "owed", "web2 cannot be reached")
    tape.undo("web2", "2.1", "owed", "web2 cannot be reached")
    tape.say(HostRolledBack("web2", False, detail="web2 cannot be reached"), BatchEnded("2", 2, "back"))
    tape.say(BatchStarted("2", 1, ("web1",), "back"))
    tape.undo("web1", "2.2")
    tape.undo("web1", "2.1")
    tape.say(HostRolledBack("web1", True), BatchEnded("2", 1, "back"))
    tape.say(RollbackEnded(False), StageEnded("2", False))
    why = "web2 cannot be reached"
    tape.end(
        Exit.INCOMPLETE,
        "rollback incomplete",
        {"web1": HostSummary("rolled back"), "web2": HostSummary("owed", drained=True)},
        left=(Owed("web2", "2.2", "Activate", why), Owed("web2", "2.1", "Unpack", why)),
        resumable=True,
    )
    return tape


def incomplete() -> Tape:
    """A handler fails: its host stops there; the next one is undone but unhealthy."""
    tape = Tape(("web1", "web2"))
    tape.begin()
    tape.roll_out()
    tape.deploy("web1", 1)
    tape.break_down("web2", 2)
    tape.say(RollbackStarted("run", "web2 failed at Activate", ("web2", "web1")))
    tape.say(BatchStarted("2", 2, ("web2",), "back"))
    tape.undo("web2", "2.2", "failed", "exit code 1")
    tape.say(Undone("web2", "2.1", 0, "Unpack", "owed", "the undoing of Activate failed"))
    tape.say(HostRolledBack("web2", False), BatchEnded("2", 2, "back"))
    tape.say(BatchStarted("2", 1, ("web1",), "back"))
    tape.undo("web1", "2.2")
    tape.undo("web1", "2.1")
    tape.say(HostRolledBack("web1", True, False, "503 Service Unavailable, wanted 2xx"), BatchEnded("2", 1, "back"))
    tape.say(RollbackEnded(False), StageEnded("2", False))
    tape.end(
        Exit.INCOMPLETE,
        "rollback incomplete",
        {
            "web1": HostSummary("unhealthy", "503 Service Unavailable, wanted 2xx", drained=True),
            "web2": HostSummary("partly done", "Activate could not be undone"),
        },
        left=(
            Owed("web2", "2.2", "Activate", "exit code 1"),
            Owed("web2", "2.1", "Unpack", "the undoing of Activate failed"),
        ),
    )
    return tape


def interrupted() -> Tape:
    """Stopped by the operator in the middle of a step; a retry before that."""
    tape = Tape(("web1", "web2"))
    tape.begin()
    tape.roll_out()
    tape.deploy("web1", 1)
    tape.say(BatchStarted("2", 2, ("web2",)))
    first, second = Key("web2", "2.1"), Key("web2", "2.1", attempt=2)
    tape.say(Started(first, "Unpack"))
    tape.wait(0.7)
    tape.say(Ended(first, Result(Status.OK, 1, tail=("tar: short read",))), Retrying(first, 3, 5.0, "exit code 1"))
    wait = Key("web2", "2.1", "pause")
    tape.say(WaitStarted(wait, 5.0, "before the next attempt of Unpack"))
    tape.wait(5.0)
    tape.say(WaitEnded(wait), Started(second, "Unpack"))
    tape.wait(2.0)
    tape.say(Interrupted("stop"))
    tape.wait(1.0)
    tape.say(Ended(second, Result(Status.CANCELLED, detail="ended by us")))
    tape.end(
        Exit.INTERRUPTED,
        "interrupted",
        {"web1": HostSummary("done"), "web2": HostSummary("partly done", "at Unpack")},
        resumable=True,
    )
    return tape


def asked() -> Tape:
    """A checklist is answered; then a failure is asked about, and the operator says stop."""
    tape = Tape(("web1",))
    tape.begin()
    item = Key("localhost", "1.1", "item", sub=1)
    tape.say(Asked(item, Question("checklist", "Rollback plan ready", "Pre-flight/Ready to ship/Rollback plan ready")))
    tape.wait(4.0)
    tape.say(Answered(item, "yes", "ann", "https://example.com/t/7"))
    tape.roll_out()
    tape.say(BatchStarted("2", 1, ("web1",)))
    key = Key("web1", "2.1")
    tape.say(Started(key, "Unpack"))
    tape.wait(0.4)
    tape.say(Ended(key, Result(Status.OK, 3, tail=("::error::out of space", "\x1b[2Jtar: \u202eevil", "##[warning]x"))))
    tape.say(StepEnded("web1", "2.1", "Unpack", "failed", "exit code 3"))
    question = Question(
        "failure", "web1 failed at Unpack: exit code 3", "", ("retry", "skip", "rollback", "stop"), "rollback", 300.0
    )
    ask = Key("web1", "2.1", "ask")
    tape.say(Asked(ask, question))
    tape.wait(12.0)
    tape.say(Answered(ask, "stop", "ann"), HostFailed("web1", "2", "exit code 3", "2.1", "Unpack"))
    tape.say(Aborted("2", "ann said stop", "stop"), StageEnded("2", False))
    tape.end(Exit.STOPPED, "stopped", {"web1": HostSummary("failed", "at Unpack")}, resumable=True)
    return tape


def watch_fails() -> Tape:
    """The watch from outside fails while a host is worked on: the stage is given up whatever it tolerates."""
    tape = Tape(("web1", "web2"))
    tape.begin()
    tape.roll_out(limit=2)
    watch = Key("localhost", "2.w1", "watch")
    tape.say(WatchStarted(watch, "https://app.example.com/health"))
    tape.deploy("web1", 1)
    tape.say(BatchStarted("2", 2, ("web2",)))
    tape.say(Started(Key("web2", "2.1"), "Unpack"))
    bad = "error rate 12% (limit 5%) over 48 samples"
    tape.say(WatchTurned(watch, "bad", Verdict(Opinion.FAILED, bad, {"error_rate": 0.12}, samples=48)))
    tape.wait(30.0)
    worse = "error rate 14% (limit 5%) over 60 samples, for 30s"
    tape.say(WatchTurned(watch, "failed", Verdict(Opinion.FAILED, worse, {"error_rate": 0.14}, samples=60)))
    tape.say(Aborted("2", f"the watch failed: {worse}", "rollback"), WatchEnded(watch))
    tape.say(
        Ended(Key("web2", "2.1"), Result(Status.OK, 0, changed=True)), StepEnded("web2", "2.1", "Unpack", "changed")
    )
    tape.say(RollbackStarted("run", "the watch failed", ("web2", "web1")))
    tape.say(BatchStarted("2", 2, ("web2",), "back"))
    tape.undo("web2", "2.1")
    tape.say(HostRolledBack("web2", True), BatchEnded("2", 2, "back"), BatchStarted("2", 1, ("web1",), "back"))
    tape.undo("web1", "2.2")
    tape.undo("web1", "2.1")
    tape.say(HostRolledBack("web1", True), BatchEnded("2", 1, "back"), RollbackEnded(True), StageEnded("2", False))
    undone = {host: HostSummary("rolled back") for host in tape.hosts}
    tape.end(Exit.ROLLED_BACK, "failed, rolled back", undone, reason=f"the watch failed: {worse}")
    return tape


STORIES: dict[str, Callable[[], Tape]] = {
    story.__name__: story
    for story in (success, rolled_back, partial, owed, incomplete, interrupted, asked, watch_fails)
}
