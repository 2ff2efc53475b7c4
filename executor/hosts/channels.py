"""paramiko's transport, which tells everybody who opens a channel why that one was refused.

As it comes, it keeps one error for the whole connection: of two channels that are refused at the same time, one would
hear the other's reason, or none.
"""

from __future__ import annotations

import threading
from typing import Any

import paramiko
from paramiko import Channel, ChannelException, SSHException
from paramiko.message import Message


class Transport(paramiko.Transport):
    """Raises ChannelException from `open_channel` where, and only where, the server has refused that very channel."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        self._refusals: dict[int, ChannelException] = {}
        self._opening = threading.local()  # `number` is the channel's that this thread opens
        super().__init__(*arguments, **settings)

    def open_channel(self, *arguments: Any, **settings: Any) -> Channel:
        try:
            return super().open_channel(*arguments, **settings)
        except SSHException as error:
            refusal = self._refusals.pop(getattr(self._opening, "number", -1), None)
            if refusal is None and isinstance(error, ChannelException):
                raise SSHException("the channel was not opened") from error
            raise refusal or error from None

    def _next_channel(self) -> int:
        number: int = super()._next_channel()  # type: ignore[misc]  # not in its stubs
        self._opening.number = number
        return number

    def _parse_channel_open_failure(self, message: Message) -> None:
        number, code = message.get_int(), message.get_int()
        self._refusals[number] = ChannelException(code, message.get_text())
        message.rewind()
        super()._parse_channel_open_failure(message)  # type: ignore[misc]  # not in its stubs
