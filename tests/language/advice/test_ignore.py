"""A comment silences the rules that it names, on its line or on the next, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from executor.language.advice import advise
from executor.language.runbooks import load_written

HEAD = "name: A\ntimeout: 5m\nstages:\n  - name: A\n    hosts: web\n    steps:\n"


def found(tmp_path: Path, steps: str) -> list[tuple[str, int]]:
    file = tmp_path / "a.yml"
    file.write_text(HEAD + steps)
    problems = advise(load_written(file, root=tmp_path))
    return [(problem.code, problem.place.line) for problem in problems if problem.place]


STEP = "      - shell: a | b\n"


@pytest.mark.parametrize(
    ("steps", "left"),
    [
        (STEP, [("no-rollback", 7), ("pipe", 7)]),
        ("      - shell: a | b  # runbook: ignore pipe\n", [("no-rollback", 7)]),
        ("      - shell: a | b  # runbook: ignore pipe, no-rollback\n", []),
        ("      - shell: a | b  # runbook: ignore pipe no-rollback\n", []),
        ("      # runbook: ignore pipe, no-rollback\n" + STEP, []),
        ("      - shell: a  # runbook: ignore pipe, no-rollback\n" + STEP, [("no-rollback", 8), ("pipe", 8)]),
        ("      # runbook: ignore pipe\n" + STEP + STEP, [("no-rollback", 8), ("no-rollback", 9), ("pipe", 9)]),
        (STEP.rstrip() + "  # runbook: ignore raw\n" + STEP, [(c, n) for n in (7, 8) for c in ("no-rollback", "pipe")]),
        ("      - rollback: none\n        shell: |\n          a | b  # runbook: ignore pipe\n", []),
    ],
)
def test_a_comment_silences_what_it_names(tmp_path: Path, steps: str, left: list[tuple[str, int]]) -> None:
    assert found(tmp_path, steps) == left


def test_a_rule_that_does_not_exist_is_told_with_what_was_meant(tmp_path: Path) -> None:
    file = tmp_path / "a.yml"
    file.write_text(HEAD + "      - {pause: 1s}  # runbook: ignore no-rolback\n      - pause: 1s  # runbook: ignore\n")
    slip, nothing = advise(load_written(file, root=tmp_path))
    assert (slip.message, slip.hint) == ("there is no rule 'no-rolback'", "did you mean 'no-rollback'?")
    assert slip.place is not None
    assert slip.place.column == 40
    assert nothing.message == "this names no rule"


def test_a_file_that_is_included_twice_is_advised_about_once(tmp_path: Path) -> None:
    (tmp_path / "steps.yml").write_text("- shell: a\n")
    assert found(tmp_path, "      - include: steps.yml\n      - include: steps.yml\n") == [("no-rollback", 1)]
