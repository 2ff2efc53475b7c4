"""The sandbox's own process: SSH hosts and load balancer in one, away from any terminal, until it is told to end."""

from __future__ import annotations

import logging
import os
import pwd
import resource
import selectors
import signal
import socket
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from executor.sandbox import balancer, inventory, project
from executor.sandbox.info import SandboxHost, SandboxInfo, dumps
from executor.sandbox.keys import generate, known_hosts, parse, public_line, write_private
from executor.sandbox.layout import Layout
from executor.sandbox.processes import identity
from executor.sandbox.server import Door, accept

READY = "up"
LOOK_EVERY = 1.0  # seconds between two looks whether the folder is still this sandbox's
MANY_FILES = 16384


@dataclass(frozen=True, slots=True)
class _Listening:
    """What the process holds: the doors by their sockets, and the services' ports, which nobody else may take."""

    doors: dict[socket.socket, Door]
    reserved: tuple[socket.socket, ...]


def main(folder: Path, count: int) -> None:
    """Detach, start everything, say `up` on standard output, and serve. What goes wrong is said there instead.

    The caller reads standard output to its end: it is closed once the sandbox is up, or has failed.
    """
    if os.fork():
        os._exit(0)  # the caller's child is gone at once; nobody has to wait for the sandbox
    os.setsid()
    layout = Layout(folder)
    _leave_the_terminal(layout.log)
    _allow_many_files()
    try:
        listening = _come_up(layout, count)
    except Exception as error:
        logging.exception("the sandbox could not come up")
        print(error, flush=True)  # noqa: T201 - this is how the caller hears it
        os._exit(1)
    print(READY, flush=True)  # noqa: T201 - as above
    os.dup2(os.open(os.devnull, os.O_RDWR), 1)
    _serve(layout, listening)


def _leave_the_terminal(log: Path) -> None:
    """Input from nowhere, diagnostics to the log; standard output stays the caller's until the sandbox is up."""
    os.chdir("/")
    os.dup2(os.open(os.devnull, os.O_RDWR), 0)
    os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600), 2)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("paramiko").setLevel(logging.CRITICAL)  # it reports every client that hangs up as an error
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGHUP, _stay)
    for number in (signal.SIGINT, signal.SIGQUIT):  # ignored, maybe, by whoever started us in the background
        signal.signal(number, signal.SIG_DFL)


def _allow_many_files() -> None:
    """Every session needs about ten descriptors: more than the usual limit for a hundred hosts."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MANY_FILES if most == resource.RLIM_INFINITY else min(MANY_FILES, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def _end(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - signal handlers are called so
    os._exit(0)  # threads wait for clients and commands; none of them has anything to lose


def _stay(number: int, frame: FrameType | None) -> None:
    """Hang-ups do not concern us. A handler, because what is plainly ignored would be ignored by every command too."""


def _come_up(layout: Layout, count: int) -> _Listening:
    """Ports, keys, hosts, services, load balancer, and last the state file, which says that all of it is there."""
    doors = [_socket() for _ in range(count)]
    for door in doors:
        door.listen(128)
    reserved = [_socket(socket.SO_REUSEPORT) for _ in range(count)]
    names = [f"web{n}" for n in range(1, count + 1)]
    hosts = tuple(
        SandboxHost(name, layout.home(name), door.getsockname()[1], app.getsockname()[1])
        for name, door, app in zip(names, doors, reserved, strict=True)
    )
    for host in hosts:
        host.home.mkdir(mode=0o700, parents=True)
        host.app_dir.mkdir()
    public = balancer.serve(hosts)
    info = SandboxInfo(
        folder=layout.folder,
        pid=os.getpid(),
        identity=identity(os.getpid()) or "",
        user=pwd.getpwuid(os.getuid()).pw_name,
        python=sys.executable,
        balancer_port=public.server_port,
        hosts=hosts,
    )
    opened = _make_keys(info, layout)
    project.reset(info)
    write_private(layout.inventory, inventory.text(info, git=project.has_git()))
    written = layout.state.with_suffix(".new")
    write_private(written, dumps(info))
    written.replace(layout.state)
    return _Listening(dict(zip(doors, opened, strict=True)), tuple(reserved))


def _socket(*options: int) -> socket.socket:
    """A socket on a free port of 127.0.0.1, not listening yet."""
    bound = socket.socket()
    for option in options:
        bound.setsockopt(socket.SOL_SOCKET, option, 1)
    bound.bind(("127.0.0.1", 0))
    return bound


def _make_keys(info: SandboxInfo, layout: Layout) -> list[Door]:
    """A key to log in with, a key for each host to be known by, and the files that clients need of them."""
    client = generate()
    doors = [Door(host, parse(generate()), info.user, parse(client)) for host in info.hosts]
    write_private(layout.key, client)
    write_private(layout.key.with_suffix(".pub"), public_line(parse(client), "runbook sandbox"))
    write_private(layout.known_hosts, known_hosts({door.host.ssh_port: door.host_key for door in doors}))
    return doors


def _serve(layout: Layout, listening: _Listening) -> None:
    """Let clients in for as long as the state file is this process's own: a sandbox whose folder is gone ends."""
    with selectors.DefaultSelector() as selector:
        for door in listening.doors:
            selector.register(door, selectors.EVENT_READ)
        while _is_ours(layout):
            for key, _ in selector.select(LOOK_EVERY):
                knocked = next(door for door in listening.doors if door is key.fileobj)
                client, address = knocked.accept()
                threading.Thread(target=accept, args=(client, address, listening.doors[knocked]), daemon=True).start()
    os._exit(0)


def _is_ours(layout: Layout) -> bool:
    try:
        return f'"pid": {os.getpid()},' in layout.state.read_text()
    except FileNotFoundError:
        return False
