"""What the manual says of keywords and rules is made from the schemas and the rules, and is not out of date."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs.build import FOLDER, keys, pages, things, uses
from executor.language import load_inventory, load_runbook
from executor.language.advice import RULES, advise
from executor.language.runbooks import load_written
from executor.language.schemas import Name
from executor.planning import PlanOptions, build

MADE = dict(pages())
EXAMPLES = FOLDER / "examples"
NAMES: tuple[Name, ...] = ("runbook", "inventory")


def test_some_pages_are_made() -> None:
    assert {"language.md", "advice.md"} <= {page.name for page in MADE}


@pytest.mark.parametrize("page", sorted(MADE), ids=lambda page: page.name)
def test_a_page_is_what_the_program_says(page: Path) -> None:
    assert page.read_text("utf-8") == MADE[page], "out of date: run `make docs`"


@pytest.mark.parametrize("name", NAMES)
def test_every_keyword_has_an_example_in_a_runbook_that_is_run(name: Name) -> None:
    used = uses()
    missing = [(thing, key) for thing, schema in things(name).items() for key in schema["properties"]]
    assert [use for use in missing if use not in used] == []


@pytest.mark.parametrize("name", NAMES)
def test_everything_that_has_keywords_has_its_table(name: Name) -> None:
    text = (FOLDER / "language.md").read_text("utf-8")
    assert [thing for thing in things(name) if f"<!-- keys: {thing} -->" not in text] == []


def test_a_keyword_that_is_new_would_make_the_page_out_of_date() -> None:
    assert "| `serial` |" in keys("a stage", uses())


def test_every_rule_has_its_heading() -> None:
    headings = re.findall(r"^## (\S+)$", (FOLDER / "advice.md").read_text("utf-8"), re.MULTILINE)
    assert headings == [rule.id for rule in RULES]


@pytest.mark.parametrize("name", sorted(path.name for path in EXAMPLES.glob("*.yml") if path.stem != "answers"))
def test_an_example_follows_the_advice_and_can_be_planned(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(EXAMPLES)
    hosts = load_inventory(["hosts.yml"], root=EXAMPLES)
    if name == "hosts.yml":
        return
    written = load_written(Path(name), root=EXAMPLES)
    assert advise(written, hosts) == ()
    extra = {"version": "v1.2.3"} if name == "deploy.yml" else {}
    assert build(load_runbook(Path(name)), hosts, PlanOptions(extra=extra)).stages
