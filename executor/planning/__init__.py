"""Planning: a runbook, an inventory and values become one Plan, which can be shown, compared, simulated and run."""

from __future__ import annotations

from executor.planning.build import build
from executor.planning.options import PlanOptions

__all__ = ["PlanOptions", "build"]
