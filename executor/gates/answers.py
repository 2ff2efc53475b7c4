"""Answers that were given beforehand: `--confirm ITEM`, and `--answers FILE` with true or a text for each item."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from executor.errors import InvalidInput, Problem, RunbookError, WrongUsage
from executor.events import Question
from executor.gates.needs import Need
from executor.language.nodes import Broken, MapNode, Node, Scalar
from executor.language.reader import parse
from executor.language.sources import read
from executor.language.wording import did_you_mean
from executor.model.places import Place


@dataclass(frozen=True, slots=True)
class Given:
    """A yes. `text` is the evidence that came with it; `place` is None for a flag."""

    how: Literal["flag", "file"]
    text: str = ""
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Answers:
    """Answers by the name of their question: stage/step/item."""

    given: Mapping[str, Given] = field(default_factory=dict)

    def to(self, question: Question) -> Given | None:
        """The answer to a question, if it was given, and with evidence where that is wanted."""
        found = self.given.get(question.name)
        return None if found is None or (question.evidence and not found.text) else found


def read_answers(confirmed: Sequence[str], file: Path | None) -> Answers:
    """The answers of a command line; a file's stand back behind flags. Raises InvalidInput with all that is wrong."""
    given = _of_file(file) if file is not None else {}
    return Answers(given | {name.strip(): given.get(name.strip(), Given("flag")) for name in confirmed})


def _of_file(file: Path) -> dict[str, Given]:
    reading = parse(read(file))
    problems = list(reading.problems)
    given: dict[str, Given] = {}
    match reading.root:
        case MapNode() as root:
            for name, node in _leaves(root):
                answer = _answer(name, node, problems)
                if answer is not None:
                    given[name] = answer
        case None | Broken():
            pass  # told already
        case other:
            hint = "write a line for each item: 'stage/step/item': true"
            problems.append(Problem("answers are a mapping of names to answers", other.place, hint, "answers"))
    if problems:
        raise InvalidInput(*problems)
    return given


def _leaves(node: MapNode, before: str = "") -> Iterator[tuple[str, Node]]:
    """The names and answers; stages and steps may also be nested mappings."""
    for key, value in node.items.items():
        name = f"{before}{key.strip()}"
        if isinstance(value, MapNode):
            yield from _leaves(value, f"{name}/")
        else:
            yield name, value


def _answer(name: str, node: Node, problems: list[Problem]) -> Given | None:
    match node:
        case Scalar(value=True):
            return Given("file", place=node.place)
        case Scalar(value=str(text)) if text.strip():
            return Given("file", text.strip(), node.place)
        case Broken():
            return None
        case _:
            message = f"the answer to '{name}' is neither true nor a text"
            hint = "true confirms it; a text is its evidence; leave the line out to be asked"
            problems.append(Problem(message, node.place, hint, "answers"))
            return None


def unanswered(questions: Iterable[Need], answers: Answers) -> tuple[Need, ...]:
    """Those of a plan's questions that only a person at a terminal can answer."""
    return tuple(need for need in questions if not _covered(need, answers))


def _covered(need: Need, answers: Answers) -> bool:
    exact = answers.given.get(need.name)
    found = [exact] if exact else [given for name, given in answers.given.items() if need.is_called(name)]
    return any(given.text or not need.evidence for given in found)


def check(answers: Answers, questions: Sequence[Need]) -> None:
    """Every answer must answer something.

    Raises WrongUsage for flags, InvalidInput for a file, with the name that was probably meant.
    """
    names = {need.name: need for need in questions}
    asked = {name: _asked(name, names) for name in answers.given}
    unknown = [
        (given, Problem(f"nothing in this run asks for '{name}'", given.place, _meant(name, names), "unknown-item"))
        for name, given in answers.given.items()
        if asked[name] is None
    ]
    bare = [
        (given, Problem(f"'{name}' wants evidence, not a bare yes", given.place, _EVIDENCE, "evidence"))
        for name, given in answers.given.items()
        if (need := asked[name]) is not None and need.evidence and not given.text
    ]
    wrong = [*unknown, *bare]
    if wrong:
        flags = all(given.how == "flag" for given, _ in wrong)
        error: type[RunbookError] = WrongUsage if flags else InvalidInput
        raise error(*(problem for _, problem in wrong))


def _asked(name: str, names: Mapping[str, Need]) -> Need | None:
    """The question that a name answers."""
    return names.get(name) or next((need for need in names.values() if need.is_called(name)), None)


_EVIDENCE = "give its text (a link, a ticket) in --answers FILE"


def _meant(name: str, names: Mapping[str, Need]) -> str:
    """The name that was probably meant: a near one, or the one whose last part it is."""
    ends = [known for known in names if known.rsplit("/", 1)[-1].casefold() == name.rsplit("/", 1)[-1].casefold()]
    if len(ends) == 1:
        return f"did you mean '{ends[0]}'?"
    near = did_you_mean(name, names)
    if near or not names:
        return near or "this run asks for nothing"
    return f"it asks for {', '.join(repr(known) for known in list(names)[:5])}"
