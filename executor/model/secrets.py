"""Secrets: where one is fetched from, and a value that prints as `[redacted]`."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NoReturn, TypeAlias

from executor.model.places import NOWHERE, Place

REDACTED: Final = "[redacted]"
SHORTEST: Final = 4  # characters; anything shorter stands in every other line by chance
FETCHED: Final = "secret"  # the function's name in templates, and what a late leaf that calls it waits for


@dataclass(frozen=True, slots=True)
class FromVariable:
    """`$NAME`: an environment variable of the control node."""

    name: str
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class FromCommand:
    """`$(command)`: what a command prints on the control node, in the project's root."""

    command: str
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class FromFile:
    """`{file: path}`: a file's text."""

    path: str  # absolute
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class FromDotenv:
    """`{dotenv: path, key: NAME}`: one line of a file of `NAME=value` lines."""

    path: str  # absolute
    key: str
    place: Place = NOWHERE


SecretSource: TypeAlias = FromVariable | FromCommand | FromFile | FromDotenv


class Secret:
    """A text that is not for anybody's eyes: its own text is `[redacted]`, and no codec takes it.

    `reveal` gives the value, to what hands it to a host. JSON, YAML and the plan's codec refuse the type because they
    do not know it; pickle and copy would look inside, so they are refused here.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself. Whoever calls this answers for where it goes."""
        return self._value

    def __repr__(self) -> str:
        return REDACTED

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return REDACTED

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a secret cannot be written")


@dataclass(frozen=True, slots=True)
class SealedScript:
    """A script that reads its secrets from its environment: `text` has their variables' names alone."""

    text: str
    environment: Mapping[str, Secret] = field(default_factory=dict)


def revealed(leaf: object) -> str | None:
    """The text of a leaf that may hold a secret; None for anything that is neither that nor a text.

    To be asked only where the text goes to a host without passing through a command line or a file of ours.
    """
    match leaf:
        case str():
            return leaf
        case Secret():
            return leaf.reveal()
    return None


def is_secret(leaf: object) -> bool:
    return isinstance(leaf, Secret)
