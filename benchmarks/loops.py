"""The limits that any program on paramiko has: loops without a decision, a journal or a second try.

    python -m benchmarks.loops persistent|one-exec parallel|serial JOB.json

`persistent` keeps one `sh` on each host and sends it step after step, waiting for each one's marker and exit code;
a step is a process of its own there that reads /dev/null. `one-exec` sends all steps of a host as one command.
JOB.json holds user, key, host_key (the text of a public key) and hosts: a list of {port, commands}.
"""

from __future__ import annotations

import base64
import json
import secrets
import socket
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypedDict

import paramiko

ADDRESS = "127.0.0.1"
CHUNK = 1 << 16
WIDTH = 32  # connections that are opened and used side by side


class HostJob(TypedDict):
    port: int
    commands: list[str]


class Job(TypedDict):
    user: str
    key: str
    host_key: str
    hosts: list[HostJob]


class StepFailed(Exception):
    """A command ended with another exit code than 0."""


def connect(job: Job, port: int) -> paramiko.Transport:
    """A transport over a socket without Nagle's algorithm, logged in, the host's key checked."""
    link = socket.create_connection((ADDRESS, port))
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    transport = paramiko.Transport(link)
    host_key = paramiko.Ed25519Key(data=base64.b64decode(job["host_key"].split()[1]))
    transport.connect(
        hostkey=host_key, username=job["user"], pkey=paramiko.Ed25519Key.from_private_key_file(job["key"])
    )
    return transport


def apart(command: str) -> str:
    """A command as a process of its own: a subshell, so that its `cd` and `exit` stay its own. Nothing is cheaper."""
    return f"(\n{command}\n) </dev/null"


def persistent(channel: paramiko.Channel, commands: Sequence[str]) -> None:
    """One `sh` for all: each step costs one round trip."""
    channel.exec_command("exec sh")
    marker = secrets.token_hex(8)
    for command in commands:
        channel.sendall(f"{apart(command)}; echo {marker} $?\n".encode())
        answer = b""
        while not (answer.endswith(b"\n") and marker.encode() in answer):
            data = channel.recv(CHUNK)
            if not data:
                raise StepFailed(f"the shell went away during: {command}")
            answer += data
        if answer.rsplit(None, 1)[-1] != b"0":
            raise StepFailed(command)


def one_exec(channel: paramiko.Channel, commands: Sequence[str]) -> None:
    """Everything in one command: nothing can be decided between two steps."""
    channel.exec_command("\n".join(["set -e", *map(apart, commands)]))
    while channel.recv(CHUNK):
        pass
    if channel.recv_exit_status() != 0:
        raise StepFailed("one of the commands")


def main(how: str, order: str, file: str) -> None:
    job: Job = json.loads(Path(file).read_text())
    work: Callable[[paramiko.Channel, Sequence[str]], None] = {"persistent": persistent, "one-exec": one_exec}[how]

    def one_host(host: HostJob) -> None:
        with connect(job, host["port"]) as transport:
            work(transport.open_session(), host["commands"])

    with ThreadPoolExecutor(1 if order == "serial" else WIDTH) as pool:
        list(pool.map(one_host, job["hosts"]))


if __name__ == "__main__":
    main(*sys.argv[1:])
