"""Secrets where others can read them: in process lists, in addresses that are logged, in the runbook itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from executor.language.advice.rules import Finding, Rule
from executor.language.advice.subject import Subject
from executor.language.nodes import MapNode, Node, Scalar
from executor.model.leaves import Kind, Template
from executor.model.probes import Http
from executor.templates.faults import place_of

_WORD = (
    r"(?:password|passwd|passphrase|token|secret(?:[-_]?key)?|api[-_]?key|access[-_]?key|private[-_]?key|credentials?)"
)
# A value that is no secret: from the environment, from a file, asked for, a template over a secret, or a placeholder.
_VALUE = r"(?P<value>(?![\"']?(?:\$|<|-|\{\{\s*secret\())(?:\"[^\"\n]+\"|'[^'\n]+'|\{\{[^}]*\}\}|[^\s\"';|&)]+))"
_IN_COMMAND = re.compile(rf"(?<![\w-])(?:--?[\w-]*{_WORD}(?:=|[ \t]+)|\w*{_WORD}=){_VALUE}", re.IGNORECASE)
_NO_VALUE = re.compile(r"[\"']?(?:/|~|true\b|false\b|none\b|\.)", re.IGNORECASE)
_IN_URL = re.compile(
    rf"://[^/@\s:]*:(?P<password>[^/@\s]+)@|[?&]{_WORD}=(?P<query>\{{\{{[^}}]*\}}\}}|[^&\s]+)", re.IGNORECASE
)
_NAMED = re.compile(rf"(?:.*_)?{_WORD}", re.IGNORECASE)
_COMMANDS = ("shell", "apply", "unless", "only_if")


def _in_command(subject: Subject) -> Iterator[Finding]:
    for seen in subject.steps:
        for key in _COMMANDS:
            text = subject.text(seen.step, key)
            for found in _IN_COMMAND.finditer(text.text) if text else ():
                if not _NO_VALUE.match(found["value"]):
                    yield Finding(
                        "a secret in a command can be read in the host's process list by everybody there",
                        place_of(text, *found.span()) if text else seen.step.place,
                        "write {{ secret('name') }}, or give it through `environment:` or `stdin:`",
                    )


SECRET_IN_COMMAND = Rule(
    "secret-in-command",
    "a secret in a command line",
    "What stands in a command line is in the process list of the host while the command runs, in the plan, in the "
    "journal and often in the history of a shell. Environment and standard input are not.",
    """\
- name: Log in to the registry
  shell: docker login --username deploy --password-stdin registry.example.com
  stdin: "{{ registry_token }}"
  no_log: true
  timeout: 1m
  rollback: docker logout registry.example.com
""",
    _in_command,
)


def _in_url(subject: Subject) -> Iterator[Finding]:
    for probe, _ in subject.probes():
        if not isinstance(probe.verb, Http):
            continue
        text = subject.text(probe, "http", "url")
        found = _IN_URL.search(text.text) if text else None
        if text and found and "secret(" not in found[0]:
            yield Finding(
                "a secret in an address is in the logs of every server and proxy that sees it",
                place_of(text, *found.span()),
                "give it in `headers:`, for instance as Authorization",
            )


SECRET_IN_URL = Rule(
    "secret-in-url",
    "a secret in a URL",
    "Addresses are written into access logs, shown with a probe's verdict, and kept in the journal.",
    """\
- name: The API answers
  probe:
    http: {url: "https://api.example.com/me", headers: {Authorization: "Bearer {{ api_token }}"}}
""",
    _in_url,
)


def _plain(subject: Subject) -> Iterator[Finding]:
    for mapping in subject.mappings.values():
        for key in ("vars", "environment"):
            yield from _written_out(mapping.items.get(key))
    for declared in subject.declared:
        value = subject.runbook.vars.get(declared.name)
        if declared.kind == "variable" and _is_secret(declared.name, value):
            yield Finding(_MESSAGE, declared.place, _HINT)
    for param in subject.runbook.params:
        if _is_secret(param.name, param.default):
            yield Finding(_MESSAGE, param.place, _HINT)


_MESSAGE = "a secret is written out here, for everybody who reads this file or its history"
_HINT = "name it under `secrets:` in the inventory, and write {{ secret('name') }} here"


def _written_out(node: Node | None) -> Iterator[Finding]:
    for name, item in _entries(node).items():
        if isinstance(item, Scalar) and _is_secret(name, item.value):
            yield Finding(_MESSAGE, item.place, _HINT)


def _entries(node: Node | None) -> Mapping[str, Node]:
    return node.items if isinstance(node, MapNode) else {}


def _is_secret(name: str, value: object) -> bool:
    """A text under a name such as db_password that is neither a template, a path nor a stand-in for something else."""
    if isinstance(value, Template) and value.kind is not Kind.VALUE:
        return False
    written = value if isinstance(value, str) else ""
    return bool(
        _NAMED.fullmatch(name) and len(written) > 3 and not re.match(r"[$/~.<]|\{\{", written) and "{{" not in written
    )


PLAIN_SECRET = Rule(
    "plain-secret",
    "a secret that is written out in a runbook",
    "A runbook is shared, reviewed and kept in a repository, and everything that was ever in a repository stays there.",
    """\
- name: Migrate
  shell: ./manage.py migrate
  environment: {DATABASE_PASSWORD: "{{ database_password }}"}
  timeout: 10m
  rollback: none
""",
    _plain,
)
