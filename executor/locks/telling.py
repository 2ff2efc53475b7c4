"""Who holds a lock, in words for whoever is refused by it."""

from __future__ import annotations

from datetime import datetime, tzinfo

from executor.locks.words import BY_HAND, Holder

_LONG_AGO = 48 * 3600  # seconds


def whose(holder: Holder, zone: tzinfo | None = None, *, stale: bool = False, gone: bool = False) -> str:
    """One line: owner, machine, run, since when, what it does now and when it should be done.

    Times of the clock are the holder's own, shown in `zone` (None: the local one); how long ago is by the host's.
    `gone`: it is known that the program which holds it does not run any more.
    """
    claim = holder.claim
    who = f"{claim.operator or 'somebody'} on {claim.controller or 'an unknown machine'}"
    since = f"since {_moment(claim.since, zone) or 'an unknown time'}{_age(holder.age)}"
    if holder.run == BY_HAND:
        reason = f": {claim.reason}" if claim.reason else ""
        return f"held by hand by {who} {since}{reason}"
    what = f" ({claim.what})" if claim.what else ""
    parts = [f"run {holder.run}{what} by {who}, {since}"]
    if claim.reason:
        parts.append(f"because: {claim.reason}")
    if gone:
        again = f"runbook resume {holder.run} carries it on, runbook rollback {holder.run} undoes it"
        return "; ".join([*parts, f"its program is gone: {again}"])
    if holder.beat is not None and holder.beat.doing:
        parts.append(f"{'stopped' if holder.beat.stopped else 'now'}: {holder.beat.doing}")
    if claim.due and (holder.beat is None or not holder.beat.stopped):
        late = "should have been" if _is_late(holder) else "should be"
        parts.append(f"{late} done at about {_moment(claim.due, zone)}")
    if stale:
        parts.append("no sign of life for a long time: its controller may be gone")
    return "; ".join(parts)


def _is_late(holder: Holder) -> bool:
    """It takes longer than usual, by the host's own clock: the holder's may be another."""
    try:
        usual = datetime.fromisoformat(holder.claim.due) - datetime.fromisoformat(holder.claim.since)
    except (ValueError, TypeError):  # no date, or one with a time zone and one without
        return False
    return holder.age is not None and holder.age > usual.total_seconds()


def _moment(text: str, zone: tzinfo | None) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return ""
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S}"


def _age(seconds: int | None) -> str:
    """How long ago, by the host's own clock."""
    if seconds is None or seconds < 0:
        return ""
    if seconds >= _LONG_AGO:
        return f" ({seconds // 86400} days ago)"
    if seconds >= 7200:
        return f" ({seconds // 3600} hours ago)"
    return f" ({seconds // 60} min ago)" if seconds >= 120 else f" ({seconds} s ago)"
