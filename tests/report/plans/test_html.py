"""A plan as a page: it needs nothing beside itself, and what it shows is only text."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path

from executor.planning.findings import Finding, Findings, NotAsked, WouldChange
from executor.report.plans.gather import gather
from executor.report.plans.html import html
from tests.planning.planner import Project
from tests.report.plans.books import MALICE, SENT, Book, line_of, malicious, sends

VOID = {"meta", "input"}


class Page(HTMLParser):
    """The page's elements, its text, and whether each element that begins also ends."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: list[str] = []
        self.parts: dict[str, str] = {}
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open[-1:] in (["style"], ["script"]):
            self.parts[self._open[-1]] = data
        else:
            self.texts.append(data)


def test_every_command_is_on_it_as_it_is(book: Book) -> None:
    plan = book.plan()
    texts = Page(html(plan)).texts
    sheet = gather(plan)
    rounds = [one for step in (*sheet.steps, *sheet.always) for group in step.groups for one in group.rounds]
    assert {one.does.code for one in rounds if one.does.code} <= set(texts)


def test_it_asks_for_nothing_else(book: Book) -> None:
    page = Page(html(book.plan()))
    assert not page.tags & {"link", "img", "iframe", "object", "base", "form"}
    leading = [value for name, value in page.attributes if name in {"href", "src", "srcset", "action"}]
    assert all(value is not None and value.startswith("#") for value in leading)
    assert "url(" not in page.parts["style"]
    assert "@import" not in page.parts["style"]


def test_links_lead_to_places_on_the_page(book: Book) -> None:
    page = Page(html(book.plan()))
    ids = [value for name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    assert {value for name, value in page.attributes if name == "href"} <= {f"#{name}" for name in ids}


def test_its_policy_allows_its_own_style_and_script_alone(book: Book) -> None:
    page = Page(html(book.plan()))
    policy = next(str(value) for name, value in page.attributes if name == "content" and "default-src" in str(value))
    hashes = {
        part: "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        for part, text in page.parts.items()
    }
    assert policy == (
        f"default-src 'none'; style-src '{hashes['style']}'; script-src '{hashes['script']}'; "
        "base-uri 'none'; form-action 'none'"
    )
    assert not any(name.startswith("on") or name == "style" for name, _ in page.attributes)


def test_malice_is_text(tmp_path: Path, project: Project) -> None:
    harmless = Page(html(project.plan("- {name: S, checklist: [A]}\n- {shell: 'a', rollback: 'b'}")))
    page = Page(html(malicious(tmp_path)))
    assert page.tags <= harmless.tags | {"div", "b"}
    assert page.parts == harmless.parts
    shown = "".join(page.texts)
    assert [text for text in MALICE if text.isprintable() and "{" not in text and line_of(text) not in shown] == []


def test_no_line_of_it_is_a_command_of_a_ci_system(tmp_path: Path) -> None:
    text = html(malicious(tmp_path))
    assert not re.search(r"^\s*::|##\w*\[", text, re.MULTILINE)
    assert "::add-mask::x" in Page(text).texts


def test_signs_that_turn_the_reading_direction_are_shown_as_what_they_are(tmp_path: Path) -> None:
    text = html(malicious(tmp_path))
    assert not re.search("[\x1b\u202e\u200b]", text)
    assert "a\\u001b[2Jb\\u202ec\\u200bd" in text


def test_what_a_check_has_found_is_on_it(project: Project) -> None:
    plan = project.plan("- {name: S, copy: {dest: /etc/x, content: new}}")
    found = {
        "web1": Finding(WouldChange("1 line", "@@ -1,2 +1,2 @@\n-old\n+new\n kept\n")),
        "web2": Finding(NotAsked("it is away")),
    }
    text = html(plan, digest="ab" * 32, findings=Findings({"1.1": found}, checked=True, unreachable={"web2": "away"}))
    shown = " ".join(Page(text).texts)
    for words in ("would change: 1 line", "could not be asked: it is away", "-old", "+new", " kept", "ab" * 32):
        assert words in shown


def test_what_is_not_to_be_shown_is_not_on_it(project: Project) -> None:
    plan = project.plan("- {vars: {pw: hunter2}, shell: 'login {{ pw }}', no_log: true, rollback: 'logout {{ pw }}'}")
    assert "hunter2" not in html(plan)


def test_files_that_are_sent_are_shown_with_what_they_hold_where_that_is_asked_for(project: Project) -> None:
    plan = sends(project)
    texts = Page(html(plan, whole=True)).texts
    assert texts.count(SENT.rstrip("\n")) == 1
    assert "(binary, 9 bytes)" in texts
    assert not any("hunter2" in said for said in texts)
    assert not any("line\nline" in said for said in Page(html(plan)).texts)
