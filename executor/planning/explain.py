"""Where a variable of a host comes from: every layer that sets it, which one wins, and what it amounts to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from executor.errors import InvalidInput, Problem
from executor.language import bind_params
from executor.language.mentions import Giver, Mention
from executor.model.inventories import Inventory
from executor.model.leaves import Value
from executor.model.places import NOWHERE, Place
from executor.model.runbooks import Runbook
from executor.model.secrets import FETCHED
from executor.planning.hints import undefined
from executor.planning.options import PlanOptions
from executor.planning.scope import Scope, as_data
from executor.planning.sharing import NOTHING, Reader
from executor.planning.site import BUILT_IN, survey

_NO_RUNBOOK = Runbook("", (), "", "")


@dataclass(frozen=True, slots=True)
class Origin:
    """One layer that sets the variable. `value` is as it was written; a result that is registered has none."""

    layer: str
    value: object
    place: Place | None
    only: Literal["", "within", "from then on"] = ""  # it does not hold for all steps


@dataclass(frozen=True, slots=True)
class Explanation:
    """`value` is what a step sees that has no variables of its own; `origins` are in order, the strongest last.

    `needs` are the names that only a run can give it; `secret`: it is, or has in it, a value that is fetched for a run.
    """

    name: str
    host: str
    value: object
    defined: bool
    origins: tuple[Origin, ...]
    needs: tuple[str, ...] = ()
    secret: bool = False
    built_in: bool = False
    problem: Problem | None = None  # why the value cannot be told
    hint: str = ""  # what may have been meant, where it is not defined


def explain(
    name: str,
    host: str,
    inventory: Inventory,
    *,
    runbook: Runbook | None = None,
    mentions: Sequence[Mention] = (),
    extra: Mapping[str, Value] | None = None,
) -> Explanation:
    """Explain a variable on a host of the inventory. `mentions` are the runbook's, `extra` what -e gives."""
    given = dict(extra or {})
    origins = tuple(_origins(name, host, inventory, mentions, given))
    book = runbook or _NO_RUNBOOK
    # A parameter that is not given does not matter here, unless it is the one that is asked for: then it is undefined.
    known = tuple(param for param in book.params if param.name in given or not param.required)
    book = replace(book, params=known)
    site = survey(book, inventory, PlanOptions(extra=given), as_data(bind_params(book, given)))
    try:
        found = Scope(site, site.own, Reader(site.look(host))).find(name)
    except InvalidInput as error:
        return Explanation(name, host, None, True, origins, problem=error.problems[0])
    if found is None:
        why = undefined(replace(site, runbook=runbook or book), name, NOWHERE, site.own)
        return Explanation(name, host, None, False, origins, hint=why.hint)
    return Explanation(
        name,
        host,
        None if found.value is NOTHING else found.value,
        True,
        origins,
        tuple(sorted(found.needs - {FETCHED})),
        FETCHED in found.needs,
        name in BUILT_IN,
    )


def _origins(
    name: str, host: str, inventory: Inventory, mentions: Sequence[Mention], extra: Mapping[str, Value]
) -> list[Origin]:
    """All layers in the order of their strength."""

    def of(*kinds: Giver) -> list[Origin]:
        return [_origin(mention) for mention in mentions if mention.kind in kinds]

    layers = inventory.layers.get(host, ())
    inside = [Origin(layer.name, layer.vars[name], layer.places.get(name)) for layer in layers if name in layer.vars]
    flags = [Origin("-e", extra[name], None)] if name in extra else []
    return [
        *of("parameter"),
        *inside,
        *of("variables file"),
        *of("runbook"),
        *of("here"),
        *of("set", "register"),
        *flags,
    ]


def _origin(mention: Mention) -> Origin:
    match mention.kind:
        case "here":
            return Origin(f"vars of {mention.where!r}", mention.value, mention.place, "within")
        case "set":
            return Origin(f"set by {mention.where!r}", mention.value, mention.place, "from then on")
        case "register":
            return Origin(f"the result of {mention.where!r}", None, mention.place, "from then on")
    return Origin(mention.where, mention.value, mention.place)
