"""Every form of the shipped runbooks' plans, as it was read and found good."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from executor.model.plans import Plan
from executor.report.plans.checklist import checklist
from executor.report.plans.data import data
from executor.report.plans.html import html
from executor.report.plans.markdown import markdown
from executor.report.plans.mermaid import mermaid
from tests.report.plans.books import GOLDEN, Book, matches


def page(plan: Plan) -> str:
    """The page without its style and script, which are files of their own."""
    text = re.sub(r"(?s)(<(style|script)>).*?(</\2>)", r"\1\3", html(plan))
    return re.sub(r"'sha256-[^']*'", "'sha256-…'", text)


FORMS: dict[str, Callable[[Plan], str]] = {"md": markdown, "html": page, "json": data, "mmd": mermaid}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("book", GOLDEN, ids=lambda book: book.name)
def test_a_form_of_a_plan(book: Book, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(book.root)
    assert matches(f"{book.name}.{form}", FORMS[form](book.plan()))


@pytest.mark.parametrize("book", GOLDEN, ids=lambda book: book.name)
def test_a_checklist_without_hosts(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(book.root)
    assert matches(f"{book.name}.checklist.md", checklist(book.runbook()))


@pytest.mark.parametrize("book", GOLDEN, ids=lambda book: book.name)
def test_a_checklist_for_these_hosts(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(book.root)
    assert matches(f"{book.name}.checklist-for-hosts.md", checklist(book.runbook(), book.plan()))
