"""How a command starts on a sandbox host: in the real /bin/sh, at home, in a clean environment and its own session."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from executor.sandbox.info import SandboxHost

SHELL = "/bin/sh"
PATH = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"

# A terminal becomes a session's own by a call that only the session's leader can make. Code between fork and exec would
# be unsafe beside threads, so a short-lived interpreter makes that call and then becomes the shell.
TAKE_TERMINAL = "import os, sys; os.login_tty(int(sys.argv[1])); os.execv(sys.argv[2], sys.argv[2:])"


@dataclass(frozen=True, slots=True)
class Window:
    """A terminal's name and size in characters."""

    term: str
    columns: int
    rows: int


@dataclass(frozen=True, slots=True)
class Piped:
    """A running command and our ends of its three pipes."""

    process: subprocess.Popen[bytes]
    stdin: int
    stdout: int
    stderr: int


@dataclass(frozen=True, slots=True)
class OnTerminal:
    """A running command and its pseudo-terminal. `theirs` stays open until it has ended, so that no output is lost."""

    process: subprocess.Popen[bytes]
    ours: int
    theirs: int


Running: TypeAlias = Piped | OnTerminal


def environment(host: SandboxHost, user: str) -> dict[str, str]:
    """What a login finds: nothing of the environment in which the sandbox was started."""
    return {
        "HOME": str(host.home),
        "USER": user,
        "LOGNAME": user,
        "SHELL": SHELL,
        "PATH": PATH,
        "PWD": str(host.home),
    }


def piped(command: bytes, host: SandboxHost, env: Mapping[str, str]) -> Piped:
    """Start a command without a terminal. Raises OSError where that is impossible."""
    (their_in, our_in), (our_out, their_out), (our_err, their_err) = os.pipe(), os.pipe(), os.pipe()
    try:
        process = subprocess.Popen(
            [SHELL, "-c", command],
            stdin=their_in,
            stdout=their_out,
            stderr=their_err,
            cwd=host.home,
            env=env,
            start_new_session=True,
        )
    except OSError:
        close(our_in, our_out, our_err)
        raise
    finally:
        close(their_in, their_out, their_err)
    return Piped(process, our_in, our_out, our_err)


def on_terminal(command: bytes | None, host: SandboxHost, env: Mapping[str, str], window: Window) -> OnTerminal:
    """Start a command, or an interactive shell, on a new pseudo-terminal. Raises OSError where that is impossible."""
    ours, theirs = pty.openpty()
    resize(ours, window)
    arguments: list[bytes | str] = ["-i"] if command is None else ["-c", command]
    try:
        process = subprocess.Popen(
            [sys.executable, "-IS", "-c", TAKE_TERMINAL, str(theirs), SHELL, *arguments],
            pass_fds=(theirs,),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=host.home,
            env={**env, "TERM": window.term, "PS1": f"{host.name} $ "},
            start_new_session=True,
        )
    except OSError:
        close(ours, theirs)
        raise
    return OnTerminal(process, ours, theirs)


def resize(terminal: int, window: Window) -> None:
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", window.rows, window.columns, 0, 0))


def close(*descriptors: int) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
