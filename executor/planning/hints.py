"""What to say of a name that is not defined: most often it is, only later, elsewhere, or spelt otherwise."""

from __future__ import annotations

from collections.abc import Iterable

from executor.errors import Problem
from executor.model.places import Place
from executor.planning.site import BUILT_IN, Site
from executor.templates import did_you_mean


def undefined(site: Site, name: str, place: Place, visible: Iterable[str]) -> Problem:
    """The problem of a name that nothing before has given. `visible` are the variables here, beside the site's."""
    message = f"{name!r} is not defined"
    origins = site.ledger.origins.get(name, ())
    if origins:
        origin = origins[0]
        what = "registered" if origin.kind == "register" else "set"
        step = f"the step {origin.step!r}" if origin.step else "a step"
        holders = site.ledger.holders(name)
        if holders:
            where = holders[0] if len(holders) == 1 else f"{holders[0]} and {len(holders) - 1} other hosts"
            hint = f"it is {what} on {where}: read it there, as hosts['{holders[0]}'].{name}"
        elif site.options.tags or site.options.skip_tags or site.options.start_at_stage:
            hint = f"it is {what} by {step}, which the flags may leave out"
        else:
            hint = f"it is {what} by {step}, which comes later"
        return Problem(message + " here", place, hint, "undefined", notes=((f"{what} here", origin.place),))
    param = next((param for param in site.runbook.params if param.name == name), None)
    if param is not None:
        return Problem(message, place, f"it is a parameter without a default: give it with -e {name}=…", "undefined")
    if name in BUILT_IN:
        return Problem(f"{name!r} has no meaning here", place, _BUILT_IN.get(name, ""), "undefined")
    close = did_you_mean(name, sorted({*visible, *site.variables, *site.ledger.origins, *BUILT_IN}))
    return Problem(message, place, close or f"give it in vars, in the inventory, or with -e {name}=…", "undefined")


_BUILT_IN = {
    "item": "only a step with `loop` has an item",
    "host": "this is one value for all hosts",
    "inventory_hostname": "this is one value for all hosts",
    "ansible_host": "this is one value for all hosts",
    "stage": "only within a stage",
}
