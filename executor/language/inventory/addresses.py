"""Hosts as Ansible's inventories write them: `web[01:20].example.com:2222` is twenty hosts with a port."""

from __future__ import annotations

import re
from dataclasses import dataclass
from string import ascii_letters

from executor.language.wording import quoted

MAX_HOSTS = 100_000  # that one line may stand for
MAX_PORT = 65535

_PORT = re.compile(r"((?:[^:\[\]]|\[[^\]]*\])*):(\d+)", re.ASCII)
_BRACKETED_PORT = re.compile(r"\[(.+)\]:(\d+)", re.ASCII)
_RANGE = re.compile(r"\[([^\[\]]*)\]")
_NAME = re.compile(r"[A-Za-z0-9_]+(?:(?:\.|-+)[A-Za-z0-9_]+)*", re.ASCII)
_IPV6 = re.compile(r"[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*(?:%[A-Za-z0-9_.-]+)?", re.ASCII)
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._@+-]*", re.ASCII)
_GROUP = re.compile(r"[^\s:,&!~'\"\\{}\[\]-][^\s:,'\"\\{}\[\]]*")


@dataclass(frozen=True, slots=True)
class Written:
    """What a line or a key names: one or more hosts, and the port of all of them."""

    names: tuple[str, ...]
    port: int | None = None


def is_host_name(name: str) -> bool:
    """Letters, digits, _, - and ., or an IPv6 address, at most 253 characters: nothing that a program could misread."""
    return len(name) <= 253 and bool(_NAME.fullmatch(name) or _IPV6.fullmatch(name))


def is_user_name(name: str) -> bool:
    """What may stand for a user on a command line: it never begins with a dash."""
    return len(name) <= 100 and bool(_USER.fullmatch(name))


def is_group_name(name: str) -> bool:
    """Anything that a host pattern can name: no spaces, separators, quotes or brackets, no control characters."""
    return len(name) <= 253 and name.isprintable() and bool(_GROUP.fullmatch(name))


def hosts_of(pattern: str) -> Written:
    """The hosts of a pattern with ranges (`[1:9]`, `[01:20]`, `[a:f]`, `[0:10:2]`), and its port.

    Raises ValueError, with the reason in words, for a range that is none, for a port that is none, and for a name that
    no host can have.
    """
    base, port = pattern, None
    if found := _BRACKETED_PORT.fullmatch(pattern) or _PORT.fullmatch(pattern):
        # An IPv6 address has colons of its own; with a port it stands in brackets.
        base, port = found[1], int(found[2])
    if port is not None and port not in range(1, MAX_PORT + 1):
        raise ValueError(f"{port} is no port from 1 to {MAX_PORT}")
    names = tuple(_expanded(base))
    for name in names:
        if not is_host_name(name):
            raise ValueError(_why_no_name(name))
    return Written(names, port)


def _why_no_name(name: str) -> str:
    if not name:
        return "an empty name is no host"
    if len(name) > 253:
        return f"a name of {len(name)} characters is no host: 253 are the most"
    return f"{quoted(name)} is no name for a host: it has letters, digits, _, - and ., a letter or digit first and last"


def _expanded(pattern: str) -> list[str]:
    """All names of a pattern, the first range turning slowest."""
    names = [""]
    behind = 0
    for found in _RANGE.finditer(pattern):
        steps = _steps(found[1], found[0])
        if len(names) * len(steps) > MAX_HOSTS:
            raise ValueError(f"{pattern!r} stands for more than {MAX_HOSTS:,} hosts")
        head = pattern[behind : found.start()]
        names = [name + head + step for name in names for step in steps]
        behind = found.end()
    return [name + pattern[behind:] for name in names]


def _steps(inside: str, written: str) -> list[str]:
    """What `01:20` or `a:f:2` counts through, both ends in."""
    bounds = inside.split(":")
    if len(bounds) not in {2, 3}:
        raise ValueError(f"`{written}` is no range such as [1:9], [01:20], [a:f] or [0:10:2]")
    first, last = bounds[0] or "0", bounds[1]
    step = bounds[2] if len(bounds) == 3 else "1"
    if not last:
        raise ValueError(f"`{written}` has no end")
    if not (step.isascii() and step.isdigit() and int(step[:9])):
        raise ValueError(f"`{written}` counts in steps of {step!r}: a whole number from 1 is meant")
    if len(first) == len(last) == 1 and first in ascii_letters and last in ascii_letters:
        begin, end = ascii_letters.index(first), ascii_letters.index(last)
        _check_order(begin, end, written)
        return list(ascii_letters[begin : end + 1 : int(step)])
    if not (first.isascii() and first.isdigit() and last.isascii() and last.isdigit()) or len(first + last) > 18:
        raise ValueError(f"`{written}` counts neither from a number to a number nor from a letter to a letter")
    padded = first.startswith("0") and len(first) > 1
    if padded and len(first) != len(last):
        raise ValueError(f"`{written}` begins with {len(first)} digits and ends with {len(last)}")
    _check_order(int(first), int(last), written)
    numbers = range(int(first), int(last) + 1, int(step))
    if len(numbers) > MAX_HOSTS:
        raise ValueError(f"`{written}` stands for more than {MAX_HOSTS:,} hosts")
    return [str(number).zfill(len(first)) if padded else str(number) for number in numbers]


def _check_order(begin: int, end: int, written: str) -> None:
    if begin > end:
        raise ValueError(f"`{written}` begins after its end")
