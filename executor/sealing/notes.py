"""What a seal says beside the plan, for the forms that people read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from executor.sealing.origin import Origin

_NAMED = 6  # files


def seal_notes(origin: Origin, expires: datetime | None, late: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Labels and words, the same wherever they are made: from which commit, until when, and what it does not cover.

    `late` is what the plan sends and nobody could know when it was sealed.
    """
    if origin.commit:
        dirty = ", with files that were not as it has them" if origin.dirty else ""
        yield "Commit", f"{origin.commit[:12]}{dirty}"
    if expires is not None:
        yield "May be run", f"until {expires.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    if late:
        more = f" and {len(late) - _NAMED} more" if len(late) > _NAMED else ""
        yield "Not covered", f"{', '.join(late[:_NAMED])}{more}: only the run knows what is sent"
