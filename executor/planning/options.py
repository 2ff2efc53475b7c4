"""What the command line says about how a runbook is planned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from executor.model.leaves import Value
from executor.model.runbooks import OnFailure


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """Flags that shape a plan. `user`, `private_key` and `become` hold where the inventory and the runbook say
    nothing, as Ansible's flags do."""

    extra: Mapping[str, Value] = field(default_factory=dict)  # -e, as `language.parse_extra_vars` reads it
    limit: str | None = None
    tags: tuple[str, ...] = ()
    skip_tags: tuple[str, ...] = ()
    start_at_stage: str | None = None
    forks: int = 0  # 0: as many as the batches want
    user: str | None = None
    private_key: str | None = None
    become: bool = False
    become_user: str | None = None
    at_terminal: bool = False  # a person can be asked
    yes: bool = False
    on_failure: OnFailure | None = None  # --on-failure: over what stages say
    step_mode: bool = False
