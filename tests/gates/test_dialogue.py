"""What a typed line means, and what is said when it means nothing."""

from __future__ import annotations

import pytest

from executor.events import Question
from executor.gates.dialogue import Dialogue, begin

FAILURE = Question("failure", "web1: 'Activate' failed: exit code 3", choices=("retry", "skip", "rollback", "stop"))
ITEM = Question("checklist", "Code review approved", choices=("yes", "no"))
TICKET = Question("checklist", "Ticket", choices=("yes", "no"), evidence=True)
PAUSE = Question("pause", "Looks good?")
INTERRUPT = Question("interrupt", "Interrupted. What now?", choices=("go on", "roll back", "stop"))
STEP = Question("step", "Run 'Unpack' on web1?", choices=("yes", "no", "continue"))


def heard(question: Question, *lines: str, login: bool = False) -> Dialogue:
    dialogue = begin(question, login=login)
    for line in lines:
        dialogue = dialogue.hear(line)
    return dialogue


@pytest.mark.parametrize(
    ("question", "line", "choice"),
    [
        (FAILURE, "retry", "retry"),
        (FAILURE, " RETRY ", "retry"),
        (FAILURE, "ro", "rollback"),
        (FAILURE, "roll back", "rollback"),
        (FAILURE, "2", "skip"),
        (FAILURE, "st", "stop"),
        (ITEM, "y", "yes"),
        (ITEM, "No", "no"),
        (PAUSE, "", "yes"),
        (PAUSE, "no", "no"),
        (INTERRUPT, "rollback", "roll back"),
        (INTERRUPT, "g", "go on"),
        (STEP, "c", "continue"),
        (STEP, "1", "yes"),
    ],
)
def test_a_choice_is_its_word_its_beginning_or_its_number(question: Question, line: str, choice: str) -> None:
    dialogue = heard(question, line)
    assert (dialogue.stage, dialogue.choice, dialogue.complaint) == ("over", choice, "")


@pytest.mark.parametrize(
    ("question", "line", "complaint"),
    [
        (FAILURE, "", "please choose: retry, skip, rollback, stop"),
        (FAILURE, "r", "'r' could be retry or rollback"),
        (FAILURE, "s", "'s' could be skip or stop"),
        (FAILURE, "5", "'5' is none of retry, skip, rollback, stop"),
        (FAILURE, "shell", "'shell' is none of retry, skip, rollback, stop"),
        (FAILURE, "0", "'0' is none of retry, skip, rollback, stop"),
        (ITEM, "", "please choose: yes, no"),
        (ITEM, "1", "'1' is none of yes, no"),
        (PAUSE, "hm", "Enter goes on; 'no' does not"),
    ],
)
def test_what_is_not_clear_is_asked_again(question: Question, line: str, complaint: str) -> None:
    """An Enter in passing confirms nothing but a plain pause."""
    dialogue = heard(question, line)
    assert (dialogue.stage, dialogue.complaint) == ("choice", complaint)
    assert heard(question, line, "no" if question in (ITEM, PAUSE) else "stop").stage == "over"


def test_evidence_is_asked_for_after_a_yes_alone_and_is_never_empty() -> None:
    assert heard(TICKET, "no").stage == "over"
    dialogue = heard(TICKET, "yes", " ")
    assert (dialogue.stage, dialogue.complaint) == ("evidence", "it wants a text: a link, a ticket, a name")
    over = dialogue.hear(" T-7 ")
    assert (over.stage, over.choice, over.evidence) == ("over", "yes", "T-7")


def test_a_shell_on_the_host_is_offered_where_one_can_be_had() -> None:
    assert heard(FAILURE, "shell", login=True).choice == "shell"
    assert heard(FAILURE, "5", login=True).choice == "shell"


def test_what_is_said() -> None:
    dialogue = begin(FAILURE, login=True)
    assert dialogue.opening == (
        "? web1: 'Activate' failed: exit code 3\n"
        "  1  retry     do it again\n"
        "  2  skip      leave this host out and go on with the others\n"
        "  3  rollback  undo what this run has changed\n"
        "  4  stop      leave everything as it is now\n"
        "  5  shell     log in to the host and look; then you are asked again"
    )
    assert dialogue.prompt == "  > "
    assert (begin(ITEM).opening, begin(ITEM).prompt) == ("? Code review approved", "  [y/n] ")
    assert begin(PAUSE).prompt == "  Enter to go on, or 'no': "
    assert heard(TICKET, "y").prompt == "  evidence (a link, a ticket): "
    assert begin(STEP).opening.splitlines()[3] == "  3  continue  run it and all that follow, without asking"
