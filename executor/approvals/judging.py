"""Whether a plan has the approvals that a policy asks for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from executor.approvals.allowed import Signer, lines_of, people
from executor.approvals.approval import NAMESPACE, Approval
from executor.model.inventories import Approvals


@dataclass(frozen=True, slots=True)
class Counted:
    """An approval that counts, and in whose name."""

    approval: Approval
    names: tuple[str, ...]

    def told(self) -> str:
        """For people, and for the record: the name, the key, and when, as far as that was said."""
        at = f", {self.approval.at:%Y-%m-%d %H:%M:%S %Z}" if self.approval.at is not None else ""
        return f"{', '.join(self.names)} ({self.approval.fingerprint}{at})"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the approvals add up to. `lacking` is "" where they are enough; `dismissed` says why others do not count;
    `ripens` is when they will be enough, where nothing but time is missing."""

    counted: tuple[Counted, ...]
    lacking: str = ""
    dismissed: tuple[str, ...] = ()
    ripens: datetime | None = None


def judge(policy: Approvals, lines: Sequence[Signer], approvals: Iterable[Approval], now: datetime) -> Judgement:
    """Each person counts once, however many keys and signatures they have; a key counts where its line lets it."""
    given = tuple(approvals)
    counted, dismissed = _counted(policy, lines, given, now)
    lacking = _lacking(policy, len(counted))
    return Judgement(counted, lacking, dismissed, _ripens(policy, lines, given, now) if lacking else None)


def _counted(
    policy: Approvals, lines: Sequence[Signer], approvals: Sequence[Approval], now: datetime
) -> tuple[tuple[Counted, ...], tuple[str, ...]]:
    """The approvals that count, one of each person, and why the others do not."""
    persons = people(lines)
    counted: dict[int, Counted] = {}
    dismissed: list[str] = []
    for approval in approvals:
        why, names = _standing(policy, lines, approval, now)
        if why:
            dismissed.append(f"{approval.file}: {why}")
            continue
        first = counted.setdefault(persons[approval.key], Counted(approval, names))
        if first.approval is not approval:
            dismissed.append(f"{approval.file}: {', '.join(names)} has signed already ({first.approval.file})")
    return tuple(counted.values()), tuple(dismissed)


def _ripens(
    policy: Approvals, lines: Sequence[Signer], approvals: Sequence[Approval], now: datetime
) -> datetime | None:
    """The first moment at which they are enough if nothing is added; None: there is none."""
    moments = sorted({_ripe(policy, one.at) for one in approvals if one.at is not None})
    enough = (at for at in moments if at > now and not _lacking(policy, len(_counted(policy, lines, approvals, at)[0])))
    found = next(enough, None)
    return None if found is None else found.astimezone(now.tzinfo)


def _ripe(policy: Approvals, at: datetime) -> datetime:
    """From when on an approval counts."""
    return at + timedelta(seconds=policy.cool_down)


def _standing(
    policy: Approvals, lines: Sequence[Signer], approval: Approval, now: datetime
) -> tuple[str, tuple[str, ...]]:
    """Why an approval does not count, and the names of its signer."""
    own = tuple(lines_of(approval.key, lines))
    if not own:
        return f"the key {approval.fingerprint} is none of the allowed signers'", ()
    reasons = [line.why_not(NAMESPACE, now) for line in own]
    names = tuple(dict.fromkeys(n for line, why in zip(own, reasons, strict=True) if not why for n in line.principals))
    if not names:
        return f"the key of {', '.join(own[0].principals)} does not count: {reasons[0]}", ()
    return _too_fresh(policy, approval, now), names


def _too_fresh(policy: Approvals, approval: Approval, now: datetime) -> str:
    if not policy.cool_down:
        return ""
    if approval.at is None:
        return "it does not say when it was given, and this inventory wants time to pass (runbook approve says it)"
    ripe = _ripe(policy, approval.at)
    if now >= ripe:
        return ""
    return f"it was given at {_clock(approval.at, now)}, and counts from {_clock(ripe, now)} on"


def _clock(at: datetime, now: datetime) -> str:
    return f"{at.astimezone(now.tzinfo):%Y-%m-%d %H:%M:%S}"


def _lacking(policy: Approvals, count: int) -> str:
    if count >= policy.min:
        return ""
    want = "1 approval" if policy.min == 1 else f"approvals of {policy.min} people"
    return f"it needs {want}, and has {count or 'none'}"


def names_of(key: bytes, lines: Sequence[Signer]) -> tuple[str, ...]:
    """The names that the allowed signers give a key; none where it is not among them."""
    return tuple(dict.fromkeys(name for line in lines_of(key, lines) for name in line.principals))


__all__ = ["Counted", "Judgement", "judge", "names_of"]
