"""Reading a sealed plan: what was sealed comes out, or a reason why it is refused."""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from executor.errors import InvalidInput, Problem, Refused
from executor.language.sources import shown
from executor.model.codec import CodecError
from executor.model.plans import Plan, PlannedStep
from executor.planning.codec import from_data
from executor.sealing.envelope import LARGEST, Altered, unwrap
from executor.sealing.origin import Origin
from executor.sealing.portable import Spot, settled
from executor.sealing.shape import misfit

_AGAIN = "seal it again: runbook plan RUNBOOK -i INVENTORY --out FILE"
_MADE = "what can be run is made by runbook plan RUNBOOK -i INVENTORY --out FILE, and by no --format"
_MARK = b'{"runbook_plan"'
_ID = re.compile(r"[A-Za-z0-9_.]{1,64}")
_HOST = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?")
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed plan that is whole. Paths are those of this machine; whether it may still run is another question."""

    plan: Plan
    digest: str  # SHA-256 of its content: its name
    data: bytes  # the file, as approvals sign it
    program: str
    origin: Origin
    expires: datetime | None
    inventory: tuple[str, ...]  # what -i named
    given: Mapping[str, Any]  # the flags that shaped it
    inputs: Mapping[str, str]  # SHA-256 of what it was read from, by absolute path
    sent: Mapping[str, str]  # and of the local files that it sends
    sent_late: tuple[str, ...]  # what it sends and nobody could know when it was sealed


def read_sealed(path: Path) -> bytes:
    """The bytes of a file that should be a sealed plan. Raises InvalidInput where it cannot be read."""
    try:
        # Without O_NONBLOCK, opening a FIFO waits for a writer for ever.
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:  # noqa: PTH123  a descriptor
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise _unreadable(path, "it is no regular file")
            if status.st_size > LARGEST:
                raise _unreadable(path, f"it is larger than {LARGEST // 1024**2} MB")
            return file.read(LARGEST + 1)
    except OSError as error:
        raise _unreadable(path, (error.strerror or str(error)).lower()) from error


def open_sealed(path: Path, data: bytes, program: str, spot: Spot) -> Sealed:
    """What was sealed, for this machine; `program` is the version of this one.

    Raises Refused where a byte of it is not as it was sealed, it makes no sense, or another version made it.
    """
    name = shown(path)
    try:
        digest, content = unwrap(data)
    except Altered as error:
        hint = _AGAIN if data.startswith(_MARK) else _MADE
        raise Refused(Problem(f"{name} is not as it was sealed: {error}", hint=hint, code="altered")) from error
    try:
        read = json.loads(content, parse_constant=_no_number)
        made_by = read["program"]
        if made_by != program:
            raise _other_program(name, made_by, program)
        return _opened(read, digest, data, spot)
    except (CodecError, AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        # The digest fits, so somebody has made this on purpose: whatever is wrong with it, no more is to be said.
        why = f"it makes no sense: {type(error).__name__}: {str(error)[:200]}"
        raise Refused(Problem(f"{name} cannot be read: {why}", hint=_AGAIN, code="no-plan")) from error


def _opened(read: Mapping[str, Any], digest: str, data: bytes, spot: Spot) -> Sealed:
    plan = from_data(settled({**read["plan"], "root": "./"}, spot))
    wrong = misfit(plan) or _strange(plan)
    if wrong:
        raise CodecError(wrong)
    expires = datetime.fromisoformat(read["expires"]) if "expires" in read else None
    if expires is not None and expires.tzinfo is None:
        raise CodecError("it expires at an hour of no time zone")
    return Sealed(
        plan=plan,
        digest=digest,
        data=data,
        program=str(read["program"]),
        origin=Origin(str(read.get("commit", "")), dirty=read.get("dirty") is True),
        expires=expires,
        inventory=tuple(spot.back(_text(name)) for name in read["inventory"]),
        given=dict(read["given"]),
        inputs=_digests(read["inputs"], spot),
        sent=_digests(read["sent"], spot),
        sent_late=tuple(_text(path) for path in read["sent_late"]),
    )


def _digests(read: Mapping[str, Any], spot: Spot) -> dict[str, str]:
    if not all(isinstance(digest, str) and _DIGEST.fullmatch(digest) for digest in read.values()):
        raise CodecError("a digest that is none")
    return {spot.back(path): digest for path, digest in read.items()}


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise CodecError(f"a text was expected, not {type(value).__name__}")
    return value


def _strange(plan: Plan) -> str:
    """Why a plan of the right types is still none that this program could have made; "" where it is one."""
    for name, spec in plan.hosts.items():
        if spec.name != name or not _HOST.fullmatch(name):
            return f"a host is called {name[:40]!r}"
    ids: set[str] = set()
    groups: list[tuple[tuple[str, ...], tuple[PlannedStep, ...]]] = [((), plan.always)]
    for stage in plan.stages:
        groups += [(stage.hosts, (*stage.drain, *stage.steps, *stage.restore, *stage.always))]
        if stage.id in ids or not _ID.fullmatch(stage.id):
            return f"a stage is called {stage.id[:40]!r}"
        ids.add(stage.id)
        if unknown := {*stage.hosts, *stage.health} - plan.hosts.keys():
            return f"a stage has the host {min(unknown)[:40]!r}, which is none of the plan's"
    for hosts, steps in groups:
        for step in steps:
            if step.id in ids or not _ID.fullmatch(step.id):
                return f"a step is called {step.id[:40]!r}"
            ids.add(step.id)
            if unknown := {*step.tasks, *hosts} - plan.hosts.keys():
                return f"a step is for {min(unknown)[:40]!r}, which is none of the plan's hosts"
            if any(task.id != step.id for task in step.tasks.values()):
                return f"the step {step.id} has another one's work"
    return ""


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _other_program(name: str, made_by: object, program: str) -> Refused:
    other = made_by if isinstance(made_by, str) else "of no version"
    why = f"{name} was sealed by runbook {other[:40]}, and this is {program}: what it does may not be what was read"
    return Refused(Problem(why, hint=f"run it with that version, or {_AGAIN}", code="other-version"))


def _unreadable(path: Path, why: str) -> InvalidInput:
    return InvalidInput(Problem(f"{shown(path)} cannot be read: {why}", code="unreadable"))
