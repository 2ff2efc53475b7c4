"""One step for one host: conditions, loop, body and handlers, rendered as far as they can be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from executor.errors import Problem
from executor.model.actions import Action, Assert, Checklist, ProbeAction, Reboot, SetVars, Shell
from executor.model.leaves import Late, Template, Text, Value
from executor.model.places import Place
from executor.model.steps import Block, Body, Include, Item, Retry, Settings, Step, StepNode, Task
from executor.planning import files
from executor.planning.checks import check_body
from executor.planning.frames import Frame, over, unsaid
from executor.planning.ledger import given_names
from executor.planning.scope import Scope, as_data
from executor.planning.secrecy import misplaced_in_task
from executor.planning.sharing import Reader, Shared
from executor.planning.site import ANY_HOST, Site
from executor.planning.titles import title
from executor.templates import names

LONGEST_LABEL: Final = 40  # characters


class Maker:
    """Makes the tasks of one step, for any host through the Reader that stands for it."""

    def __init__(self, site: Site, step: Step, frame: Frame, number: str) -> None:
        self._site = site
        self._frame = frame
        self._number = number
        self._own = frame.vars(step)
        self._early: list[Problem] = []  # the same for all hosts: of files that every task reads
        action = files.content_of(step.body.action, site, step.place, self._early)
        self._step = replace(step, body=replace(step.body, action=action))
        self._settings = over(frame.settings, step.body.settings)
        self._handler = frame.handler(step) if step.rollback else frame
        self._handlers_made: Shared[tuple[tuple[Task, ...], tuple[Problem, ...]]] = Shared(site.fingerprints)

    def __call__(self, reader: Reader) -> tuple[Task, tuple[Problem, ...]]:
        """The task of a host, and what is wrong with it."""
        scope = Scope(self._site, self._own, reader, stage=self._frame.stage)
        scope.note(*self._early)
        task = self._task(scope)
        if self._site.secretive:
            scope.note(*misplaced_in_task(task))
        return task, tuple(scope.problems)

    def _task(self, scope: Scope) -> Task:
        step, number = self._step, self._number
        looped = step.loop is not None
        conditions = (*self._frame.when, *step.when)
        of_items = tuple(condition for condition in conditions if looped and _reads_item(condition))
        off, when = _judged(scope, (condition for condition in conditions if condition not in of_items))
        if off is not None:
            never = Item(None, "", step.body, when=(off,))
            return Task(number, self._title(scope), (never,), None, step.register, looped)
        if not looped:
            item = self._item(scope, when, None, "")
            return Task(number, self._title(scope, item.body.action), (item,), None, step.register)
        name = self._title(scope)
        values = scope.loop(step.loop, step.place)
        if isinstance(values, Late):
            of_any = scope.knowing("item")
            pattern = self._round(of_any, when, of_items, None, "")
            return Task(number, name, (pattern,), values, step.register, looped=True)
        items = (self._round(scope.of_item(value), when, of_items, value, label_of(value)) for value in values)
        return Task(number, name, tuple(items), None, step.register, looped=True)

    def _title(self, scope: Scope, rendered: Action | None = None) -> Text:
        """The step's name; one that was made of its command is made of the rendered command instead."""
        name = self._step.name
        hidden = self._settings.no_log not in (None, False)
        if isinstance(name, str) and "{{" in name and not hidden:
            # A command is rendered already; paths of other actions have been made absolute meanwhile.
            action = rendered if isinstance(rendered, Shell) else scope.attempt(self._step.body.action)
            return title(action, name) + self._frame.label
        said = scope.fill(name)
        return said + self._frame.label if isinstance(said, str) else said

    def _round(
        self, scope: Scope, when: tuple[Late, ...], of_items: Iterable[Text | bool], value: Value, label: str
    ) -> Item:
        off, more = _judged(scope, of_items)
        if off is not None:
            return Item(value, label, self._step.body, when=(off,))
        return self._item(scope, when + more, value, label)

    def _item(self, scope: Scope, when: tuple[Late, ...], value: Value, label: str) -> Item:
        body = rendered_body(self._site, self._step, scope, self._settings)
        valid_for = self._step.valid_for
        return Item(
            value, label, body, self._rollback(scope), when, None if valid_for is None else scope.fill(valid_for)
        )

    def _rollback(self, scope: Scope) -> tuple[Task, ...] | None:
        handler = self._step.rollback
        if handler is None:
            return () if self._frame.rollback_none else None
        frame = self._handler

        def make(reader: Reader) -> tuple[tuple[Task, ...], tuple[Problem, ...]]:
            inner = scope.of_handler(reader, frame.outer, *given_names(self._step))
            return tuple(self._handlers(handler, frame, inner)), tuple(inner.problems)

        # A handler often is the same on hosts whose steps differ; what a loop gives it is not asked of the reader.
        looped = self._step.loop is not None
        tasks, problems = make(scope.reader) if looped else self._handlers_made.get(scope.look, make)
        scope.note(*problems)
        return tasks

    def _handlers(self, nodes: tuple[StepNode, ...], frame: Frame, scope: Scope) -> Iterator[Task]:
        """The tasks of a handler, blocks and includes flattened; each sees what those before it register."""
        for number, (step, at, inner) in enumerate(_flat(nodes, frame, scope), start=1):
            scope_of_step = inner.with_vars(at.vars(step))
            maker = Maker(self._site, step, at, f"{self._number}.u{number}")
            scope_of_step.note(*maker._early)
            task = maker._task(scope_of_step)
            if self._site.secretive:
                scope_of_step.note(*misplaced_in_task(task))
            yield task


def _flat(nodes: tuple[StepNode, ...], frame: Frame, scope: Scope) -> Iterator[tuple[Step, Frame, Scope]]:
    """The steps of a handler in order; a block's loop is gone through here, for it must be known."""
    for node in nodes:
        match node:
            case Step():
                yield node, frame, scope
                scope = scope.knowing(*given_names(node))
            case Include():
                within = frame.within_include(node)
                yield from _flat(node.steps, within, scope)
                scope = scope.knowing(*(name for step in _steps(node.steps) for name in given_names(step)))
            case Block():
                within = frame.within_block(node)
                for inner in rounds(node, scope.with_vars({**within.outer, **within.includes})):
                    yield from _flat(node.steps, within, inner)
                scope = scope.knowing(*(name for step in _steps(node.steps) for name in given_names(step)))


def _steps(nodes: Iterable[StepNode]) -> Iterator[Step]:
    for node in nodes:
        if isinstance(node, Step):
            yield node
        else:
            yield from _steps(node.steps)


def rounds(block: Block, scope: Scope) -> tuple[Scope, ...]:
    """The scope of each round of a block: one without a loop."""
    if block.loop is None:
        return (scope,)
    return tuple(scope.of_item(value) for value in known_loop(block, scope))


def known_loop(block: Block, scope: Scope) -> list[Any]:
    """What a block goes over. A list that only the run knows is a mistake, noted in the scope."""
    values = scope.loop(block.loop, block.place)
    if isinstance(values, Late):
        scope.note(
            Problem(
                "a block can only loop over what is known when the plan is made",
                values.template.place,
                f"this needs {', '.join(values.needs)}: put the loop on the steps within",
                "late-loop",
            )
        )
        return []
    return values


# --- conditions ------------------------------------------------------------------------------------------------


def _judged(scope: Scope, conditions: Iterable[Text | bool]) -> tuple[bool | Late | None, tuple[Late, ...]]:
    """The first condition that is known not to hold, as what says so in the plan; else those that the run decides."""
    late = []
    for condition in conditions:
        found = scope.condition(condition)
        if found is False or (isinstance(found, Late) and not found.needs):
            return found, ()
        if isinstance(found, Late):
            late.append(found)
    return None, tuple(late)


def _reads_item(condition: Text | bool) -> bool:
    return isinstance(condition, Template) and "item" in names(condition)


def label_of(value: object) -> str:
    """A loop's item in a few words: a text, or the one thing of a mapping that names it."""
    if isinstance(value, Late):
        return value.template.text[:LONGEST_LABEL]
    if isinstance(value, Mapping):
        named = next((value[key] for key in ("name", "label", "host", "path", "key") if key in value), None)
        return label_of(next(iter(value.values()), "") if named is None else named)
    if isinstance(value, list | tuple):
        return ", ".join(label_of(item) for item in value)[:LONGEST_LABEL]
    text = " ".join(str(value).split())
    return text if len(text) <= LONGEST_LABEL else text[: LONGEST_LABEL - 1] + "…"


# --- bodies ----------------------------------------------------------------------------------------------------


def rendered_body(site: Site, step: Step, scope: Scope, settings: Settings) -> Body:
    """Everything of a step that is rendered. What judges its result also sees that result."""
    body = step.body
    fill = scope.fill
    after = scope.knowing(step.register)
    found = Body(
        action=files.located(_action(body.action, scope), site, step.place, scope),
        settings=_with_become(site, scope, fill(settings)),
        stdin=fill(body.stdin),
        creates=fill(body.creates),
        removes=fill(body.removes),
        unless=fill(body.unless),
        only_if=fill(body.only_if),
        failed_when=None if body.failed_when is None else after.claims(body.failed_when),
        changed_when=None if body.changed_when is None else after.claims(body.changed_when),
        retry=_retry(body.retry, scope, after),
        apply=fill(body.apply),
        verify=None if body.verify is None else scope.probe(body.verify),
        read_only=body.read_only,
        irreversible=body.irreversible,
        produces=fill(body.produces),
    )
    files.produced(found.produces, site, step.place)
    scope.note(*check_body(body, found, step.place), *_delegate(site, settings.delegate_to, found.settings, step.place))
    scope.note(*_own_reboot(site, scope, found, step.place))
    return found


def _with_become(site: Site, scope: Scope, settings: Settings) -> Settings:
    """Settings over what the host's inventory and the flags say: of the host that the step really runs on."""
    delegate = settings.delegate_to
    if delegate is None:
        become, user = scope.reader("become"), scope.reader("become", "user")
        said = become is not None or user is not None or site.options.become or site.options.become_user is not None
        return over(unsaid(site.options, become, user), settings) if said else settings
    spec = site.inventory.hosts.get(delegate) if isinstance(delegate, str) else None
    return over(unsaid(site.options, spec.become if spec else None, spec.become_user if spec else None), settings)


def _action(action: Action, scope: Scope) -> Action:
    match action:
        case ProbeAction(probe=probe):
            return ProbeAction(scope.probe(probe))
        case Checklist(items=items):
            return Checklist(
                tuple(
                    replace(
                        scope.fill(replace(item, probe=None)),
                        probe=None if item.probe is None else scope.probe(item.probe),
                    )
                    for item in items
                )
            )
        case Assert(that=that, message=message):
            return Assert(scope.claims(that), scope.fill(message))
        case SetVars(values=values):
            return SetVars(as_data(scope.fill(values)))
    return scope.fill(action)


def _retry(retry: Retry | None, scope: Scope, after: Scope) -> Retry | None:
    if retry is None:
        return None
    return replace(scope.fill(replace(retry, until=())), until=after.claims(retry.until))


def _delegate(site: Site, written: Text | None, settings: Settings, place: Place) -> Iterator[Problem]:
    name = settings.delegate_to
    if name is not None:
        site.delegates[name if isinstance(name, str) else ANY_HOST] = None
    if isinstance(name, str) and name not in site.inventory.hosts:
        yield site.no_such_host(name, written.place if isinstance(written, Template) else place)


def _own_reboot(site: Site, scope: Scope, body: Body, place: Place) -> Iterator[Problem]:
    """The control node cannot wait for itself to come back."""
    if not isinstance(body.action, Reboot):
        return
    delegate = body.settings.delegate_to
    spec = site.inventory.hosts.get(delegate) if isinstance(delegate, str) else None
    if spec.local if spec is not None else delegate is None and scope.reader("local"):
        yield Problem("this would restart the machine that the run is driven from", place, "choose hosts", "reboot")
