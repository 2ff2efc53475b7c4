"""Whose machine becomes root?"""

from __future__ import annotations

from collections.abc import Iterator

from executor.language.advice.rules import Finding, Rule
from executor.language.advice.subject import Subject
from executor.language.patterns import LOCALHOST


def _sudo_on_control(subject: Subject) -> Iterator[Finding]:
    for seen in subject.steps:
        if seen.role != "handler" and seen.settings.become is True and seen.settings.delegate_to == LOCALHOST:
            yield Finding(
                "this step becomes root on your own machine, not on the host",
                subject.key(seen.step, "delegate_to"),
                "`become: false` on the step, unless that is meant",
            )


SUDO_ON_CONTROL = Rule(
    "sudo-on-control",
    "`become` with `delegate_to: localhost`",
    "`become` goes where the work is done. A step that inherits it from its stage and is delegated to the control node "
    "runs sudo there: it asks for the wrong password, or does the right thing to the wrong machine.",
    """\
- name: Roll out
  hosts: web
  become: true
  steps:
    - name: Tell the load balancer
      delegate_to: localhost
      become: false
      shell: ./balancer.sh drain {{ host.name }}
      timeout: 1m
      rollback: ./balancer.sh restore {{ host.name }}
""",
    _sudo_on_control,
)
