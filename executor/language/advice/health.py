"""A gate that asks for the new release is red after every rollback."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from executor.errors import InvalidInput
from executor.language.advice.rules import Finding, Rule
from executor.language.advice.subject import Subject
from executor.model.leaves import Late, Template, Value
from executor.model.runbooks import Runbook, Stage
from executor.templates import leaves, names, place_of_name


def _health(subject: Subject) -> Iterator[Finding]:
    released = frozenset(param.name for param in subject.runbook.params if param.required)
    registered = frozenset(seen.step.register for seen in subject.steps if seen.step.register)
    for stage in subject.runbook.stages:
        variables = _variables(subject.runbook, stage)
        for probe in stage.health:
            # Times may depend on what they like; what is asked for may not.
            for leaf in leaves((probe.verb, probe.expect)):
                if isinstance(leaf, Template):
                    yield from _changing(leaf, released | registered, variables)


def _changing(template: Template, changing: frozenset[str], variables: Mapping[str, Value]) -> Iterator[Finding]:
    for name in sorted(_names(template)):
        behind = _behind(name, variables, frozenset()) & changing
        if behind:
            of = "" if name in behind else f", which is made of {', '.join(sorted(behind))}"
            yield Finding(
                f"this gate asks for {name!r}{of}: after a rollback the host has another, and counts as unhealthy",
                place_of_name(template, name),
                "`health:` asks whether the host works; that it has the release is asked by `verify:` of the step",
            )


def _variables(runbook: Runbook, stage: Stage) -> dict[str, Value]:
    layers = (*runbook.vars_files, runbook.vars, stage.vars)
    return {name: value for layer in layers for name, value in layer.items()}


def _behind(name: str, variables: Mapping[str, Value], seen: frozenset[str]) -> frozenset[str]:
    """The names that a name stands for in the end."""
    if name in seen or name not in variables:
        return frozenset({name})
    found = (_names(leaf) for leaf in leaves(variables[name]) if isinstance(leaf, Template))
    inner = frozenset().union(*found)
    return frozenset({name}).union(*(_behind(one, variables, seen | {name}) for one in inner))


def _names(leaf: Template | Late) -> frozenset[str]:
    try:
        return names(leaf) if isinstance(leaf, Template) else frozenset()
    except InvalidInput:
        return frozenset()  # a template that cannot be read is told of elsewhere


HEALTH = Rule(
    "health",
    "a `health` gate that asks for what rollback changes",
    "The gate is asked on the way back, too. If it wants the new version, a host that was undone cleanly is taken for "
    "unhealthy: it stays drained, and the run ends with exit code 10 although nothing is wrong.",
    """\
- name: Roll out
  hosts: web
  health:
    - {http: {url: "http://localhost:8000/health", status: 200}, within: 1m}
  steps:
    - name: Activate
      symlink: {dest: /srv/app/current, to: "/srv/app/releases/{{ version }}"}
      verify: {http: {url: "http://localhost:8000/version", json: {version: "{{ version }}"}}, within: 1m}
""",
    _health,
)
