"""Knocking at a port: through the SSH connection, or with what the host has where its SSH server forwards no ports."""

from __future__ import annotations

import shlex
import time

from executor.hosts.protocol import Host
from executor.model.steps import Settings
from executor.probes.answers import Silence, Unasked
from executor.probes.dialling import CONNECT_LIMIT, CURE, FORWARDING, Refused, dial
from executor.probes.jobs import look, run
from executor.probes.shell import Ran
from executor.probes.tcp import Open
from executor.probes.words import duration, excerpt

# Prints "open", "shut" with what was said, or "none" where nothing on the host can knock.
_SCRIPT = """\
set -- {address} {port}
LC_ALL=C
export LC_ALL
if command -v bash >/dev/null 2>&1; then
    said=$(bash -c 'exec 3<"/dev/tcp/$0/$1"' "$1" "$2" 2>&1) && {{ echo open; exit; }}
    # One that was built without this looks for a file.
    case $said in */dev/tcp/*'No such file'*) ;; */dev/tcp/*) echo "shut $said"; exit ;; esac
fi
if command -v python3 >/dev/null 2>&1; then
    said=$(python3 -c 'if True:
        import socket, sys
        try:
            socket.create_connection((sys.argv[1], int(sys.argv[2])), {seconds}).close()
        except OSError as error:
            print("shut", error.strerror or error)
        else:
            print("open")
    ' "$1" "$2" 2>/dev/null)
    case $said in open* | shut*) echo "$said"; exit ;; esac
fi
if command -v nc >/dev/null 2>&1; then
    said=$(nc -z -w {seconds} "$1" "$2" 2>&1 </dev/null) && {{ echo open; exit; }}
    # busybox's may not know -z, but what to run once it is connected.
    case $said in
        *option* | *sage:*) said=$(nc -w {seconds} "$1" "$2" -e true 2>&1 </dev/null) && {{ echo open; exit; }} ;;
    esac
    case $said in *option* | *sage:* | *execute*) ;; *) echo "shut $said"; exit ;; esac
fi
echo none
"""


def ask(host: Host, address: str, port: int, job_id: str, *, link_local: bool = False) -> Open | Silence | Unasked:
    """Whether a connection to the port is accepted, and after how long."""
    began = time.monotonic()
    try:
        connection = dial(host, address, port, link_local=link_local)
    except Refused as refused:
        if not refused.forwarding:
            return refused.answer
        return _by_hand(host, address, port, job_id)
    connection.close()
    return Open(time.monotonic() - began)


def _by_hand(host: Host, address: str, port: int, job_id: str) -> Open | Silence | Unasked:
    if address.startswith("-"):
        return Silence(f"there is no host named {address}")  # nc would take it for an option
    began = time.monotonic()
    script = _SCRIPT.format(address=shlex.quote(address), port=port, seconds=round(CONNECT_LIMIT))
    ran = run(host, look(job_id, script, Settings(), CONNECT_LIMIT + 1))
    match ran:
        case Ran(stdout=b"open\n"):
            return Open(time.monotonic() - began)
        case Ran(stdout=said) if said.startswith(b"shut"):
            return Silence(f"{_reason(said)} ({address}:{port})")
        case Ran():
            lacking = "there is neither bash nor python3 nor nc on the host"
            return Unasked(f"{host.name}: {FORWARDING}, and {lacking} ({CURE})")
        case Silence():
            return Silence(f"no connection to {address}:{port} within {duration(CONNECT_LIMIT)}")
        case Unasked():
            return ran


def _reason(said: bytes) -> str:
    """The end of what bash, Python or nc say: "Connection refused"."""
    words = said.decode("utf-8", "replace").removeprefix("shut").strip()
    return excerpt(words.rpartition(": ")[2], 160) or "no connection"
