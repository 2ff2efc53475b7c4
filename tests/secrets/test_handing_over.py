"""A secret reaches its host as environment, input or content: never in a script, an argument or a file of ours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from executor import actions
from executor.drive.inbox import Inbox
from executor.drive.work import Work
from executor.engine.effects import Perform
from executor.events import Ended, Event, Key
from executor.hosts import requests
from executor.hosts.protocol import Host, Job, JobEnd, Sink
from executor.journal.folders import RunFolder
from executor.model.actions import Copy, Script, Shell, TemplateFile
from executor.model.leaves import Kind, Late, Template
from executor.model.outcomes import Status
from executor.model.probes import Http, Probe, ShellProbe
from executor.model.secrets import Secret
from executor.model.steps import Settings
from executor.probes import ask_curl
from executor.probes.ask import Asking, ask
from executor.probes.http import Request
from executor.secrets import vault

KEY = Key("web1", "1.1")
VAULT = vault({"x": Secret("hunter2 and more")})


def late(text: str, kind: Kind = Kind.TEXT) -> Late:
    return Late(Template(text, kind), {}, ("secret",))


def job(perform: Perform) -> Job:
    return actions.job(VAULT.open(perform), run="r1", job_id="j")


def request(made: Job) -> bytes:
    """What of the job stands in a file or an argument on the host."""
    return (made.script + str(made.chdir) + made.executable + made.id).encode()


def test_a_script_its_guards_and_its_surroundings() -> None:
    made = job(
        Perform(
            KEY,
            "web1",
            Shell(late("login {{ secret('x') }}", Kind.SHELL)),
            Settings(environment={"TOKEN": late("t-{{ secret('x') }}"), "PLAIN": "p"}),
            stdin=late("in {{ secret('x') }}"),
            creates="/there",
        )
    )
    assert made.environment == {"TOKEN": "t-hunter2 and more", "PLAIN": "p", "RB_SECRET_1": "hunter2 and more"}
    assert made.stdin == b"in hunter2 and more"
    assert b"hunter2" not in request(made)
    assert "hunter2" not in repr(made)


def test_the_request_to_the_host_has_it_in_its_prelude_and_input_alone() -> None:
    """What the host's shell keeps is the script; its prelude and a short input stay in its memory."""
    made = job(
        Perform(KEY, "web1", Shell(late("login {{ secret('x') }}", Kind.SHELL)), stdin=late("{{ secret('x') }}"))
    )
    sent = requests.durable(made, 0, 0)
    assert sent.count(b"hunter2") == 2
    assert b"export RB_SECRET_1='\\''hunter2 and more'\\''" in sent
    assert not requests.has_files(made)


def test_a_file_with_a_secret_is_its_owners_alone_unless_said_otherwise() -> None:
    for action in (
        Copy("/f", content=late("a {{ secret('x') }}")),
        TemplateFile("/f", "src", late("{{ secret('x') }}")),
    ):
        made = job(Perform(KEY, "web1", action))
        assert "want_mode=600\n" in made.script
        assert b"hunter2" not in request(made)
        assert isinstance(made.stdin, bytes)
        assert b"hunter2" in made.stdin
    assert (
        "want_mode=640\n"
        in job(Perform(KEY, "web1", Copy("/f", content=late("{{ secret('x') }}"), mode="0640"))).script
    )
    assert "want_mode=''\n" in job(Perform(KEY, "web1", Copy("/f", content="plain"))).script


def test_its_difference_is_not_shown() -> None:
    perform = VAULT.open(Perform(KEY, "web1", Copy("/f", content=late("a {{ secret('x') }}")), diff=True))
    answer = b"outcome " + b"changed".hex().encode() + b"\nold " + b"hunter2 of old".hex().encode() + b"\nrunbook-end\n"
    said = actions.result(perform, JobEnd("exited", 0), answer, b"")
    assert said.diff == "/f: not shown, for there is a secret in it\n"


@pytest.mark.parametrize(
    "perform",
    [
        Perform(KEY, "web1", Script("f", (late("{{ secret('x') }}"),))),
        Perform(KEY, "web1", Shell("x"), Settings(chdir=late("{{ secret('x') }}"))),
        Perform(KEY, "web1", Copy(late("/{{ secret('x') }}"), content="x")),
    ],
)
def test_where_it_would_be_written_down_it_is_refused_by_the_types(perform: Perform, tmp_path: Path) -> None:
    """Planning refuses these with their place; were one let through, it would not get further than this."""
    (tmp_path / "f").write_text("#!/bin/sh\n")
    with pytest.raises(TypeError) as caught:
        actions.job(VAULT.open(perform), run="r1", job_id="j", root=tmp_path)
    assert "hunter2" not in str(caught.value)


class Listening:
    """A host that notes its jobs, and answers each of them."""

    name = "web1"

    def __init__(self, *output: bytes) -> None:
        self.jobs: list[Job] = []
        self._output = output

    def start(self, job: Job, sink: Sink) -> None:
        self.jobs.append(job)
        for data in self._output:
            sink.output("stdout", data)
        sink.ended(JobEnd("exited", 0))

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"nobody was to ask for {name}")


def performed(perform: Perform, folder: Path, *output: bytes) -> tuple[Event, Listening]:
    inbox, host = Inbox(), Listening(*output)
    near: Any = host
    work = Work(lambda _: near, inbox, RunFolder(folder), folder, vault=VAULT)
    work.start(perform)
    (event,) = (message for message in inbox.gather(0) if isinstance(message, Ended))
    return event, host


def test_what_a_step_prints_is_redacted_before_it_is_kept(tmp_path: Path) -> None:
    """Also where it comes in two pieces, and where a piece of it is cut off at the register's limit."""
    event, _ = performed(Perform(KEY, "web1", Shell("x"), register=True), tmp_path, b"it is hunter2 an", b"d more!\n")
    assert isinstance(event, Ended)
    assert event.result.stdout == "it is [redacted]!"
    assert event.result.tail == ("it is [redacted]!",)
    assert RunFolder(tmp_path).output(KEY).read_bytes() == b"it is [redacted]!\n"


def test_what_a_step_with_no_log_prints_is_kept_nowhere(tmp_path: Path) -> None:
    perform = Perform(KEY, "web1", Shell("x"), Settings(no_log=True), register=True)
    event, _ = performed(perform, tmp_path, b"quietly\n")
    assert isinstance(event, Ended)
    assert (event.result.stdout, event.result.hidden, event.result.tail) == ("quietly", True, ())
    assert not RunFolder(tmp_path).output(KEY).exists()


def test_a_secret_that_would_need_a_file_on_the_host_is_refused(tmp_path: Path) -> None:
    long = late("{{ secret('x') }}" + "x" * requests.INLINE)
    event, host = performed(Perform(KEY, "web1", Shell("cat"), stdin=long), tmp_path)
    assert isinstance(event, Ended)
    assert event.result.status is Status.REFUSED
    assert "64 KiB at most" in event.result.detail
    assert host.jobs == []


def test_a_template_that_fails_with_its_secret_refuses_the_step(tmp_path: Path) -> None:
    event, host = performed(Perform(KEY, "web1", Shell(late("{{ secret('y') }}", Kind.SHELL))), tmp_path)
    assert isinstance(event, Ended)
    assert event.result.detail.startswith("the secret 'y' has not been fetched")
    assert host.jobs == []


# --- probes ------------------------------------------------------------------------------------------------------


def test_a_probe_asks_with_its_secret_and_is_judged_without() -> None:
    host = Listening(b"you said hunter2 and more than that\n")
    near: Host = host
    probe = VAULT.open(Probe(ShellProbe(late("ask {{ secret('x') }}", Kind.SHELL), stdout="never")))
    answer = ask(probe, Asking(near, clean=VAULT.redactor.data), job_id="j")
    assert host.jobs[0].environment == {"RB_SECRET_1": "hunter2 and more"}
    assert "hunter2" not in host.jobs[0].script
    assert "you said [redacted] than that" in answer.verdict.summary
    assert "hunter2" not in f"{answer}"


def test_a_url_with_a_secret_stands_in_no_command_of_the_host() -> None:
    host = Listening(b"neither\n")
    near: Host = host
    request = Request("GET", "http://h/hunter2", {}, None, 1.0, secret=True)
    ask_curl.ask(request, near, "j")
    assert "hunter2" not in host.jobs[0].script
    assert isinstance(host.jobs[0].stdin, bytes)
    assert b"hunter2" in host.jobs[0].stdin
    verb = VAULT.open(Http(late("nonsense://{{ secret('x') }}")))
    assert "hunter2" not in f"{ask(Probe(verb), Asking(near), job_id='j')}"
