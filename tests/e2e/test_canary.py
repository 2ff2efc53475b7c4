"""Secrets reach nothing that a run shows or leaves behind: not the terminal, not a file of ours, not a process list.

Steps do with their secrets whatever makes a value turn up, and fail in every way, at every verbosity. Then everything
is searched for any eight characters of a value in a row, as they are and in base64. That the search would find them is
shown with the seals broken, one after the other.
"""

from __future__ import annotations

import base64
import os
import pty
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.e2e.conftest import Project
from tests.sshd import SshServer, StartServer

pytestmark = pytest.mark.sshd

CANARY = Path(__file__).with_name("canary.py")
WINDOW = 8  # characters of a value that must not stand anywhere

RUNBOOK = """
name: Canary
vars:
  url: postgres://app:${SECRET:password}@db/app
environment: {STEP: of-the-canary}       # by which the processes of steps are told from all others
stages:
  - name: Here
    hosts: localhost
    steps:
      - {name: Local, shell: "echo local {{ secret('token') }}", rollback: none}
  - name: There
    hosts: web
    serial: 100%
    max_failures: 1
    health:
      - {shell: echo healthy}
    steps:
      - name: Guarded
        only_if: 'sleep {{ look }}; test -n {{ secret("token") }}'
        unless: test -z '{{ secret("token") }}'
        creates: /nowhere
        shell: echo guarded "{{ secret('token') }}"
        rollback: none
      - name: Say it in many ways
        shell: |
          printf '%s\\n' {{ secret('token') }} "{{ url }}" 'quoted {{ secret('password') }}.'
          printf %s {{ secret('token') }} | base64
          printf 'x%s' {{ secret('token') }} | base64 >&2
          printf 'me:%s' {{ secret('password') }} | base64
          whole={{ secret('whole') }}
          printf %s "in halves ${whole%????????????}"; sleep .1; echo "${whole#????????????}"
          set -x
          : traced {{ secret('token') }}
          sleep .1
        register: said
        rollback:
          - shell: echo undo {{ secret('token') }} {{ said.stdout }}; exit {{ handler_rc }}
      - name: Repeat it
        shell: cat; echo "$URL {{ said.stdout }}"
        stdin: "{{ secret('key') }}\\n"
        environment: {URL: "{{ url }}"}
        rollback: none
      - name: Silent
        shell: echo printed under ${X:-no_log} {{ secret('token') }}
        no_log: true
        register: silent
        failed_when: "'no_log' not in silent.stdout"
        rollback: none
      - name: Configure
        copy: {dest: config, content: "url={{ url }}\\n"}
        verify: {shell: "cat config; echo {{ secret('token') }}; exit 1"}
        ignore_errors: true
      - name: Render
        template: {dest: rendered, src: config.j2}
      - name: Time out
        shell: echo slow {{ secret('token') }}; sleep 9
        timeout: 300ms
        ignore_errors: true
        rollback: none
      - name: End by a signal
        shell: echo killed {{ secret('token') }} >&2; kill -9 $$
        ignore_errors: true
        rollback: none
      - name: Ask
        probe:
          http:
            url: "http://127.0.0.1:{{ port }}/{{ secret('password') }}"
            headers: {X-Token: "{{ secret('token') }}"}
            data: "{{ secret('password') }}"
            method: POST
            body: nothing like this
        ignore_errors: true
      - name: Last
        shell: |
          echo '{"token": "{{ secret('password') }}"}'
          : crash here
          case {{ ending }}-{{ host.name }} in dies-web2) touch here; exec sleep 30 ;; esac
          echo failing with {{ secret('token') }} >&2; exit 3
        rollback: none
"""


@dataclass(frozen=True)
class Trap:
    """A project whose secrets are known to the test alone, and what is found of them."""

    project: Project
    values: dict[str, str]
    needles: frozenset[bytes]
    processes: set[str] = field(default_factory=set)  # where a value stood in a process's arguments or environment

    def run(self, seal: str, *arguments: str) -> bytes:
        """Run a command line; all that it printed. Processes are looked at meanwhile."""
        with watched(self):
            ended = subprocess.run(
                [sys.executable, str(CANARY), seal, *arguments],
                cwd=self.project.folder,
                env=self.project.full_environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=90,
                check=False,
            )
        return ended.stdout

    def found_in(self, data: bytes) -> bool:
        return any(needle in data for needle in self.needles)

    @staticmethod
    def told(said: bytes, words: str) -> bool:
        """Whether it was said, however lines were broken."""
        return "".join(words.split()) in "".join(said.decode().split())

    def left_behind(self, *suffixes: str) -> Iterator[Path]:
        """Files of the program's own on the control node."""
        state = self.project.folder / "state"
        return (path for path in state.rglob("*") if path.suffix in suffixes and path.is_file())

    def files(self) -> set[str]:
        """The kinds of places on the disk, on both machines, in which a value stands."""
        root = self.project.folder.parent
        return {
            _place(path.relative_to(root))
            for path in root.rglob("*")
            if path.is_file() and path.parent.name != "vault" and self.found_in(path.read_bytes())
        }


def _place(path: Path) -> str:
    """What kind of file it is: the same word for each host and run."""
    name = path.name
    if "output" in path.parts:
        return "output"
    if name.startswith("crash-"):
        return "crash file"
    if ".runbook" in path.parts:
        return {".out": "printed on a host", ".err": "printed on a host", ".sh": "a script on a host"}.get(
            path.suffix, name
        )
    return name


class Echo(BaseHTTPRequestHandler):
    """Answers with all that it was asked."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        answer = f"you said {self.path} {self.headers['X-Token']} {body.decode()}".encode()
        self.send_response(200)
        self.send_header("X-Said", self.headers["X-Token"])
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 -- the library's name for it
        """Says nothing."""


@pytest.fixture
def echo() -> Iterator[int]:
    """The port of a server that echoes."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@pytest.fixture
def trap(tmp_path: Path, sshd: StartServer, echo: int) -> Trap:
    servers = {"web1": sshd(), "web2": sshd("AllowTcpForwarding no")}
    folder = tmp_path / "project"
    environment = {"RUNBOOK_STATE": str(folder / "state"), "HOME": str(tmp_path / "own-home"), "TMPDIR": str(tmp_path)}
    project = Project(folder, servers, environment)
    values = {
        "token": "".join(f"{secrets.token_hex(3)}{odd}" for odd in ("'", '"', " $x", "/", "+%", "&", "=")),
        "password": secrets.token_urlsafe(15),
        "whole": secrets.token_hex(12),
        "key": "-----BEGIN KEY-----\n" + "\n".join(secrets.token_urlsafe(48) for _ in range(4)) + "\n-----END KEY-----",
    }
    vault = tmp_path / "vault"
    vault.mkdir()
    for name, value in values.items():
        (vault / name).write_text(value + "\n")
    (vault / ".env").write_text(f'PASSWORD="{values["password"]}"\n')
    (tmp_path / "own-home").mkdir()
    project.write("runbook.toml", "")
    project.write("canary.yml", RUNBOOK)
    project.write("config.j2", "{% for n in [1, 2] %}{{ n }} {{ url }} {{ secret('key') | b64encode }}\n{% endfor %}")
    project.write("inventories/prod.yml", _inventory(tmp_path, servers, vault, echo))
    return Trap(project, values, frozenset(_needles(values)))


def _inventory(folder: Path, servers: dict[str, SshServer], vault: Path, port: int) -> str:
    known = folder / "all_known_hosts"
    known.write_text("".join(server.known_hosts.read_text() for server in servers.values()))
    hosts = "".join(
        f"  {name}: {{address: 127.0.0.1, port: {server.port}, user: {server.user}, key: {server.key}}}\n"
        for name, server in servers.items()
    )
    return (
        f"ssh: {{known_hosts: {known}}}\n"
        f"vars: {{ending: fails, handler_rc: 0, look: 0, port: {port}}}\n"
        f"hosts:\n{hosts}groups:\n  web: {{hosts: [{', '.join(servers)}]}}\n"
        "secrets:\n"
        f"  token: $(cat {vault}/token)\n"
        f"  password: {{dotenv: {vault}/.env, key: PASSWORD}}\n"
        f"  key: {{file: {vault}/key}}\n  whole: {{file: {vault}/whole}}\n"
        f"  unused: $(touch {folder}/unused-was-fetched; echo value)\n"
    )


def _needles(values: dict[str, str]) -> Iterator[bytes]:
    for name, value in values.items():
        data = value.encode()
        for at in range(len(data) - WINDOW + 1):
            piece = data[at : at + WINDOW]
            if b"KEY" not in piece and b"--" not in piece:
                yield piece
        if name in {"token", "password"}:
            for before in range(3):
                encoded = base64.b64encode(b"x" * before + data)
                yield from (encoded[at : at + 12] for at in range(4, len(encoded) - 16))


class watched:  # noqa: N801 -- a context manager, named as it is used
    """Looks at the arguments and the environment of every process, over and over."""

    def __init__(self, trap: Trap) -> None:
        self._trap = trap
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _look(self) -> None:
        seen: set[bytes] = set()
        while not self._done.wait(0.1):
            for folder in Path("/proc").glob("[0-9]*"):
                try:
                    environment = (folder / "environ").read_bytes()
                    arguments = (folder / "cmdline").read_bytes()
                except OSError:
                    continue  # it has just ended
                if environment + arguments in seen:
                    continue
                seen.add(environment + arguments)
                if self._trap.found_in(arguments):
                    self._trap.processes.add("arguments")
                if b"STEP=of-the-canary" not in environment and self._trap.found_in(environment):
                    self._trap.processes.add("environment")


WRITTEN = {"config", "rendered"}  # by `copy` and `template`, where the operator says so
LINES: list[tuple[str, ...]] = [(), ("-v",), ("-vv",), ("-vvv",), ("--output", "jsonl"), ("-D", "-v")]


@pytest.mark.parametrize("verbosity", LINES, ids=lambda flags: "".join(flags) or "plain")
def test_nothing_that_fails_lets_a_secret_out(trap: Trap, verbosity: tuple[str, ...]) -> None:
    """A run that fails and is undone, one whose handlers fail, and a fault of the program; what is told later."""
    run = ("run", "canary.yml", "-i", "prod", "-y", *verbosity)
    said = trap.run("sealed", *run)
    assert b"exit code 3" in said, said.decode()
    assert b"[redacted]" in said
    assert trap.files() <= WRITTEN
    said += trap.run("sealed", *run, "-e", "handler_rc=4")
    assert not trap.found_in(said), said.decode()
    crashed = trap.run("crash", *run)
    assert trap.told(crashed, "runbook itself failed" if "-vvv" not in run else "this is broken: [redacted]")
    assert any(b"this is broken: [redacted]" in path.read_bytes() for path in trap.left_behind(".txt")) or "-vvv" in run
    assert not trap.found_in(crashed), crashed.decode()
    # What steps have printed lies on their hosts until a run that can be carried on has come to its end.
    assert trap.files() <= WRITTEN | {"printed on a host"}
    assert trap.processes == set()
    assert b"printed under no_log" not in said
    assert not any(b"printed under no_log" in path.read_bytes() for path in trap.left_behind(".out", ".jsonl", ".json"))
    assert not (trap.project.folder.parent / "unused-was-fetched").exists()


def test_what_is_told_of_a_plan_and_of_a_run_later_has_no_secret(trap: Trap) -> None:
    plan = trap.run("sealed", "plan", "canary.yml", "-i", "prod")
    assert b"where url is postgres://app:[secret password]@db/app" in plan
    assert b"[secret token]" in plan
    said = trap.run("sealed", "run", "canary.yml", "-i", "prod", "-y")
    for command in (("show", "last", "-v"), ("show", "last", "--format", "json"), ("logs",)):
        told = trap.run("sealed", *command)
        assert b"[redacted]" in told
        said += told
    assert not trap.found_in(plan + said)


def test_a_host_that_dies_in_the_middle_takes_no_secret_with_it(trap: Trap) -> None:
    dying = trap.project.servers["web2"]

    def cut() -> None:
        while not (dying.home / "here").exists():
            time.sleep(0.05)
        dying.die()

    thread = threading.Thread(target=cut)
    thread.start()
    said = trap.run("sealed", "run", "canary.yml", "-i", "prod", "-y", "-v", "-e", "ending=dies", "--lost-after", "1s")
    thread.join()
    assert b"web2" in said
    assert not trap.found_in(said), said.decode()
    assert trap.files() <= WRITTEN | {"printed on a host"}
    assert trap.processes == set()


def test_the_live_view_shows_no_secret(trap: Trap) -> None:
    """At a terminal, with its frames and wrapped lines."""
    main, terminal = pty.openpty()
    shown = bytearray()

    def read() -> None:
        with suppress(OSError):  # the other side is closed
            while data := os.read(main, 65536):
                shown.extend(data)

    reader = threading.Thread(target=read)
    reader.start()
    arguments = ("run", "canary.yml", "-i", "prod", "-y", "-v")
    with (
        watched(trap),
        subprocess.Popen(
            [sys.executable, str(CANARY), "sealed", *arguments],
            cwd=trap.project.folder,
            env=trap.project.full_environment() | {"TERM": "xterm-256color", "COLUMNS": "60", "LINES": "40", "CI": ""},
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
        ) as process,
    ):
        os.close(terminal)
        process.wait(60)
    reader.join()
    os.close(main)
    assert b"[redacted]" in shown
    assert not trap.found_in(bytes(shown)), shown.decode()
    assert trap.files() <= WRITTEN
    assert trap.processes == set()


def test_a_secret_that_cannot_be_fetched_is_named_and_nothing_is_connected_to(trap: Trap) -> None:
    vault = trap.project.folder.parent / "vault"
    inventory = trap.project.folder / "inventories/prod.yml"
    inventory.write_text(inventory.read_text().replace("$(cat", "$(cat /nowhere"))
    ran = trap.project.runbook("run", "canary.yml", "-i", "prod", "-y", "-vvv")
    assert ran.code == 3, ran
    assert "the secret 'token' could not be fetched: its command failed (exit code 1)" in ran.err
    assert not trap.found_in((ran.out + ran.err).encode())
    assert not trap.project.servers["web1"].run_folders()
    assert vault.exists()


def test_without_redaction_the_canary_finds_every_sink(trap: Trap) -> None:
    """That the tests above can fail: with nothing redacted, every place has a secret in it."""
    inventory = trap.project.folder / "inventories/prod.yml"
    # The first crash would leave its lock on the hosts, and the second run be refused.
    inventory.write_text(inventory.read_text() + "policy: {lock: false}\n")
    run = ("run", "canary.yml", "-i", "prod", "-y", "-v")
    for arguments in (run, (*run, "--output", "jsonl"), ("show", "last"), ("logs",)):
        assert trap.found_in(trap.run("unredacted", *arguments)), arguments
    assert trap.found_in(trap.run("unredacted-crash", *run))
    assert trap.found_in(trap.run("unredacted-crash", *run, "-vvv"))
    assert trap.files() - WRITTEN == {
        "output",
        "journal.jsonl",
        "crash file",
        "printed on a host",
        "a script on a host",  # a later step's, with what an earlier one had printed
    }


def test_with_values_in_the_command_text_the_canary_finds_processes_and_hosts(trap: Trap) -> None:
    said = trap.run("in-text", "run", "canary.yml", "-i", "prod", "-y", "-v", "-e", "look=.5")
    assert not trap.found_in(said)  # redaction still holds
    assert "a script on a host" in trap.files()
    assert trap.processes == {"arguments"}
