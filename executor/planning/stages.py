"""One stage: its hosts, the arithmetic of its batches, and everything that is done on its hosts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from executor.errors import InvalidInput, Problem
from executor.language import match_hosts
from executor.model.leaves import Duration, Late, Template, Text
from executor.model.plans import PlannedPause, PlannedStage, PlannedWatch
from executor.model.probes import Probe
from executor.model.runbooks import Amount, AmountLeaf, OnFailure, Stage
from executor.planning.checks import amount_of, check_probe
from executor.planning.frames import Frame, of_stage
from executor.planning.options import PlanOptions
from executor.planning.scope import Scope
from executor.planning.secrecy import misplaced, misplaced_in_probe
from executor.planning.sharing import Reader
from executor.planning.site import LOCALHOST, Site
from executor.planning.steps import for_each_host, plan_steps

T = TypeVar("T")


def plan_stage(site: Site, stage: Stage, number: str, allowed: frozenset[str], *, skip: str = "") -> PlannedStage:
    """The stage as it will be run; one that has nothing to do says why. `skip` is a reason that is known already."""
    common = Scope(site, {**site.own, **stage.vars}, Reader(site.look("")), stage=stage.name)
    chosen = _hosts(site, stage, common)
    left_out = {host: "--limit leaves it out" for host in chosen if host not in allowed}
    if skip or len(left_out) == len(chosen):
        site.problems.add(common.problems)
        return _skipped(stage, number, skip or "--limit leaves none of its hosts", left_out)
    hosts, conditions = _entering(site, stage, tuple(host for host in chosen if host in allowed), left_out)
    frame = of_stage(stage, number, hosts, site.own, site.runbook.settings)
    traffic = stage.traffic
    drain = plan_steps(site, traffic.drain if traffic else (), frame, f"{number}.d")
    steps = plan_steps(site, stage.steps, frame, f"{number}.", by_tags=True)
    if not hosts or not steps:
        site.problems.add(common.problems)
        return _skipped(stage, number, _why_nothing(site.options, stage, hosts), left_out)
    planned = PlannedStage(
        id=number,
        name=stage.name,
        hosts=hosts,
        steps=steps,
        place=stage.place,
        when=conditions,
        left_out=left_out,
        serial=tuple(_amount(common, leaf, stage, 1, "serial") for leaf in stage.serial),
        max_unavailable=None
        if stage.max_unavailable is None
        else _amount(common, stage.max_unavailable, stage, 1, "max_unavailable"),
        max_failures=_amount(common, stage.max_failures, stage, 0, "max_failures"),
        pause=_perhaps(stage.pause, lambda pause: PlannedPause(common.fill(pause.seconds), common.fill(pause.prompt))),
        drain=drain,
        health=for_each_host(site, frame, lambda reader: _probes(site, stage, frame, reader, stage.health)),
        watch=_watches(site, stage, frame),
        restore=plan_steps(site, traffic.restore if traffic else (), frame, f"{number}.r"),
        on_failure=_on_failure(stage, site.options),
        rollback_scope=stage.rollback_scope,
        rollback_serial=_perhaps(
            stage.rollback_serial,
            lambda leaves: tuple(_amount(common, leaf, stage, 1, "rollback_serial") for leaf in leaves),
        ),
        abort_grace=_seconds(common, stage.abort_grace, stage),
        always=plan_steps(site, stage.always, frame, f"{number}.a"),
    )
    common.note(*misplaced(planned.pause, "in a pause"))
    site.problems.add(common.problems)
    return planned


def _skipped(stage: Stage, number: str, reason: str, left_out: dict[str, str]) -> PlannedStage:
    return PlannedStage(number, stage.name, (), (), stage.place, left_out=left_out, skipped=reason)


def _why_nothing(options: PlanOptions, stage: Stage, hosts: tuple[str, ...]) -> str:
    if not hosts:
        return "its condition does not hold on any of its hosts"
    if stage.steps and options.tags:
        return f"no step of it has the tag {' or '.join(options.tags)}"
    return "--skip-tags leaves out all of its steps" if stage.steps and options.skip_tags else "it has no steps"


# --- hosts -----------------------------------------------------------------------------------------------------


def _hosts(site: Site, stage: Stage, common: Scope) -> tuple[str, ...]:
    pattern = common.fill(stage.hosts)
    if not isinstance(pattern, str):
        common.note(_not_known(pattern, stage, "the hosts of a stage"))
        return ()
    if common.problems and isinstance(stage.hosts, Template):
        return ()  # the pattern itself could not be rendered
    try:
        return match_hosts(pattern, site.inventory, stage.hosts_place)
    except InvalidInput as error:
        common.note(*error.problems)
        return ()


def _entering(
    site: Site, stage: Stage, hosts: tuple[str, ...], left_out: dict[str, str]
) -> tuple[tuple[str, ...], dict[str, tuple[Text | bool, ...]]]:
    """The hosts for which `when` may hold, and for each what of it only the run can tell. The others are left out."""
    if not stage.when:
        return hosts, {}
    frame = of_stage(stage, "", hosts, site.own, site.runbook.settings)

    def make(reader: Reader) -> tuple[tuple[Any, ...], tuple[Problem, ...]]:
        scope = Scope(site, frame.outer, reader, stage=stage.name)
        conditions = tuple(scope.condition(condition) for condition in stage.when)
        scope.note(*misplaced(conditions, "in a condition"))
        return conditions, tuple(scope.problems)

    found = for_each_host(site, frame, make)
    for host, conditions in found.items():
        off = next((item for item in conditions if item is False or (isinstance(item, Late) and not item.needs)), None)
        if off is not None:
            left_out[host] = f"this does not hold: {off.template.text if isinstance(off, Late) else 'false'}"
    entering = tuple(host for host in hosts if host not in left_out)
    late = {host: tuple(item for item in found[host] if isinstance(item, Late)) for host in entering}
    return entering, {host: conditions for host, conditions in late.items() if conditions}


# --- probes ----------------------------------------------------------------------------------------------------


def _probes(
    site: Site, stage: Stage, frame: Frame, reader: Reader, probes: Iterable[Probe]
) -> tuple[tuple[Probe, ...], tuple[Problem, ...]]:
    scope = Scope(site, frame.outer, reader, stage=stage.name)
    filled = []
    for probe in probes:
        filled.append(scope.probe(probe))
        scope.note(*check_probe(probe, filled[-1]), *misplaced_in_probe(filled[-1]))
    return tuple(filled), tuple(scope.problems)


def _watches(site: Site, stage: Stage, frame: Frame) -> tuple[PlannedWatch, ...]:
    """A watch from the control node is the same for all hosts, and sees what localhost sees."""
    watches = []
    for number, probe in enumerate(stage.watch, start=1):
        hosts = (LOCALHOST,) if probe.source == "control" else frame.hosts
        local = of_stage(stage, frame.stage_id, hosts, site.own, frame.base)
        found: dict[str, tuple[Probe, ...]] = for_each_host(
            site, local, lambda reader, probe=probe: _probes(site, stage, frame, reader, [probe])
        )
        watches.append(
            PlannedWatch(f"{frame.stage_id}.w{number}", probe.source, {host: item[0] for host, item in found.items()})
        )
    return tuple(watches)


# --- numbers ---------------------------------------------------------------------------------------------------


def _perhaps(value: T | None, then: Callable[[T], Any]) -> Any:
    return None if value is None else then(value)


def _amount(scope: Scope, leaf: AmountLeaf, stage: Stage, least: int, what: str) -> Amount:
    found = leaf if isinstance(leaf, Amount) else scope.fill(leaf)
    if isinstance(found, Late):
        scope.note(_not_known(found, stage, what))
    elif found != "":  # a template that could not be rendered has said so
        try:
            return amount_of(found, least=least, what=what)
        except ValueError as error:
            scope.note(Problem(str(error), leaf.place if isinstance(leaf, Template) else stage.place, code="amount"))
    return Amount(1)


def _seconds(scope: Scope, leaf: Duration, stage: Stage) -> float:
    found = scope.fill(leaf)
    if isinstance(found, float | int):
        return float(found)
    scope.note(_not_known(found, stage, "abort_grace"))
    return 0.0


def _not_known(leaf: Late | Template, stage: Stage, what: str) -> Problem:
    needs = ", ".join(leaf.needs) if isinstance(leaf, Late) else ""
    place = leaf.template.place if isinstance(leaf, Late) else stage.place
    return Problem(f"{what} must be known before the run, and this needs {needs}", place, code="late")


def _on_failure(stage: Stage, options: PlanOptions) -> OnFailure:
    """What an abort leads to: the flag, else the stage's word, else a question where somebody is there to answer.

    Without a terminal a question has the answer that silence would have: rollback.
    """
    said = options.on_failure or stage.on_failure or ("rollback" if options.yes else "ask")
    return "rollback" if said == "ask" and not options.at_terminal else said
