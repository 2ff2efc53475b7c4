"""What a host is told to do about a lock, as scripts, and what its answers mean. Pure; hosts are asked elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from executor.hosts.protocol import Job, JobEnd
from executor.locks.words import BY_HAND, Answer, Beat, Busy, Claim, Failed, Holder, Last, Taken

TIMEOUT = 30.0  # seconds that a host may take for one order


@dataclass(frozen=True, slots=True)
class Wish:
    """A lock that is wanted: by which run (BY_HAND: a person's), and from whom it may be taken.

    `token` is a random word of letters and digits, the same for all hosts of one holder. `inside` is the run within
    which this one works, `heir` are runs that have ended and left their lock. `begun`: the run had the lock on all its
    hosts before, and has been at work; what it still has of it stays its own.
    """

    name: str
    token: str
    run: str
    claim: Claim
    inside: str = ""
    heir: tuple[str, ...] = ()
    override: bool = False
    begun: bool = False


def take(wish: Wish, job_id: str, *, durable: bool = False) -> Job:
    """Take a lock. Asked twice, it is taken once. `durable` sends it over the lane that a run has open already."""
    values = {
        "name": wish.name,
        "token": wish.token,
        "run": wish.run,
        "inside": wish.inside,
        "heir": " ".join(wish.heir),
        "override": "yes" if wish.override else "",
        "claim_of_ours": _json(wish.claim),
    }
    return _job("take", values, job_id, durable=durable)


def beat(taken: Taken, sign: Beat, job_id: str) -> Job:
    """Leave a sign of life."""
    return _job("beat", {**_lying(taken), "beat_of_ours": _json(sign)}, job_id)


def release(taken: Taken, job_id: str, *, durable: bool = False) -> Job:
    """Let a lock of ours go."""
    return _job("release", _lying(taken), job_id, durable=durable)


def break_(name: str, number: int, by: str, job_id: str) -> Job:
    """End somebody's lock. `by` is for them to read: who did so, and why."""
    return _job("break", {"name": name, "number": str(number), "by": " ".join(by.split())}, job_id)


def look(job_id: str) -> Job:
    """Which locks hold there?"""
    return _job("look", {}, job_id)


def last(name: str, job_id: str) -> Job:
    """Who had the lock of that name last, whether or not it still holds?"""
    return _job("last", {"name": name}, job_id)


def _lying(taken: Taken) -> dict[str, str]:
    at, _, number = taken.file.rpartition("/")
    return {"at": at, "number": number, "token": taken.token}


def _job(verb: str, values: Mapping[str, str], job_id: str, *, durable: bool = False) -> Job:
    assignments = "".join(f"{name}={_quote(value)}\n" for name, value in values.items())
    script = f"{assignments}{_text('library')}{_text(verb)}"
    return Job(job_id, script, executable="/bin/sh", timeout=TIMEOUT, read_only=not durable)


@cache
def _text(name: str) -> str:
    lines = (Path(__file__).parent / "scripts" / f"{name}.sh").read_text(encoding="utf-8").splitlines()
    stripped = (line.lstrip("\t") for line in lines)
    return "".join(f"{line}\n" for line in stripped if line and not line.startswith("#"))


def _quote(text: str) -> str:
    return "'" + text.replace("\0", "").replace("'", "'\\''") + "'"


def _json(record: Claim | Beat) -> str:
    """One line of ASCII, so that any shell reads it back as it was."""
    return json.dumps(asdict(record), separators=(",", ":"))


# --- answers -----------------------------------------------------------------------------------------------------


def answer(wish: Wish, end: JobEnd, stdout: bytes) -> Answer:
    """What came of `take`."""
    lines = _lines(stdout)
    match lines[0].split(" ", 3) if lines else []:
        case ["taken" | "resumed" as how, number, *at] if number.isdigit() and at:
            broken = next(_holders(lines[1:], "broken"), None)
            kept = how == "resumed" and wish.begun
            return Taken(int(number), f"{' '.join(at)}/{number}", wish.token, kept, broken=broken)
        case ["lent", number, token, at] if number.isdigit():
            return Taken(int(number), f"{at}/{number}", token, lent=True)
        case ["busy", *_]:
            holder = next(_holders(lines, "busy"), None)
            return Busy(holder) if holder is not None else Failed("what lies there is no lock")
        case _:
            return Failed(_failure(end, lines))


def unanswered(end: JobEnd, stdout: bytes) -> bool:
    """Whether `take` may have been carried out, and could not say so: it was killed, or its host was restarted."""
    return not stdout and (end.how == "unknown" or (end.how == "exited" and end.rc != 0))


def lost(end: JobEnd, stdout: bytes) -> str | None:
    """After `beat`: None where the lock holds, or where the host could not be asked; else who broke it, for people."""
    lines = _lines(stdout)
    if end.how != "exited" or not lines or lines[0] != "lost":
        return None
    return lines[1] if len(lines) > 1 and lines[1] else "its file on the host is gone"


def ended(end: JobEnd, stdout: bytes) -> str | None:
    """After `release` or `break_`: None where the lock has ended, else why it has not."""
    lines = _lines(stdout)
    return None if lines and lines[0] in ("released", "broken", "gone") else _failure(end, lines)


def seen(end: JobEnd, stdout: bytes) -> tuple[Holder, ...] | Failed:
    """After `look`: the locks that hold."""
    lines = _lines(stdout)
    return tuple(_holders(lines, "held")) if lines and lines[-1] == "end" else Failed(_failure(end, lines))


def had_last(end: JobEnd, stdout: bytes) -> Last | Failed:
    """After `last`."""
    lines = _lines(stdout)
    if not lines or lines[-1] != "end":
        return Failed(_failure(end, lines))
    runs = tuple(line.removeprefix("run ") for line in lines if line.startswith("run "))
    return Last(next(_holders(lines, "last"), None), runs)


def _lines(stdout: bytes) -> list[str]:
    return stdout.decode("utf-8", "replace").splitlines()


def _failure(end: JobEnd, lines: Iterable[str]) -> str:
    said = next((line.removeprefix("failed ") for line in lines if line.startswith("failed ")), "")
    return said or end.detail or f"the host's answer makes no sense ({end.how})"


def _holders(lines: list[str], word: str) -> Iterator[Holder]:
    """Every lock that is told: a line with `word`, its claim and its sign of life."""
    name = ""
    for at, line in enumerate(lines):
        match line.split(" "):
            case ["name", name]:
                continue
            case [said, number, age, token, run] if said == word and number.isdigit():
                claim, sign = (*lines[at + 1 : at + 3], "", "")[:2]
                yield Holder(
                    int(number), int(age) if age.isdigit() else None, token, run, _claim(claim), _beat(sign), name
                )


def _claim(text: str) -> Claim:
    said = _object(text)
    words = {name: str(said.get(name, "")) for name in ("operator", "controller", "since", "what", "due", "reason")}
    return Claim(**words)


def _beat(text: str) -> Beat | None:
    said = _object(text)
    count = said.get("count")
    return Beat(count, str(said.get("doing", "")), bool(said.get("stopped"))) if isinstance(count, int) else None


def _object(text: str) -> dict[str, Any]:
    """What a host says is data, and may be anything."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


__all__ = [
    "BY_HAND",
    "Wish",
    "answer",
    "beat",
    "break_",
    "ended",
    "had_last",
    "last",
    "look",
    "lost",
    "release",
    "seen",
    "take",
]
