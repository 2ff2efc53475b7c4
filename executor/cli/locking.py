"""What the command line says about the lock of a run."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from executor.drive.locking import LockOrder
from executor.errors import InvalidInput, Problem, WrongUsage
from executor.journal import folders
from executor.journal.folders import RunFolder
from executor.journal.index import Standing, glance
from executor.journal.usual import usual_seconds
from executor.locks.orders import Wish
from executor.locks.words import Claim
from executor.model.plans import Plan
from executor.report.doing import doing
from executor.report.story import RunView


def check_override(flags: Mapping[str, Any]) -> None:
    """Raises WrongUsage where a gate shall be overridden without a reason."""
    if flags["override"] and not flags["reason"]:
        raise WrongUsage(Problem("--override needs --reason: why it is right just now is kept with the run"))


def lock_order(
    plan: Plan, folder: RunFolder, flags: Mapping[str, Any], operator: str, view: RunView, *, begun: bool
) -> LockOrder | None:
    """The lock that a run needs; None where its plan has none. `begun`: it has reached hosts in an earlier life."""
    if plan.lock is None:
        return None
    state = folders.state_folder(os.environ)
    now = datetime.now().astimezone().replace(microsecond=0)
    usual = usual_seconds(state, plan.name)
    claim = Claim(
        operator=operator,
        controller=socket.gethostname(),
        since=now.isoformat(),
        what=plan.name,
        due="" if usual is None else (now + timedelta(seconds=round(usual))).isoformat(),
        reason=flags["reason"],
    )
    wish = Wish(
        name=plan.lock,
        token=new_token(),
        run=folder.run,
        claim=claim,
        inside=os.environ.get("RUNBOOK_RUN", ""),
        override="lock" in flags["override"],
        begun=begun,
    )
    return LockOrder(
        wish,
        flags["wait"] or 0.0,
        lambda: doing(view),
        lambda run: _standing(state, run) == "finished",
        lambda run: is_cut_off(state, run),
    )


def new_token() -> str:
    """A random word, by which a holder knows its own lock."""
    return secrets.token_hex(8)


def is_cut_off(state: Path, run: str) -> bool:
    """Whether the program that ran a run of this machine's is gone, and has left it as it was."""
    return _standing(state, run) == "cut off"


def _standing(state: Path, run: str) -> Standing | None:
    """How a run of this machine's stands; None where it is not one of ours, or nobody can tell."""
    try:
        folder = folders.find(state, run)
        found = glance(folder) if folder.run == run else None
    except InvalidInput:
        return None
    return found.standing if found is not None else None
