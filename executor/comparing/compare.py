"""Two plans, and what would run differently."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from executor.comparing import steps
from executor.comparing.changes import UNSHOWN, Comparison, Group, Part, StageChange, Term
from executor.comparing.sides import Side
from executor.model.plans import Plan, PlannedStage, PlannedStep
from executor.model.probes import Probe
from executor.planning.shown.probes import probe
from executor.planning.shown.stages import between
from executor.planning.shown.words import amount, approvals, duration, said, value

_Words: TypeAlias = Callable[[PlannedStage], str]

_RULES: Mapping[str, _Words] = {
    "skipped": lambda stage: stage.skipped,
    "serial": lambda stage: ", ".join(map(amount, stage.serial)),
    "max_unavailable": lambda stage: "" if stage.max_unavailable is None else amount(stage.max_unavailable),
    "max_failures": lambda stage: amount(stage.max_failures),
    "pause": lambda stage: "" if stage.pause is None else between(stage.pause),
    "on_failure": lambda stage: stage.on_failure,
    "rollback_scope": lambda stage: stage.rollback_scope,
    "rollback_serial": lambda stage: ", ".join(map(amount, stage.rollback_serial or ())),
    "abort_grace": lambda stage: duration(stage.abort_grace),
}
_PARTS: Sequence[tuple[Part, Callable[[PlannedStage], tuple[PlannedStep, ...]]]] = (
    ("drain", lambda stage: stage.drain),
    ("steps", lambda stage: stage.steps),
    ("restore", lambda stage: stage.restore),
    ("always", lambda stage: stage.always),
)


def compare(old: Side, new: Side) -> Comparison:
    """What the new plan does that the old one does not, and the other way round."""
    return Comparison(
        tuple(_of_plan(old.plan, new.plan)),
        tuple(_reached(old, new)),
        tuple(_stages(old, new)),
        tuple(steps.compared(old, new, old.plan.always, new.plan.always, "always")),
        tuple(sorted({*old.plan.secrets, *new.plan.secrets})),
    )


def _of_plan(old: Plan, new: Plan) -> Iterator[Term]:
    for name in dict.fromkeys((*old.params, *new.params)):
        was, now = (value(plan.params[name]) if name in plan.params else "" for plan in (old, new))
        if was != now:
            yield Term(name, was, now)
    for what, words in (
        ("lock", lambda plan: plan.lock or "none"),
        ("approvals", _approvals),
        ("secrets", lambda plan: ", ".join(plan.secrets)),
        ("forks", lambda plan: str(plan.forks or "")),
        ("asked before each step", lambda plan: "yes" if plan.step_mode else ""),
    ):
        if words(old) != words(new):
            yield Term(what, words(old), words(new))


def _approvals(plan: Plan) -> str:
    return "; ".join(map(approvals, plan.approvals))


def _reached(old: Side, new: Side) -> Iterator[Group]:
    """Hosts of both plans that are reached in another way, or have other variables for the run."""
    for name in new.plan.hosts.keys() & old.plan.hosts.keys():
        before, after = old.plan.hosts[name], new.plan.hosts[name]
        if old.meaning(before) == new.meaning(after):
            continue
        fields = ("address", "ssh", "become", "become_user", "become_secret", "vars", "groups", "local")
        differ = [
            field for field in fields if old.meaning(getattr(before, field)) != new.meaning(getattr(after, field))
        ]
        was = tuple(f"{field}: {_short(getattr(before, field))}" for field in differ)
        now = tuple(f"{field}: {_short(getattr(after, field))}" for field in differ)
        yield Group((name,), was, (*now, UNSHOWN) if was == now else now)


def _short(found: object) -> str:
    text = said(found) if isinstance(found, str | int | Mapping | tuple) or found is None else _fields(found)
    return text if len(text) <= 200 else text[:199] + "…"


def _fields(record: object) -> str:
    names = getattr(record, "__dataclass_fields__", {})
    return ", ".join(f"{name} {item}" for name in names if (item := getattr(record, name)) is not None)


# --- stages ----------------------------------------------------------------------------------------------------------


def _stages(old: Side, new: Side) -> Iterator[StageChange]:
    was = steps.keyed((stage.name, stage) for stage in old.plan.stages)
    now = steps.keyed((stage.name, stage) for stage in new.plan.stages)
    elsewhere = steps.moved(list(was), list(now))
    for key, stage in was.items():
        if key not in now:
            yield _alone(old, stage, added=False)
    for key, stage in now.items():
        if key not in was:
            yield _alone(new, stage, added=True)
            continue
        found = _stage(old, new, was[key], stage)
        if found is not None:
            yield replace(found, moved=key in elsewhere)
        elif key in elsewhere:
            yield StageChange("moved", stage.id, stage.name, moved=True)


def _alone(side: Side, stage: PlannedStage, *, added: bool) -> StageChange:
    """A stage that only one of the plans has."""
    rules = [Term(what, "", text) for what, words in _RULES.items() if (text := words(stage))] if added else []
    changes = [
        change
        for part, of in _PARTS
        for change in steps.compared(side, side, () if added else of(stage), of(stage) if added else (), part)
    ]
    hosts = stage.hosts
    return StageChange(
        "added" if added else "removed", stage.id, stage.name,
        hosts if added else (), () if added else hosts, tuple(rules), (), tuple(changes),
    )  # fmt: skip


def _stage(old: Side, new: Side, before: PlannedStage, after: PlannedStage) -> StageChange | None:
    rules = tuple(
        Term(what, words(before), words(after)) for what, words in _RULES.items() if words(before) != words(after)
    )
    changes = tuple(change for part, of in _PARTS for change in steps.compared(old, new, of(before), of(after), part))
    groups = tuple(_by_host(old, new, before, after))
    arrived = tuple(host for host in after.hosts if host not in set(before.hosts))
    left = tuple(host for host in before.hosts if host not in set(after.hosts))
    order = [host for host in before.hosts if host not in left], [host for host in after.hosts if host not in arrived]
    if order[0] != order[1]:
        rules += (Term("order of hosts", ", ".join(order[0]), ", ".join(order[1])),)
    if not (rules or changes or groups or arrived or left):
        return None
    return StageChange("altered", after.id, after.name, arrived, left, rules, groups, changes)


def _by_host(old: Side, new: Side, before: PlannedStage, after: PlannedStage) -> Iterator[tuple[str, Group]]:
    """Conditions, the gate's probes and watches, where they differ on hosts that are in both."""
    common = {host for host in after.hosts if host in set(before.hosts)} | {"localhost"}
    kinds: tuple[tuple[str, Mapping[str, Any], Mapping[str, Any], Callable[[Any], tuple[str, ...]]], ...] = (
        ("only if", before.when, after.when, _conditions),
        ("health", before.health, after.health, _probes),
        ("watch", _watched(before), _watched(after), _probes),
    )
    for what, was, now, words in kinds:
        found: dict[tuple[str, str], list[str]] = {}
        for host in dict.fromkeys((*was, *now)):
            if host in common:
                meant = old.meaning(was.get(host, ())), new.meaning(now.get(host, ()))
                if meant[0] != meant[1]:
                    found.setdefault(meant, []).append(host)
        for hosts in found.values():
            earlier, later = words(was.get(hosts[0], ())), words(now.get(hosts[0], ()))
            yield what, Group(tuple(hosts), earlier or None, ((*later, UNSHOWN) if later == earlier else later) or None)


def _watched(stage: PlannedStage) -> dict[str, tuple[Probe, ...]]:
    found: dict[str, tuple[Probe, ...]] = {}
    for watch in stage.watch:
        for host, asked in watch.probes.items():
            found[host] = (*found.get(host, ()), asked)
    return found


def _conditions(found: Sequence[object]) -> tuple[str, ...]:
    return tuple(said(condition) for condition in found)


def _probes(found: Sequence[Probe]) -> tuple[str, ...]:
    return tuple(probe(asked) for asked in found)
