"""From a runbook and an inventory to a plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

from executor.errors import InvalidInput, Problem
from executor.language import bind_params, limit_hosts
from executor.model.inventories import HostSpec, Inventory
from executor.model.leaves import Value
from executor.model.plans import Plan, PlannedStage, PlannedStep
from executor.model.runbooks import Runbook
from executor.model.steps import Step, StepNode, Task
from executor.planning.frames import Frame
from executor.planning.options import PlanOptions
from executor.planning.scope import Scope, as_data, view_of
from executor.planning.secrecy import asked_for
from executor.planning.sharing import Reader
from executor.planning.site import ANY_HOST, LOCALHOST, Site, survey
from executor.planning.stages import plan_stage
from executor.planning.steps import plan_steps
from executor.templates import did_you_mean

_NO_OPTIONS = PlanOptions()
_NAMED = 3  # hosts that a message names before it counts them
_A_SLIP = 0.8  # of two names that share so much, one is the other with a slip of the fingers
_SPECIAL_TAGS = frozenset({"all", "always", "never", "tagged", "untagged"})


def build(runbook: Runbook, inventory: Inventory, options: PlanOptions = _NO_OPTIONS) -> Plan:
    """Everything that a run would do, as one value. Reads the local files that are sent; connects to nothing.

    Raises InvalidInput with all that is wrong: undefined names, hosts that do not exist, values that make no sense.
    """
    site = survey(runbook, inventory, options, as_data(bind_params(runbook, options.extra)))
    allowed = limit_hosts(options.limit, inventory)
    first = _first_stage(runbook, options)
    _check_extra(site)
    _check_tags(site)
    stages = []
    for index, stage in enumerate(runbook.stages):
        skip = "--start-at-stage begins after it" if index < first else ""
        stages.append(plan_stage(site, stage, str(index + 1), allowed, skip=skip))
    frame = Frame("", "", (LOCALHOST,), base=runbook.settings, settings=runbook.settings, outer=site.own)
    always = plan_steps(site, runbook.always, frame, "a.")
    site.problems.settle()
    _check_work(stages, options)
    hosts = _hosts(site, stages)
    _check_fitness(site, stages, hosts)
    return Plan(
        name=runbook.name,
        file=runbook.file,
        root=runbook.root,
        inventory=inventory.files,
        hosts=hosts,
        groups=site.groups,
        stages=tuple(stages),
        always=always,
        params=dict(_params(site)),
        description=runbook.description,
        owner=runbook.owner,
        forks=options.forks,
        step_mode=options.step_mode,
        attended=options.at_terminal,
        fixed=tuple(sorted(site.extra)),
        secrets=_secrets(site, stages, always, hosts),
        files=tuple(dict.fromkeys(str(Path(file).absolute()) for file in (*runbook.files, *inventory.files))),
        lock=inventory.lock,
        approvals=inventory.approvals,
    )


def _params(site: Site) -> Iterator[tuple[str, Value]]:
    """What each parameter is where no host has a value of its own."""
    scope = Scope(site, site.own, Reader(site.look("")))
    for param in site.runbook.params:
        try:
            found = scope.find(param.name)
        except InvalidInput:
            continue  # made of what is not known here; who uses it has been told
        if found is not None and not found.needs:
            yield param.name, as_data(found.value)


def _first_stage(runbook: Runbook, options: PlanOptions) -> int:
    wanted = options.start_at_stage
    if wanted is None:
        return 0
    for index, stage in enumerate(runbook.stages):
        if wanted in {stage.name, str(index + 1)}:
            return index
    names = [stage.name for stage in runbook.stages]
    hint = did_you_mean(wanted, names) or f"the stages are: {', '.join(names)}"
    raise InvalidInput(Problem(f"--start-at-stage: there is no stage {wanted!r}", hint=hint, code="unknown-stage"))


def _check_extra(site: Site) -> None:
    """`-e verison=v2` beside a parameter `version` would deploy its default: a name that nothing has, and one letter
    away from a parameter's, is a slip."""
    params = {param.name for param in site.runbook.params}
    hosts = site.inventory.hosts.values()
    known = params.union(site.inventory.vars, site.own, site.ledger.origins, *(host.vars for host in hosts))
    for name in site.extra:
        near = get_close_matches(name, params, 1, _A_SLIP) if name not in known else []
        if near:
            hint = f"did you mean {near[0]!r}?"
            site.problems.add([Problem(f"-e {name}: there is no parameter of this name", hint=hint, code="param")])


def _check_tags(site: Site) -> None:
    """A tag that no step has is a slip: it would leave out everything, or nothing."""
    known = {tag for stage in site.runbook.stages for tag in (*stage.tags, *_tags(stage.steps))}
    for flag, tags in (("--tags", site.options.tags), ("--skip-tags", site.options.skip_tags)):
        for tag in tags:
            if tag not in known | _SPECIAL_TAGS:
                hint = did_you_mean(tag, known) or f"tags are: {', '.join(sorted(known)) or 'none'}"
                site.problems.add([Problem(f"{flag}: no step has the tag {tag!r}", hint=hint, code="unknown-tag")])


def _tags(nodes: tuple[StepNode, ...]) -> Iterator[str]:
    for node in nodes:
        yield from node.tags
        if not isinstance(node, Step):
            yield from _tags(node.steps)


def _check_work(stages: list[PlannedStage], options: PlanOptions) -> None:
    """Flags that leave nothing to do are a mistake: a run that does nothing must not look like one that went well."""
    flags = [
        name
        for name, given in (("--limit", options.limit), ("--tags", options.tags), ("--skip-tags", options.skip_tags))
        if given
    ]
    if flags and all(stage.skipped for stage in stages):
        reasons = "; ".join(f"{stage.name}: {stage.skipped}" for stage in stages)
        raise InvalidInput(
            Problem(f"nothing is left to do with {' and '.join(flags)}", hint=reasons, code="nothing-to-do")
        )


# --- hosts -----------------------------------------------------------------------------------------------------


def _hosts(site: Site, stages: list[PlannedStage]) -> dict[str, HostSpec]:
    """All that the run may touch, in the inventory's order, as the flags complete them."""
    inventory = site.inventory.hosts
    wanted = {LOCALHOST, *(host for stage in stages for host in stage.hosts), *site.delegates} - {ANY_HOST}
    if ANY_HOST in site.delegates or "hosts" in site.needed:
        wanted |= inventory.keys()
    queue = list(wanted)
    while queue:
        jump = inventory[queue.pop()].ssh.jump
        if jump is not None and jump in inventory and jump not in wanted:
            wanted.add(jump)
            queue.append(jump)
    return {name: _completed(site, spec) for name, spec in inventory.items() if name in wanted}


def _check_fitness(site: Site, stages: list[PlannedStage], hosts: Mapping[str, HostSpec]) -> None:
    """A host that cannot be reached whatever is tried is told before anything begins."""
    asked = dict.fromkeys((*(host for stage in stages if not stage.skipped for host in stage.hosts), *site.delegates))
    jumps = [spec.ssh.jump for name in asked if (spec := hosts.get(name)) is not None and spec.ssh.jump]
    found: dict[str, list[HostSpec]] = {}
    for name in dict.fromkeys((*asked, *jumps)):
        if name in hosts and hosts[name].unfit:
            found.setdefault(hosts[name].unfit, []).append(hosts[name])
    for reason, specs in found.items():
        more = f" and {len(specs) - _NAMED} more" if len(specs) > _NAMED else ""
        names = ", ".join(spec.name for spec in specs[:_NAMED]) + more
        site.problems.add([Problem(f"{names} cannot be reached: {reason}", specs[0].place, code="unfit")])
    site.problems.settle()


def _secrets(
    site: Site, stages: list[PlannedStage], always: tuple[PlannedStep, ...], hosts: Mapping[str, HostSpec]
) -> tuple[str, ...]:
    """The names of all secrets that the plan asks for, sudo's passwords among them."""
    asked = set(asked_for(stages, always) if site.secretive else ())
    passwords = {spec.become_secret for spec in hosts.values() if spec.become_secret}
    steps = (
        *always,
        *(step for stage in stages for step in (*stage.drain, *stage.steps, *stage.restore, *stage.always)),
    )
    if passwords and any(_becomes(task) for step in steps for task in step.tasks.values()):
        asked |= passwords
    return tuple(sorted(asked))


def _becomes(task: Task) -> bool:
    """Whether a task, or a handler of it, may become another user."""
    said = (item.body.settings.become for item in task.items)
    handlers = (handler for item in task.items for handler in item.rollback or ())
    return any(become is not None and become is not False for become in said) or any(map(_becomes, handlers))


def _completed(site: Site, spec: HostSpec) -> HostSpec:
    """A host with what the flags say where the inventory is silent, and the variables that others may ask for."""
    ssh = replace(spec.ssh, user=spec.ssh.user or site.options.user, key=spec.ssh.key or site.options.private_key)
    return replace(spec, ssh=ssh, vars=view_of(site, spec.name).known() if "hosts" in site.needed else {})
