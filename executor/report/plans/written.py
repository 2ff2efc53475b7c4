"""From a runbook that was only read to what is said of it: values that an inventory would give stand there by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import count

from executor.model.leaves import Value
from executor.model.runbooks import Amount, AmountLeaf, BatchPause, Param, Runbook, Stage
from executor.model.steps import Block, Body, Include, Item, Step, StepNode
from executor.planning.frames import Frame, of_stage, over
from executor.planning.shown.probes import probe
from executor.planning.shown.steps import Reading, changes, good_for, settings, undoes_itself, undoing
from executor.planning.shown.words import amount, duration, joined, said, value
from executor.planning.site import LOCALHOST
from executor.planning.titles import title
from executor.report.plans.facts import Alike, Part, Role, Sheet, StageFacts, StepFacts, Undo
from executor.report.plans.gather import TITLES, from_root
from executor.report.plans.work import condition, handler_name, round_of_body
from executor.templates import LATE


def read_sheet(runbook: Runbook) -> Sheet:
    """All that is said of a runbook without hosts."""
    given = runbook.settings
    read = Reading(
        runbook.root,
        {},
        executable=None if given.executable is None else said(given.executable),
        timeout=None if given.timeout is None else duration(given.timeout),
    )
    last = Frame("", "", (), base=given, settings=given)
    return Sheet(
        name=runbook.name,
        stages=tuple(_stage(runbook, stage, str(number), read) for number, stage in enumerate(runbook.stages, 1)),
        always=tuple(_steps(runbook.always, last, "a.", read)),
        description=runbook.description,
        owner=runbook.owner,
        runbook=from_root(runbook.file, runbook.root),
        terms=tuple((label, text) for label, text in (("Shell", read.executable), ("Timeout", read.timeout)) if text),
    )


def parameters(runbook: Runbook, known: Mapping[str, Value]) -> Iterator[tuple[str, str, str]]:
    """Each parameter's name, its value where that is known and else what it takes, and what it is for."""
    for param in runbook.params:
        name = param.name
        yield name, value(known[name]) if name in known else joined(_takes(param)), param.description


def _takes(param: Param) -> Iterator[str]:
    yield param.type
    if param.choices:
        yield "one of " + joined(map(said, param.choices))
    if param.pattern is not None:
        yield f"like {param.pattern}"
    if param.has_default:
        yield f"usually {value(param.default)}"
    elif param.required:
        yield "required"


def variables(runbook: Runbook) -> Iterator[tuple[str, str]]:
    """The runbook's own variables, as they are written."""
    for found in (*runbook.vars_files, runbook.vars):
        yield from ((name, said(item)) for name, item in found.items())


# --- stages ------------------------------------------------------------------------------------------------------


def _stage(runbook: Runbook, stage: Stage, number: str, read: Reading) -> StageFacts:
    frame = of_stage(stage, number, (), {}, runbook.settings)
    traffic = stage.traffic
    parts: tuple[tuple[Role, str, tuple[StepNode, ...]], ...] = (
        ("drain", f"{number}.d", traffic.drain if traffic else ()),
        ("steps", f"{number}.", stage.steps),
        ("restore", f"{number}.r", traffic.restore if traffic else ()),
        ("always", f"{number}.a", stage.always),
    )
    return StageFacts(
        id=number,
        name=stage.name,
        hosts=said(stage.hosts),
        batches=_batches(stage),
        arithmetic=tuple(_arithmetic(stage)),
        parts=tuple(
            Part(role, TITLES[role], tuple(_steps(nodes, frame, prefix, read)))
            for role, prefix, nodes in parts
            if nodes
        ),
        health=(("", tuple(map(probe, stage.health))),) if stage.health else (),
    )


def _batches(stage: Stage) -> str:
    if stage.max_unavailable is not None:
        return f"a sliding window: at most {_amount(stage.max_unavailable)} at once, those that are unhealthy first"
    sizes = [_amount(leaf) for leaf in stage.serial]
    if sizes == ["1"]:
        return "host by host"
    if sizes == ["100%"]:
        return "all at once"
    return f"in batches of {joined(sizes, ', then ')}"


def _amount(leaf: AmountLeaf) -> str:
    return amount(leaf) if isinstance(leaf, Amount) else said(leaf)


def _arithmetic(stage: Stage) -> Iterator[tuple[str, str]]:
    yield "Hosts", said(stage.hosts)
    for name, item in stage.vars.items():
        yield "Here", f"{LATE.format(name)} is {said(item)}"
    for one in stage.when:
        yield "Only if", f"{condition(one)}, for each host"
    if stage.hosts != LOCALHOST:
        yield "Batches", _batches(stage)
    if stage.pause is not None:
        yield "Between", _between(stage.pause)
    yield "On failure", _on_failure(stage)
    for watched in stage.watch:
        fails = "fails the stage" if watched.source == "control" else "fails the host, once it is done"
        yield "Watch", f"{probe(watched)}; {fails}"


def _between(pause: BatchPause) -> str:
    return f"wait {duration(pause.seconds)}" if pause.prompt is None else f"ask: {said(pause.prompt)}"


def _on_failure(stage: Stage) -> str:
    allowed = _amount(stage.max_failures)
    limit = (
        "give up at the first failure" if allowed in {"0", "0%"} else f"give up once more than {allowed} have failed"
    )
    scope = {"host": "the hosts that failed", "stage": "this stage", "run": "the whole run"}[stage.rollback_scope]
    then = "then stop, and leave everything as it is" if stage.on_failure == "stop" else f"then roll back {scope}"
    return f"{limit}, {then}"


# --- steps -------------------------------------------------------------------------------------------------------


def _steps(nodes: Iterable[StepNode], frame: Frame, prefix: str, read: Reading) -> Iterator[StepFacts]:
    numbers = count(1)
    for step, at, loops in _flat(nodes, frame, ()):
        own = {**at.outer, **step.vars, **at.includes}
        values = tuple((name, said(item)) for name, item in own.items() if frame.outer.get(name) is not item)
        yield replace(_step(step, at, f"{prefix}{next(numbers)}", loops, read), values=values)


def _flat(
    nodes: Iterable[StepNode], frame: Frame, loops: tuple[str, ...]
) -> Iterator[tuple[Step, Frame, tuple[str, ...]]]:
    """Each step with what is around it, and the lists that its blocks go over."""
    for node in nodes:
        match node:
            case Step():
                yield node, frame, loops
            case Include():
                yield from _flat(node.steps, frame.within_include(node), loops)
            case Block():
                more = () if node.loop is None else (said(node.loop),)
                yield from _flat(node.steps, frame.within_block(node), (*loops, *more))


def _step(step: Step, frame: Frame, number: str, loops: tuple[str, ...], read: Reading) -> StepFacts:
    body = _body(step, frame)
    own = () if step.loop is None else (said(step.loop),)
    done = round_of_body(body, read, only_if=(*frame.when, *step.when), undo=_undo(step, frame, body, read))
    return StepFacts(
        id=number,
        name=_title(step),
        groups=(Alike((), (done,), " and each of ".join((*loops, *own))),),
        notes=tuple(_notes(step)),
        once=step.once,
        read_only=body.read_only,
        no_return=body.irreversible,
        registers=(step.register,) if step.register else (),
        tags=tuple(sorted(frame.tags | frozenset(step.tags))),
        place=step.place,
    )


def _title(step: Step) -> str:
    """The step's name. One that was made of its command is made of it again, with names for values."""
    name = said(step.name)
    return title(step.body.action, name) if isinstance(step.name, str) and "{{" in name else name


def _body(step: Step, frame: Frame) -> Body:
    """The body with all that it inherits. Its command is shown whatever `no_log` says: there are no values in it."""
    return replace(step.body, settings=replace(over(frame.settings, step.body.settings), no_log=None))


def _notes(step: Step) -> Iterator[str]:
    if step.once is not None:
        yield "once for the run" if step.once == "run" else "once for the stage"
    if step.body.read_only:
        yield "changes nothing"
    if step.body.irreversible:
        yield "point of no return"
    if step.register:
        yield f"note its result as {step.register}"


def _undo(step: Step, frame: Frame, body: Body, read: Reading) -> Undo | None:
    item = Item(None, "", body, valid_for=step.valid_for)
    if step.rollback:
        beside = tuple(settings(body, read))
        handlers = _flat(step.rollback, frame.handler(step), ())
        rounds = [
            (_title(inner), round_of_body(_body(inner, at), read, only_if=inner.when, beside=beside))
            for inner, at, _ in handlers
        ]
        until = good_for(item) if step.valid_for is not None else ""
        return Undo("handler", until, tuple((handler_name(name, done), done) for name, done in rounds))
    if not changes(item):
        return None
    if step.rollback is not None or frame.rollback_none:
        return Undo("none", "nothing has to be undone, says the runbook")
    if undoes_itself(item):
        return Undo("itself", undoing(item, read.root))
    return None if body.irreversible else Undo("unsaid", "nothing is said about it")
