"""The README and the manual say what is there: their commands, flags, links, exit codes and examples are real."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path

import click
import pytest
import yaml

from executor.cli.init import RUNBOOK
from executor.cli.main import COMMANDS, runbook
from executor.cli.settings import KEYS
from executor.errors import Exit, InvalidInput
from executor.language import load_inventory, load_runbook
from executor.templates.filters import FILTERS, TESTS
from tests.project.files import ROOT, pages, python_files, where

BLOCK = re.compile(r"^(?P<indent> *)```(?P<language>\w*)[^\n]*\n(?P<text>.*?)^ *```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")
HEADING = re.compile(r"^#+ +(?P<text>.+)$", re.MULTILINE)


def blocks(language: str) -> Iterator[tuple[str, str]]:
    """Every fenced block of a language as (place, text)."""
    for page in pages():
        text = page.read_text()
        for found in BLOCK.finditer(text):
            if found["language"] == language:
                yield where(page, text.count("\n", 0, found.start()) + 1), found["text"]


def command_lines() -> Iterator[tuple[str, list[str]]]:
    """Every line of a console block that somebody would type, as (place, words)."""
    for place, text in blocks("console"):
        for line in text.splitlines():
            if line.startswith("$ "):
                yield place, shlex.split(line.removeprefix("$ "), comments=True)


def flags(command: click.Command) -> set[str]:
    return {flag for parameter in command.params for flag in (*parameter.opts, *parameter.secondary_opts)} | {"--help"}


def resolve(words: list[str]) -> click.Command | None:
    """The command that a line calls, down to its subcommand; None where there is none."""
    context = click.Context(runbook)
    command = runbook.get_command(context, words[0])
    if isinstance(command, click.Group):
        return command.get_command(click.Context(command), words[1])
    return command


@pytest.mark.parametrize(
    ("place", "words"), [(place, words) for place, words in command_lines() if words[0] == "runbook"], ids=str
)
def test_a_command_in_the_manual_exists_with_its_flags(place: str, words: list[str]) -> None:
    command = resolve(words[1:])
    assert command is not None, f"{place}: there is no command {words[1]}"
    unknown = [
        word for word in words[2:] if re.match(r"--?[a-zA-Z]", word) and word.split("=")[0] not in flags(command)
    ]
    assert not unknown, place


def test_a_make_target_in_the_manual_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {words[1] for _, words in command_lines() if words[0] == "make"}
    assert named
    assert named <= targets


def first_column(text: str) -> Iterator[str]:
    for line in text.splitlines():
        if line.startswith("| "):
            yield line.split(" | ")[0].removeprefix("| ")


def section(page: str, heading: str) -> str:
    """The text below a heading, up to the next one."""
    text = (ROOT / "docs" / page).read_text()
    _, found, rest = text.partition(heading + "\n")
    assert found, f"{page} has no heading {heading}"
    return re.split(r"^## ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def test_the_command_line_page_lists_every_command_and_no_other() -> None:
    table = section("command-line.md", "# The command line")
    listed = {found[1] for cell in first_column(table) if (found := re.match(r"`([a-z]+)", cell))}
    assert listed == set(COMMANDS)


def test_the_command_line_page_lists_every_flag_of_run_and_no_other() -> None:
    cells = " ".join(first_column(section("command-line.md", "## Flags of `run` and `plan`")))
    command = resolve(["run"])
    assert command is not None
    listed = set(re.findall(r"--?[a-zA-Z][a-z-]*", cells)) - {"-vvv"}
    shown = {
        flag
        for parameter in command.params
        if isinstance(parameter, click.Option) and not parameter.hidden
        for flag in (*parameter.opts, *parameter.secondary_opts)
    }
    assert listed == shown - {"--verbose"}


def test_the_exit_codes_are_those_of_the_program() -> None:
    cells = first_column(section("command-line.md", "## Exit codes"))
    assert {int(cell) for cell in cells if cell.isdigit()} == {code.value for code in Exit}


def test_settings_and_variables_of_the_environment_exist() -> None:
    text = section("command-line.md", "## Settings")
    source = "\n".join(text for _, text in python_files("executor"))
    missing = [name for name in re.findall(r"RUNBOOK_[A-Z_]+", text) if name not in source]
    assert not missing
    for key in KEYS:
        assert key in text, f"the setting {key} is not in the manual"


def anchor(heading: str) -> str:
    """A heading's name in a link, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_every_link_leads_somewhere() -> None:
    broken = []
    for page in pages():
        for target in (found["target"] for found in LINK.finditer(page.read_text())):
            if target.startswith("https://"):
                continue
            name, _, fragment = target.partition("#")
            file = (page.parent / name) if name else page
            anchors = (
                {anchor(found["text"]) for found in HEADING.finditer(file.read_text())} if file.is_file() else set()
            )
            if not file.exists() or (fragment and fragment not in anchors):
                broken.append(f"{where(page)}: {target}")
    assert not broken


def keywords(schema: object) -> Iterator[str]:
    """Every property that a schema names, at any depth."""
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        for part in schema.values():
            yield from keywords(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from keywords(part)


@pytest.mark.parametrize("name", ["runbook", "inventory"])
def test_every_keyword_is_in_the_manual(name: str) -> None:
    schema = json.loads((ROOT / "schemas" / f"{name}.schema.json").read_text())
    manual = "\n".join(page.read_text() for page in pages())
    # A keyword stands in backquotes (alone or in `{src, dest}`), in bold, or as a key in a block of YAML.
    code = set(re.findall(r"\w+", " ".join(re.findall(r"`[^`\n]+`|\*\*\w+\*\*", manual))))
    code |= set(re.findall(r"(\w+):", "\n".join(text for _, text in blocks("yaml"))))
    assert sorted(set(keywords(schema)) - code) == []


@pytest.mark.parametrize(("heading", "known"), [("## Filters", FILTERS), ("## Tests", TESTS)])
def test_the_page_on_filters_lists_all_of_them(heading: str, known: Mapping[str, object]) -> None:
    text = section("filters.md", heading)
    cells = " ".join([*first_column(text), text.partition("As in [Jinja]")[2]])
    assert set(re.findall(r"`(\w+)`", cells)) == {name for name in known if name.isidentifier()}


def test_getting_started_shows_the_runbook_that_init_writes() -> None:
    assert RUNBOOK in [text for place, text in blocks("yaml") if place.startswith("docs/getting-started.md")]


# --- examples ----------------------------------------------------------------------------------------------------

STAGE_HEAD = "stages:\n  - name: Example\n    hosts: all\n    steps:\n"


def as_file(text: str) -> tuple[str, str]:
    """An example as a whole file, and what kind of file that is: steps and stages get a runbook around them."""
    data = yaml.safe_load(text)
    if isinstance(data, dict):
        if "stages" in data:
            return "runbook", text
        if "steps" in data:
            lines = text.splitlines()
            return "runbook", "name: Example\nstages:\n  - " + "\n    ".join(lines) + "\n"
        return "inventory", text
    indent = "  " if "hosts" in data[0] else "      "
    head = "stages:\n" if "hosts" in data[0] else STAGE_HEAD
    return "runbook", "name: Example\n" + head + "".join(f"{indent}{line}\n" for line in text.splitlines())


@pytest.mark.parametrize(("place", "text"), list(blocks("yaml")), ids=lambda value: value if ":" in value[:60] else "")
def test_an_example_is_valid(place: str, text: str, tmp_path: Path) -> None:
    kind, whole = as_file(text)
    (tmp_path / "runbook.toml").touch()
    file = tmp_path / f"{kind}.yml"
    file.write_text(whole)
    try:
        if kind == "runbook":
            load_runbook(file)
        else:
            load_inventory([str(file)], root=tmp_path)
    except InvalidInput as error:
        pytest.fail(f"{place}: " + "; ".join(f"{problem.place}: {problem.message}" for problem in error.problems))
