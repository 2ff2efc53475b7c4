"""Whether a value that was read has the types that its class declares, through and through.

The codec checks names of classes and fields. What somebody may have written by hand needs more: after this, the rest
of the program meets no text where a number should be.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from functools import cache
from typing import Any, ForwardRef, Literal, TypeAlias, Union

from executor.model import actions, inventories, leaves, places, plans, probes, runbooks, steps
from executor.model.leaves import Late, Template

_Fits: TypeAlias = Callable[[Any], bool]
_MODULES = (actions, inventories, leaves, places, plans, probes, runbooks, steps)


def misfit(value: object) -> str:
    """The first field of a dataclass tree that does not hold what it declares, as `Class.field`; "" where all do."""
    seen: set[int] = set()
    waiting: list[object] = [value]
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        if isinstance(node, Mapping):
            seen.add(id(node))
            waiting += node.values()
        elif isinstance(node, tuple | list):
            waiting += node
        elif dataclasses.is_dataclass(node) and not isinstance(node, type):
            seen.add(id(node))
            for name, fits in _fields(type(node)).items():
                item = getattr(node, name)
                if not fits(item):
                    return f"{type(node).__name__}.{name}"
                waiting.append(item)
    return ""


@cache
def _fields(cls: type) -> Mapping[str, _Fits]:
    return {name: _fits(hint) for name, hint in typing.get_type_hints(cls, localns=_names()).items()}


@cache
def _names() -> dict[str, Any]:
    """Everything that the model's annotations name. An alias that is written as a text is followed when it is met."""
    found: dict[str, Any] = {}
    for module in _MODULES:
        found |= {name: item for name, item in vars(module).items() if not name.startswith("__")}
    written = {name for module in _MODULES for name, said in module.__annotations__.items() if said == "TypeAlias"}
    return found | {name: ForwardRef(found[name]) for name in written if isinstance(found[name], str)}


def _fits(hint: Any) -> _Fits:
    """A test of one level: the fields of a dataclass within are tested when its own turn comes."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint is None or hint is type(None):
        return lambda value: value is None
    if isinstance(hint, ForwardRef):  # only a variable's value is made of values again
        return _is_value
    if origin in (Union, types.UnionType):
        tests = [_fits(each) for each in arguments]
        return lambda value: any(test(value) for test in tests)
    if origin is Literal:
        return lambda value: isinstance(value, str) and value in arguments
    if origin is tuple:
        test = _fits(arguments[0])
        return lambda value: isinstance(value, tuple) and all(map(test, value))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        of_values = _fits(arguments[1])
        return lambda value: isinstance(value, Mapping) and all(map(of_values, value.values()))
    if isinstance(origin, type) and issubclass(origin, Sequence):
        of_items = _fits(arguments[0])
        return lambda value: isinstance(value, tuple | list) and all(map(of_items, value))
    return _plain(hint)


def _plain(cls: type) -> _Fits:
    if cls is float:
        return lambda value: isinstance(value, int | float) and not isinstance(value, bool)
    if cls is int:
        return lambda value: isinstance(value, int) and not isinstance(value, bool)
    if cls in (str, bool) or dataclasses.is_dataclass(cls) or issubclass(cls, Enum):
        return lambda value: isinstance(value, cls)
    raise TypeError(f"no test is known for {cls!r}")


def _is_value(value: Any) -> bool:
    waiting = [value]
    while waiting:
        match waiting.pop():
            case Mapping() as mapping:
                waiting += mapping.values()
            case tuple() | list() as items:
                waiting += items
            case None | bool() | int() | float() | str() | Template() | Late():
                pass
            case _:
                return False
    return True
