"""Names that nothing uses, and names that nothing gives."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches

from executor.errors import InvalidInput
from executor.language.advice.rules import Finding, Rule
from executor.language.advice.subject import Subject
from executor.language.names import BUILT_IN
from executor.language.projects import real
from executor.language.sources import read
from executor.model.actions import TemplateFile
from executor.model.leaves import Template
from executor.templates import leaves, place_of_name, required

_ALIKE = 0.8  # of two names that share so much one is a slip; app_dir and app_port share less
_WORD = re.compile(r"[A-Za-z_]\w*", re.ASCII)


def _unused(subject: Subject) -> Iterator[Finding]:
    used = _words(subject)
    if used is None:
        return
    for declared in subject.declared:
        # Names of Ansible's mean something to other tools that read the same file.
        if declared.name not in used and not declared.name.startswith("ansible_"):
            yield Finding(f"nothing uses the {declared.kind} {declared.name!r}", declared.place, "remove it")


def _words(subject: Subject) -> set[str] | None:
    """Every word of every template; None where a template file cannot be read now."""
    texts = [template.text for template in subject.written.templates]
    if subject.inventory is not None:
        hosts = subject.inventory.hosts.values()
        of_hosts = (leaf for host in hosts for leaf in leaves(host.vars))
        texts += [leaf.text for leaf in of_hosts if isinstance(leaf, Template)]
    for seen in subject.steps:
        action = seen.step.body.action
        if isinstance(action, TemplateFile) and action.src:
            path = real(subject.folder / action.src)
            try:
                texts.append(read(path).text)
            except InvalidInput:
                return None
    return {word for text in texts for word in _WORD.findall(text)}


UNUSED = Rule(
    "unused",
    "a variable, parameter or registered result that nothing uses",
    "Whoever reads the runbook looks for its meaning, and whoever gives a parameter expects it to do something. Often "
    "the name is used elsewhere with another spelling.",
    """\
- name: Which release is active?
  shell: readlink /srv/app/current
  register: previous
  read_only: true
  timeout: 10s
- name: Say it
  shell: echo {{ previous.stdout }}
  read_only: true
  timeout: 10s
""",
    _unused,
)


def _unknown(subject: Subject) -> Iterator[Finding]:
    """Where hosts are known, planning says what is undefined. Without them, only what looks like a slip is told."""
    if subject.inventory is not None:
        return
    known = sorted({declared.name for declared in subject.declared})
    slips: dict[str, str | None] = dict.fromkeys((*known, *BUILT_IN, "result"))  # `result` is what `expect` knows
    for template in subject.written.templates:
        try:
            wanted = required(template)
        except InvalidInput:
            continue  # a template that cannot be read is told of elsewhere
        for name in sorted(wanted):
            if name not in slips:
                slips[name] = next(iter(get_close_matches(name, known, 1, _ALIKE)), None)
            near = slips[name]
            if near is not None:
                yield Finding(
                    f"nothing in this runbook gives {name!r}",
                    place_of_name(template, name),
                    f"did you mean {near!r}? (an inventory may give it: see with -i)",
                )


UNKNOWN_NAME = Rule(
    "unknown-name",
    "a name that looks like a slip",
    "The name is given nowhere in the runbook, and one that is given looks much like it. With an inventory (`-i`) it "
    "is known for certain: then a name that nothing gives is an error.",
    """\
- name: Say it
  vars: {greeting: hello}
  shell: echo {{ greeting }}
  read_only: true
  timeout: 10s
""",
    _unknown,
)
