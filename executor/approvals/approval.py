"""An approval: a sealed plan's bytes, signed. It lies beside the plan as `PLAN.sig` or `PLAN.NAME.sig`.

An approval may state when it was given, in a line after the signature. Then that line is signed with the plan: what is
signed are the plan's bytes with the line behind them. Without it, it is exactly what `ssh-keygen -Y sign` makes of the
plan.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from executor.approvals.keys import NotVerified, verify
from executor.approvals.sshsig import LARGEST, Signature, armoured, fingerprint, parsed, signed, split
from executor.approvals.wire import Malformed
from executor.language.sources import read_bytes

NAMESPACE: Final = "runbook-plan"
_LAST_YEAR: Final = 9000  # with times after it nothing can be reckoned
_GIVEN = re.compile(r"approved (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)\n")
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9@._+-]")


@dataclass(frozen=True, slots=True)
class Approval:
    """A signature of the plan that has been proved to be its key's. Whose the key is, is another question."""

    file: str
    key: bytes
    at: datetime | None = None  # as its signer says

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.key)


@dataclass(frozen=True, slots=True)
class Bad:
    """A file that should be an approval of the plan, and is none."""

    file: str
    why: str


def message(plan: bytes, at: datetime | None) -> bytes:
    """What is signed: the plan, and the time where one is stated."""
    return plan if at is None else plan + _line(at).encode("ascii")


def written(signature: Signature, at: datetime | None) -> str:
    """An approval's file."""
    return armoured(signature) + ("" if at is None else _line(at))


def proved(file: str, data: bytes, plan: bytes) -> Approval | Bad:
    """What an approval's file says, if it is true of this plan."""
    try:
        text, rest = split(data.decode("ascii"))
        signature = parsed(text)
        at = _given(rest)
        if signature.namespace != NAMESPACE:
            return Bad(file, f"it is a signature for {signature.namespace!r}, not for {NAMESPACE!r}")
        verify(signature.key, signature.proof, signed(NAMESPACE, signature.hash, message(plan, at)))
    except UnicodeDecodeError:
        return Bad(file, "it is no SSH signature")
    except (Malformed, NotVerified) as error:
        return Bad(file, str(error))
    return Approval(file, signature.key, at)


def beside(plan: Path) -> Iterator[tuple[str, bytes]]:
    """The names and the bytes of all files that may be approvals of a plan, in the order of their names.

    One that is no regular file (opening a FIFO would wait for ever) is empty here. Raises OSError where one cannot be
    read.
    """
    names = (path for path in plan.parent.iterdir() if path.name.startswith(f"{plan.name}."))
    for path in sorted(path for path in names if path.name.endswith(".sig")):
        yield path.name, _read(path)


def _read(path: Path) -> bytes:
    try:
        return read_bytes(path)[: LARGEST + 1]
    except ValueError:
        return b""


def place(plan: Path, who: str) -> Path:
    """Where the approval of somebody is kept; `who` is their name, or their key's fingerprint."""
    return plan.with_name(f"{plan.name}.{_NOT_IN_NAMES.sub('-', who)[:80]}.sig")


def _line(at: datetime) -> str:
    return f"approved {at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}\n"


def _given(rest: str) -> datetime | None:
    """The time that an approval states. Raises Malformed for anything else behind a signature."""
    if not rest:
        return None
    found = _GIVEN.fullmatch(rest)
    if found is None:
        raise Malformed("what follows its signature makes no sense")
    try:
        moment = datetime.fromisoformat(found[1])
    except ValueError as error:
        raise Malformed("it was given at a time that there is not") from error
    if moment.year >= _LAST_YEAR:
        raise Malformed("it was given at the end of time")
    return moment
