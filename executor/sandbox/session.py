"""One session channel: a command or a shell, its bytes both ways, and how it ended, as sshd would tell it.

Three threads a session: one feeds the command's input, one waits for its end, one moves its output. They tell each
other by closing the write end of a pipe, which a select on the other end sees.
"""

from __future__ import annotations

import contextlib
import os
import select
import selectors
import signal
import threading
from collections.abc import Callable
from typing import TypeAlias

from paramiko import Channel, Message
from paramiko.common import cMSG_CHANNEL_REQUEST

from executor.sandbox.shells import OnTerminal, Piped, Running, close

CHUNK = 1 << 16  # bytes moved at once
AT_MOST_BEHIND = 1 << 20  # bytes that a pipe may still hold when its command has ended, generously
PATIENCE = 2.0  # seconds that a command has to end by itself when its connection is gone

Send: TypeAlias = Callable[[bytes], None]


def serve(channel: Channel, running: Running) -> None:
    """Move a running command's bytes until it and its channel are over. Returns when nothing is left of either."""
    gone, tell_gone = os.pipe()  # closed by the feeder when the client has closed the channel
    ended, tell_ended = os.pipe()  # closed by the waiter when the command has ended
    match running:
        case Piped(process, stdin, stdout, stderr):
            outputs: dict[int, Send] = {stdout: channel.sendall, stderr: channel.sendall_stderr}
            keep: tuple[int, ...] = ()
        case OnTerminal(process, ours, theirs):
            # The feeder closes its descriptor at the end of input; output needs one that stays.
            stdin = os.dup(ours)
            outputs = {ours: channel.sendall}
            keep = (theirs,)

    def wait() -> None:
        process.wait()
        os.close(tell_ended)

    threads = [
        threading.Thread(target=_feed, args=(channel, stdin, tell_gone), daemon=True),
        threading.Thread(target=wait, daemon=True),
    ]
    for thread in threads:
        thread.start()
    finished = _pump(channel, running, outputs, gone=gone, ended=ended)
    channel.close()
    close(*outputs, *keep)
    if not finished:
        _let_go(process.pid, ended)
    for thread in threads:
        thread.join()
    close(gone, ended)


def _feed(channel: Channel, stdin: int, tell_gone: int) -> None:
    """The client's bytes into the command's input; then wait until the channel is closed, and say so."""
    os.set_blocking(stdin, False)
    reads = True
    while data := channel.recv(CHUNK):
        # What a command does not want to read is taken from the client all the same, which would wait for ever else.
        reads = reads and _write(stdin, data, channel)
    os.close(stdin)
    # On the server's side no status ever comes, so this returns when the channel is closed, and not before.
    channel.recv_exit_status()
    os.close(tell_gone)


def _write(stdin: int, data: bytes, channel: Channel) -> bool:
    """Write all of it as the command takes it. False: the command has closed its input, or the client has left."""
    rest = memoryview(data)
    try:
        while rest and not channel.closed:
            if _ready(stdin, select.POLLOUT, 1.0):
                rest = rest[os.write(stdin, rest) :]
    except OSError:  # a broken pipe, or a terminal that is gone
        return False
    return not rest


def _ready(descriptor: int, what: int, seconds: float) -> bool:
    """Whether a descriptor becomes ready in time. Not `select`, which knows only the first 1024 of them."""
    poll = select.poll()
    poll.register(descriptor, what)
    return bool(poll.poll(seconds * 1000))


def _pump(channel: Channel, running: Running, outputs: dict[int, Send], *, gone: int, ended: int) -> bool:
    """Move output until all of it is through and the command has ended. False: the client went away before."""
    with selectors.DefaultSelector() as selector:
        for descriptor in (*outputs, gone, ended):
            selector.register(descriptor, selectors.EVENT_READ)
        waited_for = {ended, *outputs}
        while waited_for:
            for key, _ in selector.select():
                descriptor = key.fd
                if descriptor == gone:
                    return False
                try:
                    if descriptor == ended:
                        for output in outputs.keys() & waited_for:
                            _drain(output, outputs[output])
                        _tell_end(channel, running.process.returncode)
                        if isinstance(running, OnTerminal):
                            return True  # what still holds the terminal loses it, as after a logout
                    elif data := _read(descriptor):
                        outputs[descriptor](data)
                        continue
                except OSError:  # the channel was closed while we were sending
                    return False
                selector.unregister(descriptor)
                waited_for.discard(descriptor)
    return True


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, CHUNK)
    except OSError:  # a terminal that nobody holds any more says so with EIO
        return b""


def _drain(output: int, send: Send) -> None:
    """What the command wrote before it ended goes out before its status."""
    moved = 0
    while moved < AT_MOST_BEHIND and _ready(output, select.POLLIN, 0) and (data := _read(output)):
        send(data)
        moved += len(data)


def _tell_end(channel: Channel, code: int) -> None:
    if code >= 0:
        channel.send_exit_status(code)
        return
    message = Message()
    message.add_byte(cMSG_CHANNEL_REQUEST)
    message.add_int(channel.remote_chanid)
    message.add_string("exit-signal")
    message.add_boolean(False)
    message.add_string(_signal_name(-code))
    message.add_boolean(False)  # no core was dumped
    message.add_string("")
    message.add_string("")
    # paramiko has a public sender for exit-status, not for exit-signal
    channel.transport._send_user_message(message)  # type: ignore[union-attr]  # private, so not in the stubs


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name.removeprefix("SIG")
    except ValueError:  # a real-time signal, for which SSH has no name
        return "SIG@openssh.com"


def _let_go(leader: int, ended: int) -> None:
    """The connection is gone. As with sshd, a command sees the end of its input and a broken output; what is still
    attached after that is hung up on. Whatever made a session of its own, or ignores hang-ups, lives on."""
    if not _ready(ended, select.POLLIN, PATIENCE):
        with contextlib.suppress(ProcessLookupError):  # it has ended in this very moment
            os.killpg(leader, signal.SIGHUP)
