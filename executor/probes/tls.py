"""`tls`: is the certificate of a port good, the right one, and for how long?"""

from __future__ import annotations

from dataclasses import dataclass

from executor.model.probes import Tls
from executor.probes.answers import Answer, Measured, Silence, Unasked, failed, passed, without_answer
from executor.probes.leaves import number, optional
from executor.probes.words import count


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a port showed. `days_left` is negative once it has ended; `distrust` is why nobody vouches for it, if so."""

    days_left: float
    fingerprint: str  # SHA-256, hexadecimal in lower case
    names: tuple[str, ...]
    distrust: str = ""


def judge(verb: Tls, name: str, seen: Certificate | Silence | Unasked) -> Answer:
    """`name` is the one that the certificate must bear. A fingerprint that is wanted stands in place of a chain of
    trust, and then the name counts only where it was asked for."""
    if not isinstance(seen, Certificate):
        return without_answer(seen)
    left = int(seen.days_left // 1)
    measured: Measured = {"days_left": left, "fingerprint": seen.fingerprint, "names": ", ".join(seen.names)}
    wanted_left, pinned = number(verb.days_left), optional(verb.fingerprint)
    ends = (
        f"the certificate ended {count(-left, 'day')} ago"
        if left < 0
        else f"the certificate ends in {count(left, 'day')}"
    )
    if pinned is not None and seen.fingerprint != plain_fingerprint(pinned):
        return failed(
            f"the certificate's fingerprint is {seen.fingerprint}, wanted {plain_fingerprint(pinned)}", measured
        )
    if seen.days_left < 0:
        return failed(ends, measured)
    if wanted_left is not None and seen.days_left < wanted_left:
        return failed(f"{ends} (wanted {wanted_left:g})", measured)
    if pinned is None and seen.distrust:
        return failed(f"the certificate is not trusted: {seen.distrust}", measured)
    if (pinned is None or verb.name is not None) and not any(bears(entry, name) for entry in seen.names):
        borne = ", ".join(seen.names) or "no name"
        return failed(f"the certificate is for {borne}, wanted {name}", measured)
    return passed(ends, measured)


def plain_fingerprint(text: str) -> str:
    """As it is compared: hexadecimal in lower case, without colons."""
    return text.strip().lower().replace(":", "").replace(" ", "")


def bears(entry: str, name: str) -> bool:
    """Does a name of a certificate (`*.example.com`: one label) stand for this one?"""
    entry, name = entry.lower().rstrip("."), name.lower().rstrip(".")
    if entry.startswith("*."):
        first, _, rest = name.partition(".")
        return bool(first) and rest == entry[2:]
    return entry == name
