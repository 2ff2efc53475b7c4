"""Without an inventory it is known, too, that a result is registered later, and that an item has no loop."""

from __future__ import annotations

from pathlib import Path

import pytest

from executor.language.advice import undefined
from executor.language.runbooks import load_written

HEAD = "name: A\nstages:\n  - name: A\n    hosts: web\n    steps:\n"


def told(tmp_path: Path, text: str) -> list[str]:
    file = tmp_path / "a.yml"
    file.write_text(HEAD + text)
    problems = undefined(load_written(file, root=tmp_path).runbook)
    return [f"{p.place.line}:{p.place.column} {p.message}; {p.hint}" for p in problems if p.place]


LATER = "it is registered by the step 'B', which comes later"


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        (
            "      - shell: echo {{ b.stdout }}\n      - {name: B, shell: b, register: b}\n",
            "6:21 'b' is not defined here",
        ),
        (
            "      - shell: |\n          one\n          a {{ b.stdout }}\n      - {name: B, shell: b, register: b}\n",
            "8:13 'b' is not defined here",
        ),
        (
            "      - {shell: a, when: b.rc == 0}\n      - {name: B, shell: b, register: b}\n",
            "6:26 'b' is not defined here",
        ),
        ('      - {name: B, shell: "{{ b.rc }}", register: b}\n', "6:27 'b' is not defined here"),
        (
            "      - {shell: a, rollback: 'echo {{ b.rc }}'}\n      - {name: B, shell: b, register: b}\n",
            "6:36 'b' is not defined here",
        ),
    ],
)
def test_a_result_is_not_there_before_its_step(tmp_path: Path, steps: str, message: str) -> None:
    assert told(tmp_path, steps) == [f"{message}; {LATER}"]


def test_an_item_is_there_only_in_a_loop(tmp_path: Path) -> None:
    assert told(tmp_path, '      - shell: echo {{ item }}\n      - {shell: "{{ item }}", loop: [a]}\n') == [
        "6:21 'item' has no meaning here; only a step with `loop` has an item"
    ]


@pytest.mark.parametrize(
    "steps",
    [
        "      - {shell: b, register: b}\n      - shell: echo {{ b.stdout }}\n",
        "      - {shell: b, register: b, failed_when: b.rc > 1, rollback: 'echo {{ b.rc }}'}\n",
        "      - {shell: b, register: b, retry: {attempts: 3, until: b.rc == 0}}\n",
        '      - {shell: "echo {{ b | default(1) }}"}\n      - {shell: b, register: b}\n',
        "      - {shell: a, when: b is defined}\n      - {shell: b, register: b}\n",
        '      - block: [{shell: "{{ item }}", rollback: "rm {{ item }}"}]\n        loop: [a]\n',
        '      - {shell: b, register: b}\n    health: [{shell: "test {{ b.rc }} = 0"}]\n',
        "      - shell: echo {{ anything }}\n",
    ],
)
def test_what_may_well_be_there_is_not_told(tmp_path: Path, steps: str) -> None:
    assert told(tmp_path, steps) == []
