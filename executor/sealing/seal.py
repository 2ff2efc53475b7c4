"""A plan as one file that says everything that will run: the same bytes for the same inputs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from executor.errors import InvalidInput, Problem
from executor.model.codec import CodecError, Json
from executor.model.plans import Plan
from executor.planning.codec import to_data
from executor.planning.inputs import digest_of, sent, sent_late
from executor.sealing.envelope import wrap
from executor.sealing.origin import Origin
from executor.sealing.portable import Spot, late_path, portable


@dataclass(frozen=True, slots=True)
class Terms:
    """What a seal says beside the plan. `inventory` is what -i named; `given` the flags that shaped the plan."""

    program: str  # the version that made it
    origin: Origin = Origin()
    expires: datetime | None = None
    inventory: Sequence[str] = ()
    given: Mapping[str, Json] = field(default_factory=dict)


def seal(plan: Plan, terms: Terms, spot: Spot) -> bytes:
    """The file of a sealed plan. Secrets are in it by name alone, and local files that are sent by their SHA-256.

    Raises InvalidInput where a file cannot be read, or the plan holds what cannot be written.
    """
    content: dict[str, Json] = {"program": terms.program}
    if terms.expires is not None:
        content["expires"] = terms.expires.astimezone(UTC).isoformat()
    if terms.origin.commit:
        content["commit"] = terms.origin.commit
        content["dirty"] = terms.origin.dirty
    content["inventory"] = [_source(name, spot) for name in terms.inventory]
    content["given"] = dict(terms.given)
    content["inputs"] = _digests(plan.files, spot)
    content["sent"] = _digests(sent(plan), spot)
    content["sent_late"] = [late_path(path, spot) for path in sent_late(plan)]
    try:
        content["plan"] = portable(to_data(plan), spot)
        text = json.dumps(content, allow_nan=False, separators=(",", ":"))
    except (CodecError, ValueError) as error:
        raise InvalidInput(Problem(f"this plan cannot be sealed: {error}", code="unsealable")) from error
    return wrap(text.encode("ascii"))


def _source(name: str, spot: Spot) -> str:
    """A path as it is written in a sealed plan; a name or a list of hosts as it is."""
    path = Path(name).expanduser()
    return spot.away(str((spot.cwd / path).resolve())) if path.exists() else name


def _digests(files: Sequence[str], spot: Spot) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for file in sorted(files):
        digest = digest_of(Path(file))
        if not digest:
            raise InvalidInput(Problem(f"{file} cannot be read, and its digest belongs to the seal", code="unreadable"))
        found[spot.away(file)] = digest
    return found
