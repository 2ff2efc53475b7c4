"""Everything that needs a person is known beforehand; answers given beforehand answer exactly what they name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from executor.errors import Exit, InvalidInput, RunbookError, WrongUsage
from executor.events import Question
from executor.gates.answers import Answers, Given, check, read_answers, unanswered
from executor.gates.needs import Need, needs, refused
from executor.model.places import Place
from tests.gates.plans import ASKING, HERE, READY, plan, stage

REVIEW = "Pre-flight/Ready/Code review approved"
TICKET = "Pre-flight/Ready/Ticket"
LATE = "Pre-flight/Ready/{{ version.stdout }} is announced"


def test_all_that_a_person_will_be_asked_is_known_from_the_plan() -> None:
    """Items that a command answers, waits, and steps and stages that are left out ask nobody."""
    assert [(need.name, need.evidence, need.late) for need in needs(ASKING)] == [
        (REVIEW, False, False),
        (TICKET, True, False),
        (LATE, False, True),
        ("Roll out/Look", False, False),
        ("Roll out/Tell them", False, False),
        ("Roll out/pause", False, False),
        ("Close/Ticket closed", False, False),
    ]


def test_one_batch_has_no_pause_behind_it() -> None:
    alone = stage("Roll out", pause="Next one?")
    assert needs(plan(alone))
    assert not needs(plan(replace(alone, hosts=("web1",))))


def test_without_a_terminal_the_run_is_refused_with_every_missing_answer() -> None:
    given = Answers({REVIEW: Given("flag"), "Close/Ticket closed": Given("file")})
    missing = unanswered(needs(ASKING), given)
    refusal = refused(missing)
    assert refusal.exit_code is Exit.REFUSED
    assert [(problem.message.split("'")[1], problem.place, problem.hint) for problem in refusal.problems[:3]] == [
        (TICKET, HERE, "it wants evidence: give a text for it in --answers FILE"),
        (LATE, HERE, f"--confirm '{LATE}', or a line for it in --answers FILE"),
        ("Roll out/Look", READY.place, "--confirm 'Roll out/Look', or a line for it in --answers FILE"),
    ]
    assert len(refusal.problems) == 5


def test_a_bare_yes_is_no_evidence() -> None:
    need = [Need(TICKET, evidence=True)]
    assert unanswered(need, Answers({TICKET: Given("flag")})) == tuple(need)
    assert unanswered(need, Answers({TICKET: Given("file", "T-7")})) == ()


def test_an_item_whose_name_is_known_late_is_answered_by_its_name_at_run_time() -> None:
    given = Answers({"Pre-flight/Ready/v2 is announced": Given("flag")})
    assert LATE not in [need.name for need in unanswered(needs(ASKING), given)]
    check(given, needs(ASKING))
    assert given.to(Question("checklist", "…", "Pre-flight/Ready/v2 is announced")) == Given("flag")
    assert given.to(Question("checklist", "…", "Pre-flight/Ready/v3 is announced")) is None


def test_evidence_that_is_missing_at_run_time_is_no_answer() -> None:
    question = Question("checklist", "Ticket", TICKET, evidence=True)
    assert Answers({TICKET: Given("flag")}).to(question) is None
    assert Answers({TICKET: Given("file", "T-7")}).to(question) == Given("file", "T-7")


def test_a_file_of_answers_may_be_flat_or_nested_yaml_or_json(tmp_path: Path) -> None:
    file = tmp_path / "answers.yml"
    file.write_text(f"{REVIEW}: true\nPre-flight:\n  Ready:\n    Ticket: https://example.com/T-7\n")
    answers = read_answers(["Roll out/Look"], file)
    assert {name: (given.how, given.text) for name, given in answers.given.items()} == {
        REVIEW: ("file", ""),
        TICKET: ("file", "https://example.com/T-7"),
        "Roll out/Look": ("flag", ""),
    }
    file.write_text(f'{{"{REVIEW}": true}}')
    assert read_answers([], file).given[REVIEW].how == "file"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"{REVIEW}: false\n", f"the answer to '{REVIEW}' is neither true nor a text"),
        (f"{REVIEW}: 1\n", f"the answer to '{REVIEW}' is neither true nor a text"),
        (f"{REVIEW}: ''\n", f"the answer to '{REVIEW}' is neither true nor a text"),
        (f"- {REVIEW}\n", "answers are a mapping of names to answers"),
    ],
)
def test_what_is_no_answer_is_refused_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "answers.yml"
    file.write_text(text)
    with pytest.raises(InvalidInput) as caught:
        read_answers([], file)
    problem = caught.value.problems[0]
    assert problem.message == message
    assert problem.place is not None
    assert problem.place.line == 1


def test_a_missing_file_is_invalid_input(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput):
        read_answers([], tmp_path / "none.yml")


@pytest.mark.parametrize(
    ("given", "error", "message", "hint"),
    [
        (
            {"Code review approved": Given("flag")},
            WrongUsage,
            "nothing in this run asks for 'Code review approved'",
            f"did you mean '{REVIEW}'?",
        ),
        (
            {"Roll out/Lok": Given("flag")},
            WrongUsage,
            "nothing in this run asks for 'Roll out/Lok'",
            "did you mean 'Roll out/Look'?",
        ),
        (
            {"x": Given("file", place=Place("a.yml"))},
            InvalidInput,
            "nothing in this run asks for 'x'",
            None,
        ),
        (
            {TICKET: Given("flag")},
            WrongUsage,
            f"'{TICKET}' wants evidence, not a bare yes",
            "give its text (a link, a ticket) in --answers FILE",
        ),
    ],
)
def test_an_answer_to_nothing_is_a_mistake(
    given: dict[str, Given], error: type[RunbookError], message: str, hint: str | None
) -> None:
    with pytest.raises(error) as caught:
        check(Answers(given), needs(ASKING))
    (problem,) = caught.value.problems
    assert problem.message == message
    assert hint is None or problem.hint == hint


def test_answers_that_fit_are_no_mistake() -> None:
    check(Answers({REVIEW: Given("flag"), TICKET: Given("file", "T-7")}), needs(ASKING))
