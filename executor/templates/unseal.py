"""The last step of a leaf that asks for a secret: from what waits to what is handed to a host.

A text becomes a `Secret`. In a script the value itself never stands: the script reads a variable of its environment,
quoted for the place where the value was wanted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeVar

from executor.errors import InvalidInput
from executor.model.leaves import Kind, Late
from executor.model.secrets import FETCHED, SealedScript, Secret
from executor.templates.escape import escaped
from executor.templates.faults import Fault, problem
from executor.templates.render import evaluated, in_scope, rendered, script, waits_for_secret
from executor.templates.scan import Hole
from executor.templates.secret_calls import Asked, out_of
from executor.templates.shell import Context, Spot
from executor.templates.text import Quoted, Raw, text_of
from executor.templates.tree import Leaf, map_leaves

T = TypeVar("T")

VARIABLE = "RB_SECRET_{}"  # in the environment of a step, from 1
_TEXTS = frozenset({Kind.TEXT, Kind.LINE, Kind.FILE, Kind.SHELL})
_OURS = frozenset({"secret", "raw-secret"})  # faults whose words never quote a value


def unsealed(node: T, values: Mapping[str, str]) -> T:
    """The tree with everything that waits for secrets opened: Secret for a text, SealedScript for a script.

    Raises InvalidInput at the place of a leaf that cannot be rendered; its words never hold a value.
    """
    return map_leaves(node, lambda leaf: _opened(leaf, values) if waits_for_secret(leaf) else leaf)


def _opened(leaf: Leaf, values: Mapping[str, str]) -> Any:
    assert isinstance(leaf, Late)  # noqa: S101 -- only a Late waits
    asked = Asked(out_of(values))
    scope = in_scope(leaf, {FETCHED: asked})
    template = leaf.template
    if template.kind not in _TEXTS:
        raise InvalidInput(problem(Fault("a secret cannot stand here", code="secret"), template))
    try:
        if template.kind is Kind.SHELL:
            return _script(template.text, scope, asked)
        found = rendered(template, scope)
    except Fault as fault:
        raise InvalidInput(problem(_without_words(fault, asked), template)) from None
    return Secret(found) if asked.count else found


def _without_words(fault: Fault, asked: Asked) -> Fault:
    """A fault whose message cannot quote what was read."""
    if not asked.count or fault.code in _OURS:
        return fault
    return Fault(
        f"this cannot be rendered with the secret {', '.join(map(repr, asked.names))}",
        hint="why is not told, as the reason could repeat the value: try the template with a plain variable",
        code=fault.code,
        start=fault.start,
        end=fault.end,
    )


# --- scripts -----------------------------------------------------------------------------------------------------


class _Sealed:
    """The value of a hole that has read a secret."""

    def __init__(self, value: Any) -> None:
        self.value = value


def _script(text: str, scope: Mapping[str, Any], asked: Asked) -> SealedScript | str:
    environment: dict[str, Secret] = {}

    def evaluate(hole: Hole) -> Any:
        before = asked.count
        value = evaluated(hole, scope)
        return _Sealed(value) if asked.count > before else value

    def write(value: Any, spot: Spot) -> str:
        return _references(value.value, spot, environment) if isinstance(value, _Sealed) else escaped(value, spot)

    found = script(text, evaluate, write)
    return SealedScript(found, environment) if environment else found


def _references(value: Any, spot: Spot, environment: dict[str, Secret]) -> str:
    """Variables in place of a value, or of each word of a list; what they stand for goes to the environment."""
    if isinstance(value, Raw):
        raise Fault("`raw` would write a secret into the script", hint="leave | raw away", code="raw-secret")
    if isinstance(value, Quoted):
        value = value.plain
    if isinstance(value, Mapping):
        raise Fault("a mapping has no form in a command", hint="choose a key, or say | to_json", code="secret")
    if isinstance(value, list | tuple):
        if not spot.alone:
            raise Fault("a list with a secret in it must stand alone in a command", code="secret")
        return " ".join(_references(item, Spot(Context.BARE, alone=True), environment) for item in value)
    text = text_of(value)
    if "\0" in text:
        raise Fault("a secret with a NUL character cannot be given to a command", hint="use `stdin:`", code="secret")
    if spot.context is Context.COMMENT:
        return "[secret]"
    if spot.context is Context.ARITHMETIC and re.fullmatch(r"-?\d{1,18}", text) is None:
        # A shell would evaluate what the value says.
        raise Fault("only a whole number can stand in arithmetic", code="secret")
    name = VARIABLE.format(len(environment) + 1)
    environment[name] = Secret(text)
    match spot.context:
        case Context.SINGLE:
            return f"'\"${{{name}}}\"'"
        case Context.BARE:
            return f'"${{{name}}}"'
        case _:
            return f"${{{name}}}"
