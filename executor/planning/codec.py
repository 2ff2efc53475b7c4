"""A plan as JSON and back. What many hosts share is written once, under their names with commas between."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import is_dataclass, replace
from enum import Enum
from typing import Any, Final, TypeVar

from executor.model import actions, inventories, leaves, places, plans, probes, runbooks, steps
from executor.model.codec import CodecError, Decoder, Json, encode
from executor.model.plans import PLAN_VERSION, Plan, PlannedStage, PlannedStep, PlannedWatch

T = TypeVar("T")

_BETWEEN: Final = ","  # no host's name has one


def to_json(plan: Plan) -> str:
    """The plan as one line of JSON: the same text for the same plan. Raises CodecError for what JSON cannot say."""
    return json.dumps(to_data(plan), ensure_ascii=False, separators=(",", ":"))


def to_data(plan: Plan) -> Json:
    """What `to_json` writes, as values. Raises CodecError for what JSON cannot say."""
    return encode(_rewritten(plan, lambda mapping, _: _folded(mapping)))


def from_json(text: str) -> Plan:
    """The plan that `to_json` wrote. Raises CodecError where the text is none, or is of another version."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CodecError(f"this is no plan: {error}") from error
    return from_data(data)


def from_data(data: Json) -> Plan:
    """The plan that `to_data` gave. Raises CodecError where the data is none, or is of another version."""
    version = data.get("version", PLAN_VERSION) if isinstance(data, dict) else None
    if version != PLAN_VERSION:
        raise CodecError(f"a plan of version {version}; this program reads version {PLAN_VERSION}")
    plan: Plan = _decoder().decode(data, expect=Plan)
    return _rewritten(plan, _unfolded)


def digest(plan: Plan) -> str:
    """The SHA-256 of the plan's JSON, in hexadecimal: two plans that have the same do the same."""
    return hashlib.sha256(to_json(plan).encode("utf-8", "surrogatepass")).hexdigest()


def _decoder() -> Decoder:
    modules = (actions, inventories, leaves, places, plans, probes, runbooks, steps)
    named = (item for module in modules for item in vars(module).values() if isinstance(item, type))
    return Decoder(item for item in named if is_dataclass(item) or issubclass(item, Enum))


# --- folding -----------------------------------------------------------------------------------------------------

_Rewrite = Callable[[Mapping[str, Any], Iterable[str]], Mapping[str, Any]]


def _folded(mapping: Mapping[str, T]) -> dict[str, T]:
    names: dict[int, list[str]] = {}
    values: dict[int, T] = {}
    for host, value in mapping.items():
        names.setdefault(id(value), []).append(host)
        values[id(value)] = value
    return {_BETWEEN.join(hosts): values[key] for key, hosts in names.items()}


def _unfolded(mapping: Mapping[str, T], order: Iterable[str]) -> dict[str, T]:
    found = {host: value for hosts, value in mapping.items() for host in hosts.split(_BETWEEN)}
    ordered = {host: found[host] for host in order if host in found}
    return ordered | found


def _rewritten(plan: Plan, rewrite: _Rewrite) -> Plan:
    """The plan with every mapping from host to what is done on it rewritten."""
    return replace(
        plan,
        stages=tuple(_stage(stage, rewrite) for stage in plan.stages),
        always=_steps(plan.always, (), rewrite),
    )


def _stage(stage: PlannedStage, rewrite: _Rewrite) -> PlannedStage:
    order = stage.hosts
    return replace(
        stage,
        steps=_steps(stage.steps, order, rewrite),
        drain=_steps(stage.drain, order, rewrite),
        restore=_steps(stage.restore, order, rewrite),
        always=_steps(stage.always, order, rewrite),
        earlier=_steps(stage.earlier, order, rewrite),
        when=rewrite(stage.when, order),
        health=rewrite(stage.health, order),
        watch=tuple(_watch(watch, order, rewrite) for watch in stage.watch),
    )


def _steps(steps: tuple[PlannedStep, ...], order: Iterable[str], rewrite: _Rewrite) -> tuple[PlannedStep, ...]:
    return tuple(replace(step, tasks=rewrite(step.tasks, order)) for step in steps)


def _watch(watch: PlannedWatch, order: Iterable[str], rewrite: _Rewrite) -> PlannedWatch:
    return replace(watch, probes=rewrite(watch.probes, order))
