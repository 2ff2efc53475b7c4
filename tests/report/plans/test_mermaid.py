"""A plan as a diagram: valid whatever the names in it are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from executor.planning.shown.lines import safe
from executor.report.plans.mermaid import label, mermaid
from tests.planning.planner import Project
from tests.report.plans.books import MALICE, Book, fleet, malicious

TEXT = r'"(?:[^"\n#;]|#\d+;)+"'
NAME = r"[a-z]\w*"
SHAPE = rf"(?:\(\[(?:{TEXT}|done)\]\)|\[/{TEXT}/\]|\[\[{TEXT}\]\]|\[{TEXT}\]|{{{{{TEXT}}}}}|{{{TEXT}}})"
# Every line that the diagrams are made of, as Mermaid's grammar has them.
LINES = [
    r"flowchart TD",
    rf" *(?P<node>{NAME}){SHAPE}(?::::[a-z]+)?",
    rf" *(?P<from>{NAME}) (?:-->|-\. {TEXT} \.->|-- {TEXT} -->) (?P<to>{NAME})(?:\(\[done\]\))?",
    rf" *subgraph {NAME}\[{TEXT}\]",
    r" *direction TB",
    r" *end",
    r" *classDef [a-z]+ [-:,#\w]+",
]


def shape_of(diagram: str) -> tuple[set[str], set[str]]:
    """The nodes that are drawn and those that lines lead to; fails where a line is none of Mermaid's."""
    drawn, led_to = set(), set()
    assert len(diagram) < 50_000
    for line in diagram.splitlines():
        found = next((match for pattern in LINES if (match := re.fullmatch(pattern, line))), None)
        assert found is not None, line
        groups = found.groupdict()
        drawn |= {groups["node"]} if groups.get("node") else set()
        led_to |= {groups[end] for end in ("from", "to") if groups.get(end)}
        drawn |= {"done"} if line.endswith("([done])") else set()
    assert diagram.count("subgraph ") == len(re.findall(r"^ *end$", diagram, re.MULTILINE))
    assert len(re.findall(r"-->|\.->", diagram)) <= 500
    return drawn, led_to


def test_a_diagram_leads_from_stage_to_stage_and_to_the_end(book: Book) -> None:
    diagram = mermaid(book.plan())
    drawn, led_to = shape_of(diagram)
    assert led_to <= drawn
    assert drawn <= led_to
    assert {"begin", "done"} <= drawn


def test_malice_is_drawn_as_text(tmp_path: Path) -> None:
    drawn, led_to = shape_of(mermaid(malicious(tmp_path)))
    assert drawn == led_to


@given(st.one_of(st.sampled_from(MALICE), st.text(max_size=59)))
def test_a_label_is_the_text_and_nothing_of_mermaids(said: str) -> None:
    found = label(said)
    assert re.fullmatch(TEXT, found)
    assert not re.search(r"::|//|--|<|>|&|`|%|\{|\|", found)
    read = re.sub(r"#(\d+);", lambda number: chr(int(number[1])), found[1:-1])
    assert read == (safe(" ".join(said.split()))[:60] or "…") or read.endswith("…")


def test_the_way_back_and_the_next_batch_are_drawn(tmp_path: Path) -> None:
    diagram = mermaid(fleet(tmp_path, 30))
    assert '-- "the next hosts" --> s2_in' in diagram
    assert '-. "2nd of 30#58; rolls back" .-> back_in' in diagram
    assert [line.strip() for line in diagram.splitlines() if "undo 2." in line] == [
        'back_1["undo 2.3 Configure"]:::undo',
        'back_2["undo 2.2 Switch"]:::undo',
        'back_3["undo 2.1 Unpack"]:::undo',
    ]


@pytest.mark.parametrize("stages", [11, 70])
def test_a_large_plan_is_drawn_in_fewer_boxes(project: Project, stages: int) -> None:
    step = "{name: '%s', shell: x, rollback: y}"
    steps = ", ".join(step % f"A name that is long for a step {number}" for number in range(12))
    text = "".join(f"  - {{name: Stage {number}, hosts: web, steps: [{steps}]}}\n" for number in range(stages))
    drawn, led_to = shape_of(mermaid(project.plan(f"name: Large\nstages:\n{text}")))
    assert led_to <= drawn
