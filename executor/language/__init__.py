"""The language: from text to Runbook and Inventory, or to everything that is wrong with it, each with its place."""

from __future__ import annotations

from executor.language.diagnostics import render
from executor.language.extra_vars import bind_params, parse_extra_vars
from executor.language.inventories import load_inventory
from executor.language.patterns import limit_hosts, match_hosts
from executor.language.projects import find_runbook, project_root
from executor.language.runbooks import load_runbook
from executor.language.schemas import schema_text

__all__ = [
    "bind_params",
    "find_runbook",
    "limit_hosts",
    "load_inventory",
    "load_runbook",
    "match_hosts",
    "parse_extra_vars",
    "project_root",
    "render",
    "schema_text",
]
