"""`runbook schema`: the JSON Schemas, for editors."""

from __future__ import annotations

from typing import Literal

import click


@click.command(epilog="Example: runbook schema inventory > inventory.schema.json")
@click.argument("which", type=click.Choice(["runbook", "inventory"]), default="runbook")
def command(which: Literal["runbook", "inventory"]) -> None:
    """Print the JSON Schema of runbooks or inventories (draft-07)."""
    from executor.language.schemas import schema_text

    click.echo(schema_text(which), nl=False)
