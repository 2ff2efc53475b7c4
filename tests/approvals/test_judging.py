"""A plan runs when enough different people have approved it, and not before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from executor.approvals.allowed import Signer
from executor.approvals.approval import Approval
from executor.approvals.judging import judge, names_of
from executor.model.inventories import Approvals

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
ALICE = Signer(("alice",), b"\0\0\0\1a", 1)
ALICES_OTHER = Signer(("alice",), b"\0\0\0\1A", 2)
BOB = Signer(("bob",), b"\0\0\0\1b", 3)
CAROL_ONCE = Signer(("carol",), b"\0\0\0\1c", 4, before=NOW - timedelta(days=1))
DAVE_FOR_GIT = Signer(("dave",), b"\0\0\0\1d", 5, namespaces=("git",))
LINES = (ALICE, ALICES_OTHER, BOB, CAROL_ONCE, DAVE_FOR_GIT)
ONE, TWO = Approvals("f"), Approvals("f", min=2)


def _by(*signers: Signer, ago: float | None = None) -> list[Approval]:
    at = None if ago is None else NOW - timedelta(seconds=ago)
    return [Approval(f"{number}.sig", signer.key, at) for number, signer in enumerate(signers)]


def test_two_people_are_two() -> None:
    found = judge(TWO, LINES, _by(ALICE, BOB), NOW)
    assert found.lacking == ""
    assert [one.names for one in found.counted] == [("alice",), ("bob",)]


def test_one_person_is_not_two_with_whatever_keys() -> None:
    for keys in ([ALICE, ALICE], [ALICE, ALICES_OTHER]):
        found = judge(TWO, LINES, _by(*keys), NOW)
        assert found.lacking == "it needs approvals of 2 people, and has 1"
        assert found.dismissed == ("1.sig: alice has signed already (0.sig)",)


def test_none_is_too_few() -> None:
    assert judge(ONE, LINES, (), NOW).lacking == "it needs 1 approval, and has none"


def test_who_is_not_in_the_list_does_not_count() -> None:
    found = judge(ONE, LINES, _by(Signer(("eve",), b"\0\0\0\1e", 9)), NOW)
    assert found.lacking
    assert "none of the allowed signers'" in found.dismissed[0]


def test_who_is_not_valid_any_more_does_not_count() -> None:
    found = judge(ONE, LINES, _by(CAROL_ONCE), NOW)
    assert found.lacking
    assert found.dismissed == (
        "0.sig: the key of carol does not count: it was valid only before 2026-05-31 12:00:00 UTC",
    )


def test_who_may_sign_something_else_does_not_count() -> None:
    found = judge(ONE, LINES, _by(DAVE_FOR_GIT), NOW)
    assert found.lacking
    assert "may sign for git alone" in found.dismissed[0]


def test_a_second_line_of_the_same_key_may_let_it_sign() -> None:
    found = judge(ONE, (*LINES, Signer(("dave",), DAVE_FOR_GIT.key, 6)), _by(DAVE_FOR_GIT), NOW)
    assert found.lacking == ""


def test_the_time_to_think_must_have_passed() -> None:
    policy = Approvals("f", cool_down=600)
    assert judge(policy, LINES, _by(ALICE, ago=600), NOW).lacking == ""
    found = judge(policy, LINES, _by(ALICE, ago=599), NOW)
    assert found.lacking
    assert "counts from 2026-06-01 12:00:01 on" in found.dismissed[0]


def test_a_time_that_is_still_to_come_is_no_time_to_think() -> None:
    assert judge(Approvals("f", cool_down=600), LINES, _by(ALICE, ago=-3600), NOW).lacking


def test_without_a_time_nobody_knows_how_long_it_was() -> None:
    found = judge(Approvals("f", cool_down=600), LINES, _by(ALICE), NOW)
    assert found.lacking
    assert "does not say when it was given" in found.dismissed[0]


def test_each_of_enough_people_must_have_had_the_time() -> None:
    policy = Approvals("f", min=2, cool_down=600)
    approvals = [*_by(ALICE, ago=700), Approval("b.sig", BOB.key, NOW)]
    assert judge(policy, LINES, approvals, NOW).lacking == "it needs approvals of 2 people, and has 1"


def test_where_nothing_but_time_is_missing_it_says_until_when() -> None:
    policy = Approvals("f", min=2, cool_down=600)
    alice, bob = _by(ALICE, BOB, ago=60)
    later = Approval("late.sig", BOB.key, NOW)
    assert judge(policy, LINES, [alice, bob, later], NOW).ripens == NOW + timedelta(seconds=540)
    assert judge(policy, LINES, [alice, later], NOW).ripens == NOW + timedelta(seconds=600)
    assert judge(policy, LINES, [alice], NOW).ripens is None
    assert judge(policy, LINES, _by(ALICE, BOB), NOW).ripens is None
    assert judge(policy, LINES, _by(ALICE, BOB, ago=600), NOW).ripens is None


def test_what_is_recorded_names_person_key_and_time() -> None:
    (counted,) = judge(ONE, LINES, _by(ALICE, ago=60), NOW).counted
    assert counted.told() == f"alice ({counted.approval.fingerprint}, 2026-06-01 11:59:00 UTC)"


def test_the_names_of_a_key() -> None:
    assert names_of(ALICE.key, LINES) == ("alice",)
    assert names_of(b"x", LINES) == ()
