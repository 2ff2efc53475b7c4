"""Stages, as they are written, to Stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from executor.language import includes, leaves, probes
from executor.language.draft import Draft, Where
from executor.language.nodes import ListNode, MapNode, Node
from executor.language.steps import settings, steps, work
from executor.model.leaves import Template, Text, Value
from executor.model.places import Place
from executor.model.runbooks import Amount, BatchPause, OnFailure, Scope, Stage, Traffic
from executor.model.steps import Include, StepNode


def stages(draft: Draft, node: Node | None, where: Where) -> tuple[Stage, ...]:
    """A list of stages, with those of included files in their place."""
    if not isinstance(node, ListNode):
        return ()
    found: list[Stage] = []
    for item in node.items:
        if isinstance(item, MapNode) and "include" in item.items:
            found += _included(draft, item, where)
        elif isinstance(item, MapNode):
            found.append(_stage(draft, item, where))
    return tuple(found)


def _stage(draft: Draft, node: MapNode, where: Where) -> Stage:
    items = node.items
    draft.mappings[items["name"].place] = node
    return Stage(
        name=leaves.plain_line(draft, items["name"]),
        hosts=_hosts(draft, items["hosts"]),
        steps=steps(draft, items["steps"], where),
        place=items["name"].place,
        hosts_place=items["hosts"].place,
        serial=leaves.amounts(draft, items["serial"]) if "serial" in items else (Amount(1),),
        max_unavailable=leaves.amount(draft, items["max_unavailable"]) if "max_unavailable" in items else None,
        max_failures=leaves.amount(draft, items["max_failures"]) if "max_failures" in items else Amount(0),
        pause=_pause(draft, items.get("pause")),
        traffic=_traffic(draft, items.get("traffic"), where),
        health=probes.probes(draft, items.get("health")),
        watch=probes.probes(draft, items.get("watch")),
        on_failure=_on_failure(items.get("on_failure")),
        rollback_scope=_scope(items.get("rollback_scope")),
        rollback_serial=leaves.amounts(draft, items["rollback_serial"]) if "rollback_serial" in items else None,
        abort_grace=leaves.duration(draft, items["abort_grace"]) if "abort_grace" in items else 300.0,
        when=leaves.conditions(draft, items["when"]) if "when" in items else (),
        always=steps(draft, items.get("always"), where.within("always")),
        vars=leaves.variables(draft, items.get("vars")),
        settings=settings(draft, items),
        tags=leaves.tags(items.get("tags")),
        rollback_none="rollback" in items,
    )


def _hosts(draft: Draft, node: Node) -> Text:
    """A host pattern; a list is the union of its patterns."""
    found = [leaves.line(draft, item) for item in leaves.each(node)]
    texts = [item.text if isinstance(item, Template) else str(item) for item in found]
    template = next((item for item in found if isinstance(item, Template)), None)
    joined = ",".join(texts)
    return replace(template, text=joined) if template else joined


def _pause(draft: Draft, node: Node | None) -> BatchPause | None:
    if node is None:
        return None
    if isinstance(node, MapNode):
        return BatchPause(prompt=leaves.text(draft, node.items["prompt"]))
    return BatchPause(seconds=leaves.duration(draft, node))


def _traffic(draft: Draft, node: Node | None, where: Where) -> Traffic | None:
    if not isinstance(node, MapNode):
        return None
    inside = where.within("traffic")
    return Traffic(
        drain=work(draft, node.items.get("drain"), inside), restore=work(draft, node.items.get("restore"), inside)
    )


def _on_failure(node: Node | None) -> OnFailure | None:
    match leaves.written(node) if node is not None else "":
        case "rollback":
            return "rollback"
        case "stop":
            return "stop"
        case "ask":
            return "ask"
        case _:
            return None


def _scope(node: Node | None) -> Scope:
    match leaves.written(node) if node is not None else "":
        case "host":
            return "host"
        case "stage":
            return "stage"
        case _:
            return "run"


def _included(draft: Draft, node: MapNode, where: Where) -> list[Stage]:
    """The stages of an included file, with what the include says for all of them."""
    items = node.items
    at = items["include"].place
    path = includes.find(draft, items["include"], where)
    if path is None:
        return []
    inside = where.included(path, at)
    found = includes.within(draft, at, lambda: stages(draft, includes.load(draft, path, at, "stages"), inside))
    prefix = f"{leaves.plain_line(draft, items['name'])}: " if "name" in items else ""
    variables = leaves.variables(draft, items.get("vars"))
    when = leaves.conditions(draft, items["when"]) if "when" in items else ()
    tags = leaves.tags(items.get("tags"))
    return [
        replace(
            stage,
            name=prefix + stage.name,
            # What the include says wins over the stage, and over its steps.
            vars={**stage.vars, **variables},
            steps=_wrapped(stage, variables, at),
            when=(*when, *stage.when),
            tags=(*tags, *stage.tags),
        )
        for stage in found
    ]


def _wrapped(stage: Stage, variables: Mapping[str, Value], at: Place) -> tuple[StepNode, ...]:
    return (Include(stage.place.file, stage.steps, at, vars=variables),) if variables else stage.steps
