"""Templates: Jinja expressions in a sandbox with bounds, escaped for the place where they stand."""

from __future__ import annotations

from executor.templates.check import check
from executor.templates.faults import KnownLater
from executor.templates.render import fill, names, render, required, sketch
from executor.templates.tree import leaves, map_leaves

__all__ = ["KnownLater", "check", "fill", "leaves", "map_leaves", "names", "render", "required", "sketch"]
