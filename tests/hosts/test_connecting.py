"""The first connections of a process, side by side."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

ADDRESS = "127.0.0.1"
# Hosts of which half refuse and half hang up: their threads come to the libraries at different moments and places.
FIRST_CONNECTIONS = """
import sys
from concurrent.futures import ThreadPoolExecutor
from executor.hosts.connecting import Credentials, connect
from executor.hosts.errors import ConnectionFailed
from executor.hosts.ssh_config import Target

def tried(number):
    try:
        connect(Target("web", "127.0.0.1", int(sys.argv[1 + number % 2]), "me", timeout=0.5), Credentials(), None)
    except ConnectionFailed:
        return True

with ThreadPoolExecutor(24) as threads:
    assert all(threads.map(tried, range(24)))
"""


def test_hosts_that_fail_at_once_do_not_keep_the_others_from_their_libraries() -> None:
    """What cannot be connected to is loaded for, too; a module that was met half loaded would fail for ever."""
    with socket.socket() as refusing, socket.create_server((ADDRESS, 0), backlog=100) as silent:
        refusing.bind((ADDRESS, 0))
        ports = [str(one.getsockname()[1]) for one in (refusing, silent)]
        for _ in range(3):
            ended = subprocess.run(
                [sys.executable, "-c", FIRST_CONNECTIONS, *ports],
                cwd=Path(__file__).parents[2],
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            assert ended.returncode == 0, ended.stderr
