"""`runbook schema`: the JSON Schemas, for editors."""

from __future__ import annotations

from typing import Literal

import click


@click.command(epilog="Example: runbook schema inventory > inventory.schema.json")
@click.argument("which", type=click.Choice(["runbook", "inventory", "plan"]), default="runbook")
def command(which: Literal["runbook", "inventory", "plan"]) -> None:
    """Print the JSON Schema (draft-07) of runbooks, inventories, or what `plan --format json` prints."""
    from executor.language.schemas import schema_text

    click.echo(schema_text(which), nl=False)
