"""A small project, and the command `runbook simulate` on it."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

FILES = {
    "runbook.toml": "",
    "inventories/prod.yml": """\
        hosts:
          web1: {address: 203.0.113.11}
          web2: {address: 203.0.113.12}
          web3: {address: 203.0.113.13}
        groups:
          web: {hosts: [web1, web2, web3]}
        secrets:
          token: $(exit 7)
        """,
    "runbooks/deploy.yml": """\
        name: Deploy
        params:
          careful: {type: boolean, default: false}
        stages:
          - name: Ready
            hosts: localhost
            steps:
              - name: Look
                checklist:
                  - Reviewed
                  - {item: Built, shell: test -e build}
          - name: Roll out
            hosts: web
            pause: 1h
            traffic: {drain: [{name: Leave, shell: out}], restore: [{name: Return, shell: in}]}
            health:
              - {http: {url: "http://localhost/health"}, within: 1m, every: 2s}
            watch:
              - {http: {url: "https://example.com/"}, from: control, failing_for: 30s}
            steps:
              - name: Read the version
                shell: cat version
                register: previous
                read_only: true
              - name: "Activate: now"
                shell: switch {{ previous.stdout }} {{ secret('token') }}
                retry: {attempts: 2, delay: 5s}
                verify: {tcp: {port: 80}}
                rollback: switch back
              - name: Tell
                when: careful
                shell: tell {{ previous.json.version }}
                rollback: none
          - name: Watch
            hosts: localhost
            steps:
              - name: Stays well
                probe: {http: {url: "https://example.com/"}, hold: 30m, failing_for: 5m}
        """,
}


def write(root: Path) -> None:
    """The project in a folder."""
    for name, text in FILES.items():
        path = root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(dedent(text))
