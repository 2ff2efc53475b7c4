"""Templates: Jinja expressions in a sandbox with bounds, escaped for the place where they stand."""

from __future__ import annotations

from executor.templates.check import check
from executor.templates.faults import KnownLater, did_you_mean
from executor.templates.render import (
    LATE,
    PROBED,
    fill,
    is_program,
    names,
    place_of_name,
    render,
    required,
    secrets_of,
    sketch,
    waits_for_secret,
)
from executor.templates.tree import leaves, map_leaves, needs
from executor.templates.unseal import unsealed

__all__ = [
    "LATE",
    "PROBED",
    "KnownLater",
    "check",
    "did_you_mean",
    "fill",
    "is_program",
    "leaves",
    "map_leaves",
    "names",
    "needs",
    "place_of_name",
    "render",
    "required",
    "secrets_of",
    "sketch",
    "unsealed",
    "waits_for_secret",
]
