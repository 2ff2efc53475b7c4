"""The approvals that lie beside a sealed plan, held against every policy that the plan is under."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from executor.approvals.allowed import Signer, signers
from executor.approvals.approval import Approval, Bad, beside, proved
from executor.approvals.judging import Counted, Judgement, judge
from executor.errors import Problem, Refused
from executor.model.inventories import Approvals


@dataclass(frozen=True, slots=True)
class Standing:
    """How a plan stands. `bad` are files beside it that should be approvals of it and are none."""

    judged: tuple[tuple[Approvals, Judgement], ...]
    bad: tuple[Bad, ...] = ()

    @property
    def counted(self) -> tuple[Counted, ...]:
        """The approvals that count for any policy, each once."""
        found = {one.approval.file: one for _, judgement in self.judged for one in judgement.counted}
        return tuple(found.values())

    def problems(self, plan: str) -> tuple[Problem, ...]:
        """Why the plan may not run; `plan` is its file as people would type it. Empty: it may."""
        return tuple(self._problems(plan))

    def _problems(self, plan: str) -> Iterator[Problem]:
        for one in self.bad:
            hint = "remove it, and have the plan approved as it is now"
            yield Problem(f"{one.file} is no approval of this plan: {one.why}", hint=hint, code="bad-approval")
        for policy, judgement in self.judged:
            if judgement.ripens is not None:
                what = (
                    f"the plan is not approved yet: what there is counts from {judgement.ripens:%Y-%m-%d %H:%M:%S} on"
                )
                hint = "nothing but time is missing; to approve it again would begin that time anew"
                yield Problem(what, hint=hint, code="approval")
            elif judgement.lacking:
                why = "".join(f"; {reason}" for reason in judgement.dismissed)
                hint = f"runbook approve {shlex.quote(plan)}, by somebody in {Path(policy.signers).name}"
                yield Problem(f"the plan is not approved: {judgement.lacking}{why}", hint=hint, code="approval")


def standing(path: Path, plan: bytes, policies: Iterable[Approvals], now: datetime) -> Standing:
    """Look at the approvals beside a plan. Raises Refused where its signers cannot be read, InvalidInput where a line
    of theirs makes no sense."""
    wanted = tuple(policies)
    if not wanted:
        return Standing(())
    found = [proved(name, data, plan) for name, data in _beside(path)]
    good = [one for one in found if isinstance(one, Approval)]
    judged = tuple((policy, judge(policy, signers_of(policy), good, now)) for policy in wanted)
    return Standing(judged, tuple(one for one in found if isinstance(one, Bad)))


def signers_of(policy: Approvals) -> Sequence[Signer]:
    """Who may sign. Raises Refused where the file cannot be read: without it nobody may."""
    path = Path(policy.signers)
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        hint = "a line for each person: name@example.com ssh-ed25519 AAAA…"
        raise Refused(
            Problem(f"the allowed signers in {path} cannot be read: {why}", hint=hint, code="approval")
        ) from error
    return signers(text, str(path))


def _beside(path: Path) -> list[tuple[str, bytes]]:
    try:
        return list(beside(path))
    except OSError as error:
        why = f"the approvals beside {path.name} cannot be read: {error.strerror}"
        raise Refused(Problem(why, code="approval")) from error
