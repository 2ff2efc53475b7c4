"""Hosts that are alike share one result, and never get another host's."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from executor.planning.sharing import NOTHING, Fingerprints, Question, Reader, Shared

FACTS = st.dictionaries(
    st.sampled_from("abc"),
    st.one_of(st.integers(0, 2), st.booleans(), st.just("1"), st.just([1]), st.just(1.0)),
    max_size=3,
)


def look_at(facts: dict[str, Any]) -> Any:
    def look(question: Question) -> Any:
        return facts.get(question[1], NOTHING)

    return look


def read(reader: Reader) -> str:
    """Asks for more where the first answer says so, as a template's variables do."""
    first = reader("var", "a")
    if first is NOTHING or not first:
        return f"a={first!r}"
    return f"a={first!r} b={reader('var', 'b')!r}"


@given(hosts=st.lists(FACTS, max_size=12))
def test_each_host_gets_what_it_would_have_got_alone(hosts: list[dict[str, Any]]) -> None:
    shared: Shared[str] = Shared(Fingerprints())
    assert [shared.get(look_at(facts), read) for facts in hosts] == [read(Reader(look_at(facts))) for facts in hosts]


def test_what_was_not_asked_makes_no_difference() -> None:
    made: list[str] = []

    def make(reader: Reader) -> str:
        made.append(read(reader))
        return made[-1]

    shared: Shared[str] = Shared(Fingerprints())
    for number in range(100):
        shared.get(look_at({"a": number % 2, "b": 7, "c": number}), make)
    assert len(made) == 2


def test_what_is_asked_through_a_shared_part_is_asked_of_the_whole() -> None:
    """A part that is found again still counts as asked: else the whole would be shared with hosts that differ in it."""
    fingerprints = Fingerprints()
    part: Shared[Any] = Shared(fingerprints)
    whole: Shared[Any] = Shared(fingerprints)

    def make(reader: Reader) -> Any:
        return reader("var", "a"), part.get(lambda question: reader(*question), lambda inner: inner("var", "b"))

    hosts = [{"a": 1, "b": 1}, {"a": 2, "b": 1}, {"a": 2, "b": 2}, {"a": 1, "b": 2}]
    assert [whole.get(look_at(facts), make) for facts in hosts] == [(1, 1), (2, 1), (2, 2), (1, 2)]
