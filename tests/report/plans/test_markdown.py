"""A plan for a pull request: whole where there is room, always within it, and nothing in it is more than text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from executor.model.plans import Plan
from executor.planning.findings import Finding, Findings, NothingToDo, WouldChange, WouldFail
from executor.report.plans.facts import Round, StepFacts
from executor.report.plans.gather import gather
from executor.report.plans.markdown import LEAST, LIMIT, markdown
from tests.planning.planner import Project
from tests.report.plans.books import MALICE, SENT, Book, fleet, malicious, sends
from tests.report.plans.reading import every, fences, spans, tokens, words

OURS = re.compile(r"<details><summary><b>[^<>]*</b>(?: · [^<>]*)?</summary>\n|</details>\n")


def rounds(steps: tuple[StepFacts, ...]) -> Iterator[Round]:
    for step in steps:
        for group in step.groups:
            for one in group.rounds:
                yield one
                yield from (inner for _, inner in one.undo.steps) if one.undo is not None else ()


def html_blocks(page: str) -> list[str]:
    return [token.content for token in tokens(page) if token.type == "html_block"]


def test_every_command_of_a_plan_is_in_it(book: Book) -> None:
    plan = book.plan()
    page = markdown(plan, limit=10**7)
    sheet = gather(plan)
    told = {*fences(page), *spans(page)}
    commands = {one.does.code for one in rounds((*sheet.steps, *sheet.always)) if one.does.code}
    assert commands <= told


def test_it_begins_with_a_summary_and_the_details_are_folded(book: Book) -> None:
    plan = book.plan()
    found = tokens(markdown(plan))
    assert next(token.content for token in found if token.type == "inline").startswith("Plan: ")
    first = next(index for index, token in enumerate(found) if token.type == "html_block")
    assert {token.type for token in found[:first]} >= {"heading_open", "table_open"}
    assert not any(token.type in {"heading_open", "table_open"} for token in found[first:])
    unfolded = 0
    for token in found[first:]:
        if token.type == "html_block":
            unfolded += token.content.count("<details>") - token.content.count("</details>")
        else:
            assert unfolded == 1
    assert unfolded == 0


def test_every_stage_and_step_has_its_place(book: Book) -> None:
    plan = book.plan()
    said = words(markdown(plan)) + "\n".join(html_blocks(markdown(plan)))
    for stage in plan.stages:
        assert f"Stage {stage.id}: " in said
        for step in (*stage.drain, *stage.steps, *stage.restore, *stage.always):
            assert f"{step.id} " in said


# --- malice ------------------------------------------------------------------------------------------------------


def test_nothing_in_it_is_html_but_what_folds_it(tmp_path: Path) -> None:
    page = markdown(malicious(tmp_path))
    assert [block for block in html_blocks(page) if not OURS.fullmatch(block)] == []
    assert [token.content for token in every(tokens(page)) if token.type == "html_inline"] == []
    links = [token for token in every(tokens(page)) if token.type in {"link_open", "image"}]
    assert links == []


def test_malice_leaves_the_shape_of_the_page_as_it_is(tmp_path: Path) -> None:
    plan = malicious(tmp_path)
    found = tokens(markdown(plan))
    assert [token.type for token in found].count("table_open") == 2
    assert [token.type for token in found].count("heading_open") == 1
    details = "".join(token.content for token in found if token.type == "html_block")
    folded = 1 + len(plan.stages)  # the way back, and the stages
    assert details.count("<details>") == details.count("</details>") == folded


def test_malice_calls_nobody(tmp_path: Path) -> None:
    page = markdown(malicious(tmp_path))
    shown = [token.content for token in every(tokens(page)) if token.type in {"text", "text_special"}]
    assert not re.search(r"@\w|(?<!\w)[#!]\d|://", "\n".join([*shown, *html_blocks(page)]))
    assert not re.search(r"^/close", page, re.MULTILINE)


def test_a_command_is_told_as_it_is(tmp_path: Path) -> None:
    told = fences(markdown(malicious(tmp_path)))
    plain = [text for text in MALICE if ("{" not in text and text.isprintable()) or "\n" in text]
    assert [text for text in plain if text.strip() not in told and text not in told] == []


# --- room --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("different", [False, True], ids=["alike", "different"])
def test_a_plan_of_500_hosts_is_told_whole(tmp_path: Path, different: bool) -> None:
    page = markdown(fleet(tmp_path, 500, different=different))
    assert len(page.encode()) < LIMIT / 4
    assert "not the whole plan" not in page
    assert page.count("on 501 hosts") == 1


def huge(project: Project, steps: int, lines: int, name: str = "S") -> Plan:
    """Steps whose commands are long, and other ones on each host (by more than its name)."""
    listed = "\n".join(
        f"- {{name: '{name}{number}', shell: \"{'echo {{ weight }} {{ host.address }} xyz; ' * lines}\"}}"
        for number in range(steps)
    )
    return project.plan(listed)


@pytest.mark.parametrize(("steps", "lines"), [(3, 500), (60, 40), (300, 3)])
def test_what_has_no_room_is_left_out_and_said(project: Project, steps: int, lines: int) -> None:
    page = markdown(huge(project, steps, lines), limit=LEAST * 2)
    assert len(page.encode()) <= LEAST * 2
    assert "This is not the whole plan" in words(page)
    assert any(span.startswith("runbook plan runbook.yml -i inventory.yml") for span in spans(page))
    assert f"{steps} steps in 1 stage on 3 hosts" in words(page)
    assert html_blocks(page).count("</details>\n") == sum(block.startswith("<details>") for block in html_blocks(page))


@pytest.mark.parametrize("limit", [LEAST, LIMIT])
@pytest.mark.parametrize("name", ["漢" * 300, "<&@#" * 200, "`" * 500])
def test_it_is_never_longer_than_its_limit(project: Project, name: str, limit: int) -> None:
    plan = huge(project, 120, 2, name)
    page = markdown(plan, digest="d" * 64, limit=limit)
    assert len(page.encode()) <= limit


def test_many_stages_with_long_names_leave_room_for_the_summary(project: Project) -> None:
    stage = "  - {name: '%s%d', hosts: 'web', steps: [{name: '%s', shell: 'true'}]}\n"
    long = "<&@#" * 60
    plan = project.plan("name: Many\nstages:\n" + "".join(stage % (long, number, long) for number in range(400)))
    page = markdown(plan, limit=LEAST)
    assert len(page.encode()) <= LEAST
    assert "390 more stages" in page or "397 more stages" in page


def test_a_limit_in_which_nothing_can_be_told_is_refused(project: Project) -> None:
    with pytest.raises(ValueError, match="8192"):
        markdown(project.plan("- {shell: 'true'}"), limit=LEAST - 1)


# --- what else it is told ----------------------------------------------------------------------------------------


def test_the_digest_of_a_sealed_plan_stands_in_the_summary(project: Project) -> None:
    page = markdown(project.plan("- {shell: 'true'}"), digest="ab" * 32)
    assert f"| Digest | `{'ab' * 32}` |" in page


def test_what_a_check_has_found_stands_with_its_hosts(project: Project) -> None:
    plan = project.plan("- {name: S, copy: {dest: /etc/x, content: new}}")
    found = {
        "web1": Finding(WouldChange("1 line differs", "--- a\n+++ b\n-old\n+new\n")),
        "web2": Finding(NothingToDo("it is as wanted")),
        "web3": Finding(WouldFail("the disk is full")),
    }
    page = markdown(plan, findings=Findings({"1.1": found}, checked=True))
    said = words(page)
    assert "web1: would change: 1 line differs" in said
    assert "web2: nothing to do: it is as wanted" in said
    assert "web3: would fail: the disk is full" in said
    assert "--- a\n+++ b\n-old\n+new\n" in fences(page)


def test_files_that_are_sent_are_shown_with_what_they_hold_where_that_is_asked_for(project: Project) -> None:
    plan = sends(project)
    page = markdown(plan, whole=True)
    assert [block for block in fences(page) if block.startswith("first")] == [SENT.rstrip("\n")]
    assert "(binary, 9 bytes)" in spans(page)
    assert "hunter2" not in page
    assert "copy /s from sent.txt" in spans(page)
    assert "line\n" not in markdown(plan)


def test_files_that_have_no_room_are_cut_and_the_command_that_shows_them_is_named(project: Project) -> None:
    project.file("sent.txt", "line\n" * 10_000)
    page = markdown(project.plan("- {name: S, copy: {src: sent.txt, dest: /s}}"), whole=True, limit=LEAST)
    assert len(page.encode()) <= LEAST
    assert re.search(r"there is no room for [\d,]+ lines of long commands and files", words(page))
    assert any(span.endswith("--diff --format html") for span in spans(page))


def test_what_is_not_to_be_shown_is_in_no_part_of_it(project: Project) -> None:
    plan = project.plan(
        "- {name: S, vars: {pw: hunter2}, shell: 'login {{ pw }}', no_log: true, stdin: '{{ pw }}', "
        "environment: {PW: '{{ pw }}'}, rollback: 'logout {{ pw }}'}"
    )
    assert "hunter2" not in markdown(plan)
