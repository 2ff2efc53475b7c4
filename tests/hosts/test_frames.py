"""Telling a lane's words from output."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from executor.hosts.frames import Frames, Mark, new_mark

MARK = "%m0123"


def frames(*pieces: bytes) -> list[bytes | Mark]:
    """What a reader makes of the pieces, output joined."""
    reader = Frames(MARK)
    found: list[bytes | Mark] = []
    for piece in pieces:
        for frame in reader.feed(piece):
            if isinstance(frame, bytes) and found and isinstance(found[-1], bytes):
                found[-1] += frame
            else:
                found.append(frame)
    return found


def test_output_and_words_are_told_apart() -> None:
    assert frames(b"noise%m0123 o\nout%m0123 x job 0\n") == [b"noise", Mark(("o",)), b"out", Mark(("x", "job", "0"))]


def test_output_that_looks_like_a_mark_is_output() -> None:
    assert frames(b"%m012", b"4 x\n%") == [b"%m0124 x\n"]


@given(
    st.lists(st.one_of(st.binary(), st.sampled_from([b"%m0123 o\n", b"%m01", b"%", b"%m0123 x a 0 exited\n"]))),
    st.randoms(use_true_random=False),
)
def test_where_the_stream_is_cut_makes_no_difference(pieces: list[bytes], random: object) -> None:
    """However the network cuts it, the same frames come out, and at its end nothing but a beginning is held back."""
    whole = b"".join(pieces) + b"."
    cut, rest = [], whole
    while rest:
        size = random.randint(1, len(rest))  # type: ignore[attr-defined]  # hypothesis's random.Random
        cut.append(rest[:size])
        rest = rest[size:]
    assert frames(*cut) == frames(whole)


def test_plain_output_is_passed_on_uncopied() -> None:
    data = b"x" * 100_000
    (frame,) = Frames(MARK).feed(data)
    assert frame is data


def test_no_two_marks_are_alike() -> None:
    assert len({new_mark() for _ in range(100)}) == 100
