"""A runbook as a checklist: everything is in it that a person needs to do the work by hand, and to go back."""

from __future__ import annotations

import re

from executor.language import load_runbook
from executor.model.runbooks import Runbook
from executor.report.plans.checklist import checklist
from executor.report.plans.gather import gather
from executor.report.plans.written import read_sheet
from tests.planning.planner import Project
from tests.report.plans.books import Book
from tests.report.plans.reading import fences, spans, tokens, words

RUNBOOK = """
name: Two steps
params:
  version: {type: string, required: true, pattern: 'v\\d+', description: Release tag}
vars: {release: "/srv/{{ version }}"}
stages:
  - name: Roll out
    hosts: web
    health: [{tcp: {port: 80}, within: 1m}]
    steps:
      - {name: Load, shell: "load {{ release }}", no_log: true, rollback: "unload {{ release }}"}
      - name: Parts
        loop: [a, b]
        shell: start {{ item }}
        rollback: {name: End it, shell: "stop {{ item }}"}
      - {name: Drop, shell: drop, irreversible: true, rollback: "undrop"}
      - {name: Rename, shell: rename}
      - {name: Look, shell: look, read_only: true, register: seen}
"""


def of(project: Project, *, planned: bool) -> str:
    plan = project.plan(RUNBOOK, extra={"version": "v1"})
    return checklist(_read(project), plan if planned else None)


def _read(project: Project) -> Runbook:
    return load_runbook(project.file("runbook.yml", RUNBOOK), root=project.folder)


def test_every_step_has_a_box_and_its_commands(book: Book) -> None:
    page = checklist(book.runbook())
    sheet = read_sheet(book.runbook())
    boxes = re.findall(r"^- \[ \] \*\*(\S+) ", page, re.MULTILINE)
    forward = boxes[: len([*sheet.steps, *sheet.always])]
    assert forward == [step.id for step in (*sheet.steps, *sheet.always)]
    rounds = [one for step in sheet.steps for group in step.groups for one in group.rounds]
    assert {one.does.code for one in rounds if one.does.code} <= set(fences(page))


def test_with_hosts_every_command_is_as_it_would_be_run(book: Book) -> None:
    plan = book.plan()
    page = checklist(book.runbook(), plan)
    rounds = [one for step in gather(plan).steps for group in step.groups for one in group.rounds]
    assert {one.does.code for one in rounds if one.does.code} <= {*fences(page), *spans(page)}


def test_it_is_a_document_of_headings_lists_and_code_alone(book: Book) -> None:
    for page in (checklist(book.runbook()), checklist(book.runbook(), book.plan())):
        kinds = {token.type.removesuffix("_open").removesuffix("_close") for token in tokens(page)}
        assert kinds <= {"heading", "inline", "paragraph", "bullet_list", "list_item", "fence"}


def test_without_hosts_values_stand_there_by_name(project: Project) -> None:
    page = of(project, planned=False)
    assert "load \u2039release\u203a" in fences(page)
    assert "- [ ] `version` (`string, like v\\d+, required`): Release tag" in page
    assert "- `release` is `/srv/\u2039version\u203a`" in page
    assert "(changes nothing, note its result as seen)" in words(page)


def test_with_hosts_the_values_are_there(project: Project) -> None:
    page = of(project, planned=True)
    assert '- [ ] `version` = `"v1"`: Release tag' in page
    assert re.findall(r"^- \[ \] (web\d)$", page, re.MULTILINE) == ["web1", "web2", "web3"]


def test_the_way_back_is_the_last_step_first_up_to_where_there_is_none(project: Project) -> None:
    page = of(project, planned=False).partition("## If it goes wrong")[2]
    steps = [line.removeprefix("[ ] ") for line in words(page).splitlines()]
    assert [line for line in steps if re.match(r"1\.\d", line)] == [
        "1.4 Rename: the runbook does not say how this is undone.",
        "1.3 Drop",
        "1.3 Drop: once this has been started, there is no way back. Nothing below is undone.",
        "1.2 Parts",
        "1.1 Load",
    ]
    assert "For each item of `[a, b]`, the last first:" in page
    assert "stop \u2039item\u203a" in {*fences(page), *spans(page)}
    assert "`unload \u2039release\u203a`" in page


def test_on_the_way_back_of_hosts_the_last_round_comes_first(project: Project) -> None:
    page = of(project, planned=True).partition("## If it goes wrong")[2]
    assert page.index("stop b") < page.index("stop a")


def test_probes_are_in_words(project: Project) -> None:
    assert "- [ ] `port 80 takes connections; within 1m`" in of(project, planned=False)


def test_what_a_run_would_hide_is_hidden_where_its_values_are_known(project: Project) -> None:
    assert "load /srv/v1" not in of(project, planned=True)
