"""What a step does, as it is written, to Action."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from executor.language import leaves, probes
from executor.language.draft import Draft
from executor.language.nodes import MapNode, Node, Scalar
from executor.model.actions import (
    REBOOT_WITHIN,
    Action,
    Assert,
    Checklist,
    ChecklistItem,
    Copy,
    Fetch,
    Pause,
    ProbeAction,
    Reboot,
    Script,
    SetVars,
    Shell,
    Symlink,
    TemplateFile,
    Unarchive,
)
from executor.model.leaves import Flag, Text


def action(draft: Draft, items: Mapping[str, Node]) -> Action:
    """The action of a step, from the one key of `items` that names it."""
    verb = verb_of(items)
    return _READ[verb](draft, items[verb])


def verb_of(items: Mapping[str, Node]) -> str:
    """The key that names the action."""
    return next(key for key in items if key in _READ)


def default_name(items: Mapping[str, Node]) -> str:
    """What a step is called that has no name: its command's first line, or what it does to which file."""
    verb = verb_of(items)
    match items[verb]:
        case Scalar(text=text) if verb in {"shell", "script"}:
            first = next((line.strip() for line in text.splitlines() if line.strip()), verb)
            return first if len(first) <= 60 else first[:59] + "…"
        case MapNode(items=inner):
            file = next((leaves.written(inner[key]) for key in ("dest", "file") if key in inner), "")
            return f"{verb} {file}".strip()
        case _:
            return verb


def _shell(draft: Draft, node: Node) -> Shell:
    return Shell(leaves.shell(draft, node))


def _script(draft: Draft, node: Node) -> Script:
    if isinstance(node, MapNode):
        args = node.items.get("args")
        given = tuple(leaves.text(draft, item) for item in leaves.each(args)) if args is not None else ()
        return Script(leaves.line(draft, node.items["file"]), given)
    file, *rest = leaves.written(node).split(maxsplit=1)
    if rest and "{{" not in file:
        draft.say(
            "a script is a file alone here",
            node.place,
            f"its arguments go beside it: {{file: {file}, args: [{', '.join(rest[0].split())}]}}",
            "script",
        )
    return Script(leaves.line(draft, node))


def _file_keys(draft: Draft, items: Mapping[str, Node]) -> tuple[Text | None, Text | None, Text | None, Text | None]:
    """mode, owner, group and validate."""
    mode, owner, group = (
        leaves.line(draft, items[key]) if key in items else None for key in ("mode", "owner", "group")
    )
    return mode, owner, group, leaves.shell(draft, items["validate"]) if "validate" in items else None


def _keep(draft: Draft, items: Mapping[str, Node]) -> Flag:
    return leaves.flag(draft, items["keep"]) if "keep" in items else True


def _copy(draft: Draft, node: Node) -> Copy:
    items = _items(node)
    mode, owner, group, validate = _file_keys(draft, items)
    return Copy(
        dest=leaves.line(draft, items["dest"]),
        src=leaves.line(draft, items["src"]) if "src" in items else None,
        content=leaves.text(draft, items["content"]) if "content" in items else None,
        mode=mode,
        owner=owner,
        group=group,
        validate=validate,
        keep=_keep(draft, items),
    )


def _template(draft: Draft, node: Node) -> TemplateFile:
    items = _items(node)
    mode, owner, group, validate = _file_keys(draft, items)
    return TemplateFile(
        dest=leaves.line(draft, items["dest"]),
        src=leaves.plain_line(draft, items["src"]) if "src" in items else "",
        # What `src` names is read when the plan is made, from below the project's root.
        content=leaves.template_file(draft, items["content"]) if "content" in items else "",
        mode=mode,
        owner=owner,
        group=group,
        validate=validate,
        keep=_keep(draft, items),
    )


def _symlink(draft: Draft, node: Node) -> Symlink:
    items = _items(node)
    return Symlink(leaves.line(draft, items["dest"]), leaves.line(draft, items["to"]))


def _unarchive(draft: Draft, node: Node) -> Unarchive:
    items = _items(node)
    return Unarchive(leaves.line(draft, items["src"]), leaves.line(draft, items["dest"]))


def _fetch(draft: Draft, node: Node) -> Fetch:
    items = _items(node)
    return Fetch(leaves.line(draft, items["src"]), leaves.line(draft, items["dest"]))


def _reboot(draft: Draft, node: Node) -> Reboot:
    items = _items(node)
    return Reboot(
        within=leaves.duration(draft, items["within"]) if "within" in items else REBOOT_WITHIN,
        command=leaves.shell(draft, items["reboot_command"]) if "reboot_command" in items else None,
    )


def _checklist(draft: Draft, node: Node) -> Checklist:
    return Checklist(tuple(_checklist_item(draft, item) for item in leaves.each(node)))


def _checklist_item(draft: Draft, node: Node) -> ChecklistItem:
    if not isinstance(node, MapNode):
        return ChecklistItem(leaves.line(draft, node), place=node.place)
    items = node.items
    return ChecklistItem(
        leaves.line(draft, items["item"]),
        shell=leaves.shell(draft, items["shell"]) if "shell" in items else None,
        probe=probes.probe(draft, items["probe"]) if "probe" in items else None,
        evidence=leaves.flag(draft, items["evidence"]) if "evidence" in items else False,
        place=node.place,
    )


def _probe(draft: Draft, node: Node) -> ProbeAction:
    return ProbeAction(probes.probe(draft, node))


def _pause(draft: Draft, node: Node) -> Pause:
    if isinstance(node, MapNode):
        return Pause(prompt=leaves.text(draft, node.items["prompt"]))
    return Pause(seconds=leaves.duration(draft, node))


def _assert(draft: Draft, node: Node) -> Assert:
    items = _items(node)
    message = leaves.text(draft, items["message"]) if "message" in items else None
    return Assert(leaves.expressions(draft, items["that"]), message)


def _set(draft: Draft, node: Node) -> SetVars:
    if isinstance(node, MapNode):
        for name in node.items:
            draft.declare("set variable", name, node.keys[name])
    return SetVars({name: leaves.value(draft, item) for name, item in _items(node).items()})


def _items(node: Node) -> Mapping[str, Node]:
    return node.items if isinstance(node, MapNode) else {}


_READ: Mapping[str, Callable[[Draft, Node], Action]] = {
    "shell": _shell,
    "script": _script,
    "copy": _copy,
    "template": _template,
    "symlink": _symlink,
    "unarchive": _unarchive,
    "fetch": _fetch,
    "reboot": _reboot,
    "checklist": _checklist,
    "probe": _probe,
    "pause": _pause,
    "assert": _assert,
    "set": _set,
}
