"""What a template sees on one host at one step: every name through the layers, rendered when it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from executor.errors import InvalidInput, Problem
from executor.model.leaves import Kind, Late, Template, Text, Value
from executor.model.places import Place
from executor.model.probes import Http, Probe
from executor.model.secrets import FETCHED
from executor.planning.hints import undefined
from executor.planning.secrecy import unknown
from executor.planning.sharing import NOTHING, Question, Reader
from executor.planning.site import OF_THE_RUN, Site
from executor.planning.views import HostsView, HostView, facts, facts_for_others
from executor.templates import PROBED, KnownLater, leaves, map_leaves, names, needs, place_of_name, render, required

T = TypeVar("T")

_NO_NEEDS: frozenset[str] = frozenset()
_DEEPEST = 40  # variables made of variables


@dataclass(frozen=True, slots=True)
class Found:
    """A name's value, NOTHING where only the run has one, and the names that the run must give for it."""

    value: Any
    needs: frozenset[str] = _NO_NEEDS


class Scope:
    """The names of one host at one step.

    `own` are the variables of the runbook, stage, blocks, step and includes, merged; `stage` is the stage's name;
    `later` are names that the run gives beside those of the ledger (a loop's item, a step's own result).
    """

    def __init__(
        self,
        site: Site,
        own: Mapping[str, Value],
        reader: Reader,
        *,
        stage: str = "",
        later: frozenset[str] = _NO_NEEDS,
        item: Any = NOTHING,
        problems: list[Problem] | None = None,
    ) -> None:
        self._site = site
        self._own = own
        self.reader = reader
        self._stage = stage
        self._later = later
        self._item = item
        self._found: dict[str, Found | None] = {}
        self._resolving: list[str] = []
        self.problems: list[Problem] = [] if problems is None else problems

    def knowing(self, *later: str | None) -> Scope:
        """The same, with names that the run will have given by then."""
        names = frozenset(name for name in later if name)
        return self._with(later=self._later | names) if names else self

    def of_item(self, item: Any) -> Scope:
        """The same, in one round of a loop."""
        return self._with(item=item, later=self._later - {"item"})

    def with_vars(self, own: Mapping[str, Value]) -> Scope:
        """The same host with other variables."""
        return self._with(later=self._later, own=own)

    def of_handler(self, reader: Reader, own: Mapping[str, Value], *later: str) -> Scope:
        """As a step's handler sees it: its variables, and what the step will have given. Problems are its own."""
        return self._with(later=self._later | frozenset(later), own=own, reader=reader, problems=[])

    def look(self, question: Question) -> Any:
        """What the host answers, noted as asked."""
        return self.reader(*question)

    def _with(
        self,
        *,
        later: frozenset[str],
        item: Any = NOTHING,
        own: Mapping[str, Value] | None = None,
        reader: Reader | None = None,
        problems: list[Problem] | None = None,
    ) -> Scope:
        return Scope(
            self._site,
            self._own if own is None else own,
            reader or self.reader,
            stage=self._stage,
            later=later,
            item=self._item if item is NOTHING else item,
            problems=self.problems if problems is None else problems,
        )

    # --- leaves ------------------------------------------------------------------------------------------------

    def fill(self, node: T) -> T:
        """The tree with every template rendered, or Late where it needs the run. Mistakes are noted in `problems`."""
        return map_leaves(node, self._leaf)

    def attempt(self, node: T) -> T:
        """As `fill`, with what cannot be rendered left as it is and no word about it."""
        return map_leaves(node, self._attempted)

    def _attempted(self, leaf: Template | Late) -> Any:
        try:
            return self._inner(leaf)
        except InvalidInput:
            return leaf  # whoever needs its value says what is wrong

    def probe(self, probe: Probe) -> Probe:
        """As `fill`: its `expect` also sees the probe's own result."""
        filled = self.fill(replace(probe, expect=None))
        if isinstance(filled.verb, Http):
            filled = replace(filled, verb=replace(filled.verb, json=as_data(filled.verb.json)))
        if isinstance(probe.expect, Template):
            return replace(filled, expect=self.knowing(PROBED)._leaf(probe.expect))
        return replace(filled, expect=probe.expect) if probe.expect is not None else filled

    def loop(self, loop: Value, place: Place) -> list[Any] | Late:
        """What a loop goes over; a Late where only the run knows it."""
        values = as_data(self.fill(loop))
        if isinstance(values, Late | list):
            return values
        self.note(Problem("a loop needs a list", place, code="loop"))
        return []

    def claims(self, expressions: tuple[Text, ...]) -> tuple[Text, ...]:
        """Expressions that the run judges, and tells by their text: each a Late, also where all of it is known."""
        return tuple(map(self._claim, expressions))

    def _claim(self, expression: Text) -> Text:
        if not isinstance(expression, Template):
            return expression
        found = self._leaf(expression)
        return found if isinstance(found, Late) else Late(expression, self._known(expression))

    def condition(self, condition: Template | Late | str | bool) -> bool | Late:
        """True, a Late that needs nothing where it is known to be false, or a Late that needs the run."""
        if isinstance(condition, bool | Late):
            return condition
        if isinstance(condition, str):
            raise TypeError(condition)  # conditions are read as templates
        value = self._leaf(condition)
        if value is False:
            return Late(condition, self._known(condition))
        return value if isinstance(value, Late) else True

    def _leaf(self, leaf: Template | Late) -> Any:
        if isinstance(leaf, Late):
            return leaf
        try:
            return self.rendered(leaf)
        except InvalidInput as error:
            self.note(*error.problems)
            return _HARMLESS.get(leaf.kind, "")

    def note(self, *problems: Problem) -> None:
        """Keep mistakes, each once."""
        self.problems += (problem for problem in problems if problem not in self.problems)

    # --- names -------------------------------------------------------------------------------------------------

    def rendered(self, template: Template) -> Any:
        """The template's value, or a Late. Raises InvalidInput."""
        wanted = required(template)
        known: dict[str, Any] = {}
        needs: set[str] = set()
        missing: list[Problem] = []
        for name in sorted(names(template)):
            found = self._guarded(name) if name not in wanted else self.find(name)
            if found is not None:
                needs |= found.needs
                if found.value is not NOTHING:
                    known[name] = found.value
            elif name in wanted:
                missing.append(self._undefined(template, name))
        if FETCHED in wanted:
            missing += unknown(template, self._site.inventory)
        if missing:
            raise InvalidInput(*missing)
        if not needs:
            try:
                return render(template, known)
            except KnownLater as later:
                needs.add(later.name)
        stored = self._storable(known, needs)
        self._site.needed.update(needs)
        return Late(template, stored, tuple(sorted(needs)))

    def find(self, name: str) -> Found | None:
        """What a name stands for; None where it is not defined. Raises InvalidInput for what is wrong in it."""
        if name not in self._found:
            if name in self._resolving or len(self._resolving) > _DEEPEST:
                raise InvalidInput(self._circle(name))
            self._resolving.append(name)
            try:
                self._found[name] = self._resolved(name)
            finally:
                self._resolving.pop()
        return self._found[name]

    def _resolved(self, name: str) -> Found | None:
        if name == "result" and PROBED in self._later:
            return Found(NOTHING, frozenset({PROBED}))
        if name in OF_THE_RUN or name in self._later:
            return Found(NOTHING, frozenset({name}))
        built_in = self._built_in(name)
        if built_in is not None:
            return built_in
        if name in self._site.extra:
            return Found(self._site.extra[name])
        raw = self._raw(name)
        if name in self._site.ledger.origins and self.reader("given", name):
            below = Found(NOTHING) if raw is NOTHING else self._found_in(raw)
            return Found(below.value, below.needs | {name})
        return None if raw is NOTHING else self._found_in(raw)

    def _built_in(self, name: str) -> Found | None:
        match name:
            case "item":
                item = self.reader("item") if self._item is NOTHING else self._item
                return None if item is NOTHING else Found(item, needs(item))
            case "groups":
                return Found({group: list(hosts) for group, hosts in self._site.groups.items()})
            case "hosts" | "hostvars":
                return Found(HostsView(self._site.inventory.hosts, lambda host: view_of(self._site, host)))
            case "stage" if self._stage:
                return Found({"name": self._stage})
            case "host" | "inventory_hostname" | "ansible_host":
                about = self.reader("host")
                if not about:
                    return None
                said = facts(self._site.spec(about))
                return Found({"host": said, "inventory_hostname": said["name"], "ansible_host": said["address"]}[name])
        return None

    def _raw(self, name: str) -> Any:
        """The value as it was written, of the highest layer that has one."""
        if name in self._own:
            return self._own[name]
        value = self.reader("var", name)
        return self._site.defaults.get(name, NOTHING) if value is NOTHING else value

    def _found_in(self, raw: Any) -> Found:
        value = as_data(map_leaves(raw, self._inner))
        return Found(value, needs(value))

    def _inner(self, leaf: Template | Late) -> Any:
        return leaf if isinstance(leaf, Late) else self.rendered(leaf)

    def _guarded(self, name: str) -> Found | None:
        """A name that may be missing, and so may be what it is made of."""
        try:
            return self.find(name)
        except InvalidInput as error:
            if all(problem.code == "undefined" for problem in error.problems):
                return None
            raise

    def _known(self, template: Template) -> dict[str, Any]:
        found = {name: self._guarded(name) for name in sorted(names(template))}
        return self._storable({name: item.value for name, item in found.items() if item is not None}, set())

    def _storable(self, known: Mapping[str, Any], needs: set[str]) -> dict[str, Any]:
        """What a Late keeps: plain values. `hosts` is asked of the run itself."""
        if "hosts" in known or "hostvars" in known:
            needs.add("hosts")
        return {
            name: value for name, value in known.items() if name not in {"hosts", "hostvars"} and value is not NOTHING
        }

    # --- mistakes ----------------------------------------------------------------------------------------------

    def _undefined(self, template: Template, name: str) -> Problem:
        return undefined(self._site, name, place_of_name(template, name), self._own)

    def _circle(self, name: str) -> Problem:
        begin = self._resolving.index(name) if name in self._resolving else 0
        ring = [*self._resolving[begin:], name]
        place = next((leaf.place for leaf in leaves(self._raw(ring[-2])) if isinstance(leaf, Template)), None)
        if name not in self._resolving:
            return Problem(f"the variable {ring[0]!r} is made of more than {_DEEPEST} others, one in another", place)
        return Problem(
            f"the variable {name!r} is made of itself: " + " → ".join(ring),
            place,
            "give one of them another name",
            code="variable-cycle",
        )


def view_of(site: Site, host: str) -> HostView:
    """A host as others see it: its variables by the layers that all steps share."""
    if host not in site.views:
        spec = site.spec(host)
        scope = Scope(site, site.own, Reader(site.look(host)))

        def variable(name: str) -> Any:
            found = scope.find(name)
            if found is None or found.needs:
                raise KeyError(name)
            return found.value

        visible = frozenset({*site.defaults, *spec.vars, *site.own, *site.extra})
        site.views[host] = HostView(facts_for_others(spec), visible, variable, frozenset(site.ledger.origins))
    return site.views[host]


_HARMLESS: Mapping[Kind, Any] = {
    Kind.EXPRESSION: True,
    Kind.INTEGER: 1,
    Kind.NUMBER: 1,
    Kind.BOOLEAN: False,
    Kind.DURATION: 1.0,
    Kind.SIZE: 1,
    Kind.LIST: [],
}


def as_data(value: Any) -> Any:
    """Lists and dictionaries alone, as a plan keeps values."""
    match value:
        case Mapping():
            return {key: as_data(item) for key, item in value.items()}
        case list() | tuple():
            return [as_data(item) for item in value]
    return value


def merged(*layers: Mapping[str, Value]) -> dict[str, Value]:
    """Layers of variables, the last one over the others."""
    result: dict[str, Value] = {}
    for layer in layers:
        result |= layer
    return result
