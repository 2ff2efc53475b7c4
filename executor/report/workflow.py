"""Commands for GitHub Actions, which it reads out of a job's output."""

from __future__ import annotations


def command(kind: str, message: str, properties: dict[str, str | int]) -> str:
    """A workflow command: one line, whatever the message and the properties hold."""
    given = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    return f"::{kind} {given}::{_data(message)}"


def _data(value: str) -> str:
    return value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: str) -> str:
    return _data(value).replace(":", "%3A").replace(",", "%2C")
