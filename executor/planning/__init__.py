"""Planning: a runbook, an inventory and values become one Plan, which can be shown, compared, simulated and run."""

from __future__ import annotations

from executor.planning.build import build
from executor.planning.codec import digest, from_json, to_json
from executor.planning.options import PlanOptions
from executor.planning.show import text

__all__ = ["PlanOptions", "build", "digest", "from_json", "text", "to_json"]
