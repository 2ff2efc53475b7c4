"""However files include each other, reading them ends: bounded in depth and in size."""

from __future__ import annotations

from pathlib import Path

import pytest

from executor.errors import InvalidInput
from executor.language import includes, load_runbook, steps


def write(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text)


def runbook(folder: Path, *names: str) -> Path:
    listed = "".join(f"      - include: {name}\n" for name in names)
    write(folder, "r.yml", f"name: x\nstages:\n  - name: s\n    hosts: web\n    steps:\n{listed}")
    return folder / "r.yml"


def test_a_bomb_of_includes_is_counted_as_all_that_it_stands_for(tmp_path: Path) -> None:
    """Ten files that each include the next one ten times are ten thousand million steps."""
    for number in range(10):
        write(tmp_path, f"{number}.yml", f"- include: {number + 1}.yml\n" * 10)
    write(tmp_path, "10.yml", "- shell: x\n")
    with pytest.raises(InvalidInput, match=f"more than {includes.MAX_STEPS:,} steps"):
        load_runbook(runbook(tmp_path, "0.yml"), root=tmp_path)


def test_blocks_within_includes_are_bounded_together(tmp_path: Path) -> None:
    """Each file is harmless by itself; one after the other they would use up any stack."""
    for number in range(8):
        text, indent = "", ""
        for _ in range(12):
            text += f"{indent}- block:\n"
            indent += "  "
        write(tmp_path, f"{number}.yml", f"{text}{indent}- include: {number + 1}.yml\n")
    write(tmp_path, "8.yml", "- shell: x\n")
    with pytest.raises(InvalidInput, match=f"nested more than {steps.MAX_NESTING} deep"):
        load_runbook(runbook(tmp_path, "0.yml"), root=tmp_path)


def test_handlers_within_handlers_are_bounded_too(tmp_path: Path) -> None:
    step = "{shell: x}"
    for _ in range(40):
        step = f"{{shell: x, rollback: {step}}}"
    path = tmp_path / "r.yml"
    path.write_text(f"name: x\nstages: [{{name: s, hosts: web, steps: [{step}]}}]\n")
    with pytest.raises(InvalidInput, match="nested more than"):
        load_runbook(path, root=tmp_path)


def test_a_link_out_of_the_root_is_out_of_the_root(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    write(tmp_path, "outside.yml", "- shell: x\n")
    (tmp_path / "project" / "inside.yml").symlink_to(tmp_path / "outside.yml")
    with pytest.raises(InvalidInput, match="below the project's root"):
        load_runbook(runbook(tmp_path / "project", "inside.yml"), root=tmp_path / "project")


def test_an_absolute_path_below_the_root_is_fine(tmp_path: Path) -> None:
    write(tmp_path, "s.yml", "- shell: x\n")
    assert load_runbook(runbook(tmp_path, str(tmp_path / "s.yml")), root=tmp_path).stages[0].steps


def test_problems_of_a_file_that_is_included_twice_are_told_once(tmp_path: Path) -> None:
    write(tmp_path, "s.yml", "- shel: x\n")
    with pytest.raises(InvalidInput) as caught:
        load_runbook(runbook(tmp_path, "s.yml", "s.yml"), root=tmp_path)
    assert len(caught.value.problems) == 1


def test_of_very_many_problems_the_first_ones_are_told(tmp_path: Path) -> None:
    write(tmp_path, "s.yml", "- shel: x\n" * 5000)
    with pytest.raises(InvalidInput) as caught:
        load_runbook(runbook(tmp_path, "s.yml"), root=tmp_path)
    assert len(caught.value.problems) == 201
    assert caught.value.problems[-1].message == "… and 4800 more"
