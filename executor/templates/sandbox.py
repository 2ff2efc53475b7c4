"""Jinja as far as a runbook may use it: plain data, methods from a list, everything counted."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from types import BuiltinMethodType
from typing import Any, Final

from jinja2 import StrictUndefined, pass_context
from jinja2.lexer import Lexer, Token
from jinja2.runtime import Context, LoopContext, Macro, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace

from executor.templates import bounds
from executor.templates.faults import Fault, did_you_mean
from executor.templates.filters import FILTERS, TESTS
from executor.templates.text import text_of

METER: Final = "the meter"  # a name that no template can write
EACH: Final = "each of"
JOINED: Final = "joined texts"

_TEXT_METHODS = frozenset(
    {
        *("capitalize", "casefold", "center", "count", "endswith", "find", "index", "isalnum", "isalpha", "isdecimal"),
        *("isdigit", "islower", "isnumeric", "isspace", "isupper", "join", "ljust", "lower", "lstrip", "partition"),
        *("removeprefix", "removesuffix", "replace", "rfind", "rjust", "rpartition", "rsplit", "rstrip", "split"),
        *("splitlines", "startswith", "strip", "swapcase", "title", "upper", "zfill"),
    }
)
_MAPPING_METHODS = frozenset({"get", "items", "keys", "values"})
_LIST_METHODS = frozenset({"count", "index"})
_LOOP_ATTRIBUTES = frozenset(
    {
        *("changed", "cycle", "depth", "depth0", "first", "index", "index0", "last", "length", "nextitem", "previtem"),
        *("revindex", "revindex0"),
    }
)


_OUTPUT = frozenset({"stdout", "stderr", "json"})  # what a result does not have whose output was cut


class Missing(StrictUndefined):
    """Something that is not there: reading on from it is still missing, using it is an error, `default` helps."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __getitem__(self, key: object) -> Any:
        return self

    @property
    def _undefined_message(self) -> str:
        if self._undefined_hint:
            return self._undefined_hint
        name = self._undefined_name
        if isinstance(self._undefined_obj, Mapping):
            if self._undefined_obj.get("truncated") is True and name in _OUTPUT:
                return f"{name} was longer than 1 MB and is not kept whole: it cannot be used"
            keys = [str(key) for key in self._undefined_obj]
            hint = did_you_mean(str(name), keys)
            if not hint and keys:
                hint = "it has " + ", ".join(keys[:10]) + (", …" if len(keys) > 10 else "")
            return f"there is no {name!r} in it" + (f" ({hint})" if hint else "")
        if isinstance(self._undefined_obj, str | list | tuple):
            what = "text" if isinstance(self._undefined_obj, str) else f"list of {len(self._undefined_obj)}"
            return f"a {what} has no {name!r}"
        return f"{name!r} is not defined"


class _Lexer(Lexer):
    """Reads '\\d' in a text as the two characters that are written, as Python did: patterns are full of them."""

    def wrap(
        self, stream: Iterable[tuple[int, str, str]], name: str | None = None, filename: str | None = None
    ) -> Iterator[Token]:
        return super().wrap(
            ((line, kind, _STRAY.sub(r"\1\\\\", text) if kind == "string" else text) for line, kind, text in stream),
            name,
            filename,
        )


# A backslash, not escaped itself, before a character that it does not change.
_STRAY = re.compile(r"""(?<!\\)((?:\\\\)*)\\(?![\\'"abfnrtvxuUN0-7\n])""")


class Sandbox(ImmutableSandboxedEnvironment):
    """Evaluates expressions over plain data. Each rendering brings its Meter under the name METER."""

    intercepted_binops = frozenset({"+", "*", "**", "%"})

    @cached_property
    def lexer(self) -> Lexer:
        return _Lexer(self)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """A mapping's key first: a variable may be called `items`. Then the methods that are on the list."""
        match obj:
            case Undefined():
                return obj
            case Mapping() if attribute in obj:
                return obj[attribute]
            case Namespace():
                return getattr(obj, attribute)
            case LoopContext() if attribute in _LOOP_ATTRIBUTES:
                return getattr(obj, attribute)
            case tuple() if attribute in getattr(obj, "_fields", ()):  # what groupby makes
                return getattr(obj, attribute)
            case _ if attribute in _methods(obj):
                return getattr(obj, attribute)
        return self.undefined(obj=obj, name=attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, Undefined):
            return obj
        try:
            return obj[argument]
        except (LookupError, TypeError):
            return self.getattr(obj, argument) if isinstance(argument, str) else self.undefined(obj=obj, name=argument)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        bounds.check_operation(operator, left, right)
        return meter_of(context).settle(super().call_binop(context, operator, left, right))

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805 -- Jinja's own
        meter = meter_of(__context)
        meter.spend(16 if isinstance(__obj, Macro) else 1)
        if isinstance(__obj, BuiltinMethodType):
            bounds.check_method(__obj.__self__, __obj.__name__, args)
        return meter.settle(super().call(__context, __obj, *args, **kwargs))


def meter_of(context: Context) -> bounds.Meter:
    meter = context.parent[METER]
    assert isinstance(meter, bounds.Meter)  # noqa: S101 -- only `compiled` makes contexts, and always with one
    return meter


def _methods(obj: object) -> frozenset[str]:
    match obj:
        case str():
            return _TEXT_METHODS
        case Mapping():
            return _MAPPING_METHODS
        case Sequence():
            return _LIST_METHODS
        case _:
            return frozenset()


def _metered(function: Callable[..., Any]) -> Callable[..., Any]:
    """The filter with its work counted and its result within bounds."""
    passes = getattr(function, "jinja_pass_arg", None)

    @pass_context
    def metered(context: Context, *args: Any, **kwargs: Any) -> Any:
        meter = meter_of(context)
        meter.spend()
        if passes is None:
            return meter.settle(function(*args, **kwargs))
        first = {"context": context, "eval_context": context.eval_ctx, "environment": context.environment}[passes.name]
        return meter.settle(function(first, *args, **kwargs))

    return metered


def _range(*arguments: int) -> range:
    """Whole numbers from a start to below an end: `range(3)`, `range(1, 4)`."""
    numbers = range(*arguments)
    bounds.check_items(len(numbers))
    return numbers


@pass_context
def _each(context: Context, value: Any, body: int) -> Any:
    """What a loop goes over, its rounds paid beforehand: `body` is the length of the text within the loop."""
    if isinstance(value, Undefined) or not hasattr(value, "__iter__"):
        return value  # the loop itself says what is wrong
    items = value if isinstance(value, list | tuple) else list(value)
    bounds.check_items(len(items))
    meter_of(context).spend(len(items) * (1 + body // 256))
    return items


@pass_context
def _joined(context: Context, pieces: Sequence[Any]) -> str:
    """What `~` does."""
    texts = [text_of(piece) for piece in pieces]
    bounds.check_length(sum(map(len, texts)))
    text: str = meter_of(context).settle("".join(texts))
    return text


@pass_context
def _written(context: Context, value: Any) -> str:
    """Each `{{ value }}` of a template file, as text."""
    text = text_of(value)
    meter_of(context).write(len(text))
    return text


@cache
def sandbox() -> Sandbox:
    """The environment. It is never changed after it has been made here, so everyone shares it."""
    environment = Sandbox(
        undefined=Missing,
        autoescape=False,
        optimized=False,  # constants are folded without a meter
        keep_trailing_newline=True,
        trim_blocks=True,  # as Ansible's template module reads files
        finalize=_written,
        cache_size=0,
        auto_reload=False,
    )
    environment.globals = {"range": _range, "dict": dict, "namespace": Namespace}
    environment.filters = {name: _metered(function) for name, function in FILTERS.items()}
    environment.filters |= {EACH: _each, JOINED: _joined}
    environment.tests = dict(TESTS)
    return environment


__all__ = ["EACH", "JOINED", "METER", "Fault", "Missing", "Sandbox", "meter_of", "sandbox"]
