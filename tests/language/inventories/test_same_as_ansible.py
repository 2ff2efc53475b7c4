"""An inventory of Ansible's has the hosts, groups, children and variables here that `ansible-inventory --list` prints.

What it prints is kept in `expected.json` beside each inventory, and a test of its own asks the real one whether that is
still so. RUNBOOK_REWRITE=1 takes over what it says.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from executor.cli.inventory import listing, tree
from executor.language import load_inventory
from executor.model.inventories import Inventory

SAME = Path(__file__).parent / "data" / "same"

# The sources of each case where they are not one file or folder beside `expected.json`, and the runbook's folder.
SOURCES = {
    "folder": ("inv",),
    "two": ("a/hosts.ini", "b/hosts.yml"),
    "lists": ("w1,w2:2222,2001:db8::1,", "solo,"),
    "mixed": ("../ini-plain/hosts.ini", "extra,web1,", "../yaml-plain/hosts.yml"),
    "programs": ("../program/meta", "../program/ask.sh"),
    "beside": ("inv/hosts.ini",),
}
RUNBOOKS = {"beside": "book"}


def cases() -> list[str]:
    return sorted({path.name for path in SAME.iterdir() if path.is_dir()} - {"program"})


def sources(case: str) -> tuple[str, ...]:
    if case in SOURCES:
        return SOURCES[case]
    return (next(path.name for path in (SAME / case).iterdir() if path.name.startswith("hosts")),)


def passwords(case: str) -> list[str]:
    return ["password"] if (SAME / case / "password").exists() else []


@pytest.mark.parametrize("case", cases())
def test_hosts_groups_children_and_variables_are_those_that_ansible_lists(
    case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(SAME / case)
    inventory = load_inventory(
        sources(case),
        root=SAME,
        beside=SAME / case / RUNBOOKS[case] if case in RUNBOOKS else None,
        vault_password_files=passwords(case),
    )
    assert ours(inventory) == json.loads((SAME / case / "expected.json").read_text("utf-8"))


def test_the_expected_lists_are_what_ansible_inventory_prints(tmp_path: Path) -> None:
    calls = [
        {
            "folder": str(SAME / case),
            "arguments": [
                *(word for source in sources(case) for word in ("-i", source)),
                *(("--playbook-dir", RUNBOOKS[case]) if case in RUNBOOKS else ()),
                *(word for file in passwords(case) for word in ("--vault-password-file", file)),
            ],
        }
        for case in cases()
    ]
    (tmp_path / "ansible.cfg").touch()
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("ansible_lists.py"))],
        input=json.dumps(calls),
        capture_output=True,
        text=True,
        check=False,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_CONFIG": str(tmp_path / "ansible.cfg"),
            "ANSIBLE_DEPRECATION_WARNINGS": "false",
        },
    )
    assert done.returncode == 0, done.stderr
    for case, answer in zip(cases(), json.loads(done.stdout), strict=True):
        assert answer["_meta"]["hostvars"] or case == "lists", f"Ansible itself does not read {case}"
        file = SAME / case / "expected.json"
        if os.environ.get("RUNBOOK_REWRITE"):
            file.write_text(json.dumps(told(answer), indent=2, sort_keys=True, ensure_ascii=False) + "\n", "utf-8")
        assert json.loads(file.read_text("utf-8")) == told(answer), case


def told(answer: dict[str, Any]) -> dict[str, Any]:
    """The list without its form's name, and without what marks a text as data or keeps it in a vault."""
    answer["_meta"].pop("profile", None)
    found: dict[str, Any] = unmarked(answer)
    return found


def unmarked(value: Any) -> Any:
    match value:
        case {"__ansible_unsafe": text}:
            return text
        case {"__ansible_vault": _}:
            return "in a vault"
        case dict():
            return {key: unmarked(item) for key, item in value.items()}
        case list():
            return [unmarked(item) for item in value]
    return value


def ours(inventory: Inventory) -> dict[str, Any]:
    """The list as we print it, with the secrets of files told: Ansible prints those, and keeps single values shut."""
    secrets = {
        f"{{{{ secret({name!r}) }}}}": "in a vault" if name.startswith("hosts.yml:") else secret.reveal()
        for name, secret in inventory.vaulted.items()
    }
    listed: dict[str, Any] = revealed(listing(inventory, frozenset(inventory.groups["all"].hosts)), secrets)
    return listed


def revealed(value: Any, secrets: dict[str, str]) -> Any:
    match value:
        case dict():
            return {key: revealed(item, secrets) for key, item in value.items()}
        case list():
            return [revealed(item, secrets) for item in value]
        case str():
            return secrets.get(value, value)
    return value


def test_the_tree_is_drawn_as_ansible_inventory_draws_it() -> None:
    inventory = load_inventory([str(SAME / "yaml-plain" / "hosts.yml")], root=SAME)
    assert list(tree(inventory, frozenset(inventory.hosts))) == [
        "@all:",
        "  |--@ungrouped:",
        "  |  |--mail.example.com",
        "  |  |--lone",
        "  |--@web:",
        "  |  |--web1",
        "  |  |--web2",
        "  |--@db:",
        "  |  |--db1",
        "  |--@eu:",
        "  |  |--@web:",
        "  |  |  |--web1",
        "  |  |  |--web2",
        "  |  |--@db:",
        "  |  |  |--db1",
    ]
