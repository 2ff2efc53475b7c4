"""`secret('name')` in a template: which secrets it names, and noting that they are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from jinja2 import nodes

from executor.model.secrets import FETCHED
from executor.templates.faults import Fault, did_you_mean


def named(tree: nodes.Node) -> frozenset[str]:
    """The secrets that a template asks for. Raises Fault where one is not written out as a text of its own: a plan
    names its secrets, and so it must know them without any value. The Fault's `start` is left to the caller."""
    calls = {id(call.node): call for call in tree.find_all(nodes.Call)}
    found = set()
    for name in tree.find_all(nodes.Name):
        if name.name != FETCHED or name.ctx != "load":
            continue
        match calls.get(id(name)):
            case nodes.Call(args=[nodes.Const(value=str(asked))], kwargs=[], dyn_args=None, dyn_kwargs=None):
                found.add(asked)
            case _:
                raise Fault(
                    "`secret` takes the name of one secret, written out",
                    hint="write secret('database_url'), and choose with secret('a') if condition else secret('b')",
                    code="secret",
                )
    return frozenset(found)


class Asked:
    """The function `secret` while one leaf is rendered: gives values, and keeps in mind which were asked for."""

    def __init__(self, give: Callable[[str], str]) -> None:
        self._give = give
        self.names: dict[str, None] = {}
        self.count = 0

    def __call__(self, name: str) -> str:
        self.names[name] = None
        self.count += 1
        return self._give(name)


def out_of(values: Mapping[str, str]) -> Callable[[str], str]:
    """Gives the values that there are. Raises Fault for a name that has none."""

    def give(name: str) -> str:
        if name not in values:
            raise Fault(f"the secret {name!r} has not been fetched", hint=did_you_mean(name, values), code="secret")
        return values[name]

    return give
