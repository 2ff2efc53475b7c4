"""`runbook inventory`: what an inventory says, as ansible-inventory shows it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import click

from executor.cli.loading import host_named, load_hosts
from executor.cli.options import Sources, inventory_option, limit_option
from executor.errors import Problem, WrongUsage
from executor.model.codec import Json, encode
from executor.model.inventories import Inventory
from executor.model.leaves import Template


@click.command(epilog="Example: runbook inventory --graph -i prod")
@inventory_option
@limit_option
@click.option("--list", "as_list", is_flag=True, help="All hosts, groups and variables, as JSON.")
@click.option("--graph", is_flag=True, help="Groups and hosts as a tree.")
@click.option("--host", metavar="HOST", help="The variables of one host, as JSON.")
def command(inventory: Sources, limit: str | None, as_list: bool, graph: bool, host: str | None) -> None:
    """Show hosts, groups and variables."""
    if sum((as_list, graph, host is not None)) > 1:
        raise WrongUsage(Problem("one of --list, --graph and --host at a time"))
    known = load_hosts(inventory)
    if host is not None:
        click.echo(_json(variables(host_named(known, host).vars)))
    elif as_list:
        click.echo(_json(listing(known, _limited(known, limit))))
    else:
        for line in tree(known, _limited(known, limit)):
            click.echo(line)


def _limited(inventory: Inventory, limit: str | None) -> frozenset[str]:
    if limit is None:
        return frozenset(inventory.groups["all"].hosts)
    from executor.language import match_hosts

    return frozenset(match_hosts(limit, inventory))


def _json(value: Json) -> str:
    return json.dumps(value, indent=4, sort_keys=True, ensure_ascii=False)


def variables(values: object) -> Json:
    """Variables as JSON; a template stands as it was written."""
    if isinstance(values, Template):
        return values.text
    if isinstance(values, dict):
        return {str(key): variables(item) for key, item in values.items()}
    if isinstance(values, list | tuple):
        return [variables(item) for item in values]
    return encode(values)


def listing(inventory: Inventory, hosts: frozenset[str]) -> Json:
    """The form of `ansible-inventory --list`: groups with hosts and children, all variables under _meta."""
    known = {name: variables(spec.vars) for name, spec in inventory.hosts.items() if name in hosts and spec.vars}
    result: dict[str, Json] = {"_meta": {"hostvars": known}}
    for name, group in inventory.groups.items():
        entry: dict[str, Json] = {}
        if name != "all" and (shown := [host for host in group.own if host in hosts]):
            entry["hosts"] = list(shown)
        if group.children:
            entry["children"] = list(group.children)
        if entry:
            result[name] = entry
    return result


def tree(inventory: Inventory, hosts: frozenset[str]) -> Iterator[str]:
    """The lines of `ansible-inventory --graph`."""
    yield "@all:"
    for name in inventory.groups["all"].children:
        yield from _branch(inventory, hosts, name, "  |")


def _branch(inventory: Inventory, hosts: frozenset[str], name: str, indent: str) -> Iterator[str]:
    group = inventory.groups[name]
    yield f"{indent}--@{name}:"
    for child in group.children:
        yield from _branch(inventory, hosts, child, f"{indent}  |")
    for host in group.own:
        if host in hosts:
            yield f"{indent}  |--{host}"
