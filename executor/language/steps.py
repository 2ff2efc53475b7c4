"""Steps, blocks and included steps, as they are written, to StepNode."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from executor.language import actions, includes, leaves, probes
from executor.language.draft import Draft, Where
from executor.language.nodes import ListNode, MapNode, Node, Scalar
from executor.model.actions import Action, Reboot
from executor.model.leaves import Duration, Flag, Kind, Text, Value
from executor.model.places import Place
from executor.model.probes import Probe
from executor.model.steps import Block, Body, Include, Retry, Settings, Step, StepNode

MAX_NESTING = 32  # blocks, handlers and includes within each other

_MEANINGLESS = {
    "handler": "what undoes a step",
    "always": "steps that always run at the end",
    "traffic": "drain and restore",
}


def steps(draft: Draft, node: Node | None, where: Where) -> tuple[StepNode, ...]:
    """A list of steps; none where nothing is written."""
    if not isinstance(node, ListNode) or _too_deep(draft, node, where):
        return ()
    return tuple(step(draft, item, where) for item in node.items if isinstance(item, MapNode))


def work(draft: Draft, node: Node | None, where: Where) -> tuple[StepNode, ...]:
    """A shell command, a step or a list of steps."""
    match node:
        case Scalar():
            draft.steps += 1
            items = {"shell": node}
            draft.mappings[node.place] = MapNode(node.place, items, {"shell": node.place})
            return (Step(actions.default_name(items), Body(actions.action(draft, items)), node.place),)
        case MapNode():
            return () if _too_deep(draft, node, where) else (step(draft, node, where),)
        case _:
            return steps(draft, node, where)


def _too_deep(draft: Draft, node: Node, where: Where) -> bool:
    if where.depth > MAX_NESTING:
        draft.say(f"blocks, handlers and includes are nested more than {MAX_NESTING} deep", node.place, code="too-deep")
    return where.depth > MAX_NESTING


def step(draft: Draft, node: MapNode, where: Where) -> StepNode:
    """One entry of a list of steps."""
    draft.mappings[_place(node)] = node
    if "valid_for" in node.items and _place(node) not in draft.bounded:
        draft.say(
            "`valid_for` says how long a step can be undone: it stands in its `rollback:`",
            node.keys["valid_for"],
            "rollback: {shell: …, valid_for: 30m}",
            "meaningless",
        )
    if "block" in node.items:
        return _block(draft, node, where)
    if "include" in node.items:
        return _include(draft, node, where)
    return _step(draft, node, where)


def settings(draft: Draft, items: Mapping[str, Node]) -> Settings:
    """What the steps within inherit, as far as it is said here."""

    def line(key: str) -> Text | None:
        return leaves.line(draft, items[key]) if key in items else None

    def flag(key: str) -> Flag | None:
        return leaves.flag(draft, items[key]) if key in items else None

    return Settings(
        environment=leaves.texts(draft, items.get("environment")),
        chdir=line("chdir"),
        executable=line("executable"),
        become=flag("become"),
        become_user=line("become_user"),
        delegate_to=line("delegate_to"),
        timeout=_duration(draft, items, "timeout"),
        no_log=flag("no_log"),
        ignore_errors=flag("ignore_errors"),
        durable=flag("durable"),
        output_limit=leaves.size(draft, items["output_limit"]) if "output_limit" in items else None,
    )


def _duration(draft: Draft, items: Mapping[str, Node], key: str) -> Duration | None:
    return leaves.duration(draft, items[key]) if key in items else None


def _step(draft: Draft, node: MapNode, where: Where) -> Step:
    draft.steps += 1
    items = node.items
    _check(draft, node, where)
    register = leaves.written(items["register"]) if "register" in items else None
    if register:
        draft.declare("registered result", register, items["register"].place)
    once = leaves.written(items["once"]) if "once" in items else None
    undoing, valid_for = _undoing(draft, node, where)
    return Step(
        name=leaves.line(draft, items["name"]) if "name" in items else actions.default_name(items),
        body=_body(draft, items),
        place=_place(node),
        when=leaves.conditions(draft, items["when"]) if "when" in items else (),
        register=register,
        vars=leaves.variables(draft, items.get("vars")),
        tags=leaves.tags(items.get("tags")),
        loop=_loop(draft, items),
        once="run" if once == "run" else "stage" if once == "stage" else None,
        rollback=undoing,
        valid_for=valid_for,
    )


def _place(node: MapNode) -> Place:
    """A step is pointed at by its first key."""
    return next(iter(node.keys.values()), node.place)


def _check(draft: Draft, node: MapNode, where: Where) -> None:
    """What the schema cannot say about keys that stand together."""
    undone = node.items.get("rollback")
    handler = undone is not None and not _is_none(undone)
    for key in ("rollback", "irreversible", "once"):
        if key in node.items and where.role in _MEANINGLESS and (handler or key != "rollback"):
            draft.say(f"{key!r} has no meaning for {_MEANINGLESS[where.role]}", node.keys[key], code="meaningless")
    if "once" in node.items and where.looped:
        draft.say("'once' within a block that loops: it would be due in every round", node.keys["once"], code="once")
    reads = node.items.get("read_only")
    if handler and isinstance(reads, Scalar) and reads.value is True:
        draft.say(
            "a step that is `read_only` has nothing to undo",
            node.keys["rollback"],
            "remove `rollback:` or `read_only: true`",
            "meaningless",
        )


def _undoing(draft: Draft, node: MapNode, where: Where) -> tuple[tuple[StepNode, ...] | None, Duration | None]:
    """What undoes a step, and how long it can be undone."""
    undone = node.items.get("rollback")
    if undone is None:
        return None, None
    if _is_none(undone):
        return (), None
    valid_for = None
    if isinstance(undone, MapNode) and "valid_for" in undone.items:
        valid_for = leaves.duration(draft, undone.items["valid_for"])
        draft.bounded.add(_place(undone))
    return work(draft, undone, where.within("handler", looped=False)), valid_for


def _is_none(node: Node) -> bool:
    return isinstance(node, Scalar) and node.text == "none"


def _loop(draft: Draft, items: Mapping[str, Node]) -> Value:
    node = items.get("loop")
    if isinstance(node, Scalar):
        return leaves.text(draft, node, Kind.LIST)
    return leaves.value(draft, node) if node is not None else None


def _body(draft: Draft, items: Mapping[str, Node]) -> Body:
    def line(key: str) -> Text | None:
        return leaves.line(draft, items[key]) if key in items else None

    def command(key: str) -> Text | None:
        return leaves.shell(draft, items[key]) if key in items else None

    def said(key: str) -> bool:
        node = items.get(key)
        return isinstance(node, Scalar) and node.value is True

    produces = items.get("produces")
    action = actions.action(draft, items)
    needed, test = _around_reboot(draft, items, action)
    return Body(
        action=action,
        settings=settings(draft, items),
        stdin=leaves.text(draft, items["stdin"]) if "stdin" in items else None,
        creates=line("creates"),
        removes=line("removes"),
        unless=command("unless"),
        only_if=needed or command("only_if"),
        failed_when=leaves.expressions(draft, items["failed_when"]) if "failed_when" in items else None,
        changed_when=leaves.expressions(draft, items["changed_when"]) if "changed_when" in items else None,
        retry=_retry(draft, items.get("retry")),
        apply=command("apply"),
        verify=test or (probes.probe(draft, items["verify"]) if "verify" in items else None),
        read_only=said("read_only"),
        irreversible=said("irreversible"),
        produces=tuple(leaves.line(draft, item) for item in leaves.each(produces)) if produces is not None else (),
    )


def _around_reboot(draft: Draft, items: Mapping[str, Node], action: Action) -> tuple[Text | None, Probe | None]:
    """What says whether a reboot is needed, and its test, which has as long as the reboot where it says nothing."""
    node = items.get("reboot")
    if not isinstance(action, Reboot) or not isinstance(node, MapNode):
        return None, None
    needed = leaves.shell(draft, node.items["only_if"]) if "only_if" in node.items else None
    test = probes.probe(draft, node.items["test"]) if "test" in node.items else None
    if test is not None and test.within is None and test.hold is None:
        test = replace(test, within=action.within)
    return needed, test


def _retry(draft: Draft, node: Node | None) -> Retry | None:
    if not isinstance(node, MapNode):
        return None
    items = node.items
    default = Retry()
    return Retry(
        attempts=leaves.number(draft, items["attempts"]) if "attempts" in items else default.attempts,
        delay=leaves.duration(draft, items["delay"]) if "delay" in items else default.delay,
        backoff=leaves.number(draft, items["backoff"], Kind.NUMBER) if "backoff" in items else default.backoff,
        until=leaves.expressions(draft, items["until"]) if "until" in items else (),
    )


def _block(draft: Draft, node: MapNode, where: Where) -> Block:
    items = node.items
    return Block(
        name=leaves.line(draft, items["name"]) if "name" in items else "block",
        steps=steps(draft, items["block"], where.within(looped=where.looped or "loop" in items)),
        place=_place(node),
        when=leaves.conditions(draft, items["when"]) if "when" in items else (),
        vars=leaves.variables(draft, items.get("vars")),
        tags=leaves.tags(items.get("tags")),
        loop=_loop(draft, items),
        settings=settings(draft, items),
    )


def _include(draft: Draft, node: MapNode, where: Where) -> Include:
    items = node.items
    name, within = includes.steps_of(draft, items["include"], where, steps)
    return Include(
        file=name,
        steps=within,
        place=_place(node),
        when=leaves.conditions(draft, items["when"]) if "when" in items else (),
        vars=leaves.variables(draft, items.get("vars")),
        tags=leaves.tags(items.get("tags")),
    )
