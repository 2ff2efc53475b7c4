"""Questions put to hosts: without a record, several at once and no more than asked for, and answers without secrets."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from executor.checking.asking import Desk
from executor.checking.rounds import Answer, Looking
from executor.engine.effects import Perform, Sample
from executor.events import Key
from executor.hosts.local import LocalHost
from executor.hosts.protocol import Host, Job, JobEnd, Sink
from executor.model.actions import Copy, Script, Shell
from executor.model.inventories import HostSpec
from executor.model.leaves import Kind, Late, Template
from executor.model.outcomes import Opinion, Result, Status, Verdict
from executor.model.probes import Probe, ShellProbe
from executor.model.secrets import Secret
from executor.model.steps import Settings
from executor.secrets import NO_SECRETS, Vault, vault

SPECS = {name: HostSpec(name, name) for name in ("web1", "web2", "web3")}
SEALED = Late(Template("test {{ secret('pw') }} = hunter22 && echo hunter22", Kind.SHELL), {}, ("secret",))


@dataclass
class Slow:
    """A host that answers when it is told to, and keeps what it was sent."""

    name: str
    sent: list[Job] = field(default_factory=list)
    waiting: list[Sink] = field(default_factory=list)
    arrived: threading.Event = field(default_factory=threading.Event)

    def start(self, job: Job, sink: Sink) -> None:
        self.sent.append(job)
        self.waiting.append(sink)
        self.arrived.set()

    def answer(self) -> None:
        self.waiting.pop().ended(JobEnd("exited", 0))


def ask(host: str, script: str) -> Looking[Answer]:
    answer = yield Perform(Key(host, "1.1"), host, Shell(script), register=True)
    return answer


@contextmanager
def desk(*hosts: Host | Slow, root: Path = Path("/"), vault: Vault = NO_SECRETS, forks: int = 0) -> Iterator[Desk]:
    known = {host.name: host for host in hosts}
    made = Desk(lambda name: known[name], SPECS, root, vault=vault, lost={"web3": "no route"}, forks=forks)  # type: ignore[arg-type,return-value]  # what a desk needs of a host
    with closing(made):
        yield made


@pytest.fixture
def here(tmp_path: Path) -> Iterator[LocalHost]:
    with closing(LocalHost("check", tmp_path, name="web1")) as host:
        yield host


def test_hosts_are_asked_side_by_side(tmp_path: Path) -> None:
    one, two = Slow("web1"), Slow("web2")

    def answer_both() -> None:
        assert one.arrived.wait(10)
        assert two.arrived.wait(10), "the second is asked before the first has answered"
        two.answer()
        one.answer()

    thread = threading.Thread(target=answer_both)
    thread.start()
    with desk(one, two, root=tmp_path) as asked:
        found = asked.ask_all({name: ask(name, "true") for name in ("web1", "web2")})
    thread.join()
    assert [type(answer) for answer in found.values()] == [Result, Result]
    assert list(found) == ["web1", "web2"], "in the plan's order"


def test_no_more_hosts_are_asked_at_once_than_forks_allow(tmp_path: Path) -> None:
    one, two = Slow("web1"), Slow("web2")

    def answer_one_by_one() -> None:
        assert one.arrived.wait(10)
        assert not two.sent
        one.answer()
        assert two.arrived.wait(10)
        two.answer()

    thread = threading.Thread(target=answer_one_by_one)
    thread.start()
    with desk(one, two, root=tmp_path, forks=1) as asked:
        asked.ask_all({name: ask(name, "true") for name in ("web1", "web2")})
    thread.join()
    assert (len(one.sent), len(two.sent)) == (1, 1)


def test_every_question_is_sent_as_one_that_needs_no_record_and_ends_by_itself(tmp_path: Path) -> None:
    script = tmp_path / "tool.py"
    script.write_text("#!/usr/bin/python3\n" + "# long\n" * 10_000)
    host = Slow("web1")
    questions = [
        Perform(Key("web1", "1.1"), "web1", Shell("x" * 100_000), Settings(executable="perl")),
        Perform(Key("web1", "1.2"), "web1", Script(str(script))),
        Perform(Key("web1", "1.3"), "web1", Shell("cat"), stdin="all of it", register=True),
        Perform(Key("web1", "1.4"), "web1", Copy(dest="/f", content="x" * 100_000), dry=True),
    ]

    def all_of_them() -> Looking[None]:
        for question in questions:
            assert (yield question) is not None

    def answering() -> None:
        for number in range(len(questions)):
            assert host.arrived.wait(10), number
            host.arrived.clear()
            host.answer()

    thread = threading.Thread(target=answering)
    thread.start()
    with desk(host, root=tmp_path) as asked:
        asked.ask_all({"web1": all_of_them()})
    thread.join()
    assert len(host.sent) == len(questions)
    assert all(job.read_only and not job.durable and job.timeout for job in host.sent)
    assert host.sent[-1].stdin is None, "a file is compared by its digest"


def test_a_host_that_was_not_reached_is_not_waited_for(tmp_path: Path) -> None:
    with desk(root=tmp_path) as asked:
        (answer,) = asked.ask_all({"web3": ask("web3", "true")}).values()
    assert answer == Result(Status.UNREACHABLE, detail="web3 cannot be reached")


def test_what_is_missing_here_is_told_as_a_failure(here: LocalHost, tmp_path: Path) -> None:
    def looking() -> Looking[Answer]:
        return (yield Perform(Key("web1", "1.1"), "web1", Copy(dest="/f", src="gone.txt"), dry=True))

    with desk(here, root=tmp_path) as asked:
        (answer,) = asked.ask_all({"web1": looking()}).values()
    assert isinstance(answer, Result)
    assert (answer.status, answer.detail) == (Status.FAILED, f"there is no file {tmp_path}/gone.txt")


def test_a_secret_reaches_the_host_and_comes_back_in_no_answer(here: LocalHost, tmp_path: Path) -> None:
    def looking() -> Looking[tuple[Answer, Answer]]:
        ran = yield Perform(Key("web1", "1.1"), "web1", Shell(SEALED), register=True)
        sampled = yield Sample(Key("web1", "1.2"), "web1", "web1", Probe(ShellProbe(SEALED)))
        return ran, sampled

    with desk(here, root=tmp_path, vault=vault({"pw": Secret("hunter22")})) as asked:
        ((ran, sampled),) = asked.ask_all({"web1": looking()}).values()
    assert isinstance(ran, Result)
    assert (ran.rc, ran.stdout) == (0, "[redacted]")
    assert isinstance(sampled, Verdict)
    assert sampled.opinion is Opinion.PASSED
    assert "hunter22" not in repr((ran, sampled))


def test_a_question_of_ours_that_breaks_is_an_answer_too(tmp_path: Path) -> None:
    def looking() -> Looking[Answer]:
        return (yield Sample(Key("web1", "1.1"), "web1", "nobody", Probe(ShellProbe("true"))))

    with desk(root=tmp_path) as asked:
        (answer,) = asked.ask_all({"web1": looking()}).values()
    assert isinstance(answer, Verdict)
    assert answer.opinion is Opinion.INCONCLUSIVE
    assert "KeyError" in answer.summary
