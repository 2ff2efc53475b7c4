"""Values are taken out of bytes and texts, in every form, however the bytes are cut."""

from __future__ import annotations

import base64
import json
import re
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from executor.secrets.redact import NOTHING_TO_HIDE, Redactor, Stream

VALUE = 'p@ss w/ö"rd\\1+=x'
KEY = (
    "-----BEGIN KEY-----\n"
    + "\n".join(f"{n:02}abcdefghijklmnopqrstuvwxyz{n:02}" for n in range(9))
    + "\n-----END KEY-----"
)


def through(redactor: Redactor, *chunks: bytes) -> bytes:
    stream = Stream(redactor)
    return b"".join(map(stream.feed, chunks)) + stream.end()


def cut(data: bytes, *sizes: int) -> list[bytes]:
    chunks, at = [], 0
    for size in sizes:
        chunks.append(data[at : at + size])
        at += size
    return [*chunks, data[at:]]


@pytest.mark.parametrize(
    "form",
    [
        VALUE,
        json.dumps({"a": VALUE}),
        json.dumps([VALUE], ensure_ascii=False),
        json.dumps(VALUE).replace("/", "\\/"),
        quote(VALUE),
        quote(VALUE, safe="").lower() if VALUE.islower() else quote(VALUE, safe=""),
        quote_plus(VALUE),
        "a%2B" + re.sub("%..", lambda m: m[0].lower(), quote_plus(VALUE)),
        base64.urlsafe_b64encode(VALUE.encode()).decode(),
    ],
)
def test_each_form_is_found(form: str) -> None:
    told = Redactor([VALUE]).text(f"before {form} behind")
    assert "[redacted]" in told
    assert told.startswith("before ")
    assert told.endswith(" behind")
    assert "ss" not in told
    assert "rd" not in told


@pytest.mark.parametrize("before", ["", "u:", "me:"])
@pytest.mark.parametrize("behind", ["", "@", "@h"])
def test_base64_is_found_wherever_the_value_begins_in_it(before: str, behind: str) -> None:
    """Of what is left, at most one character on each side is made of the value's bits."""
    encoded = base64.b64encode(f"{before}{VALUE}{behind}".encode()).decode()
    told = Redactor([VALUE]).text(f"Authorization: Basic {encoded}!")
    left = told.removeprefix("Authorization: Basic ").removesuffix("!").split("[redacted]")
    assert len(left) == 2
    assert len(left[0]) <= len(base64.b64encode(before.encode()).rstrip(b"=")) + 1
    assert len(left[1]) <= 4 + len(behind)


def test_a_key_is_found_line_by_line_and_in_wrapped_base64() -> None:
    redactor = Redactor([KEY])
    shown = "\n".join(f"    | {line}" for line in KEY.split("\n"))
    assert "abcdef" not in redactor.text(shown)
    assert "----" not in redactor.text(shown)
    wrapped = base64.encodebytes((KEY + "\n").encode())
    assert len(redactor.data(wrapped).replace(b"[redacted]", b"").strip()) < 8


def test_the_longest_goes_first_and_what_overlaps_is_one_gap() -> None:
    redactor = Redactor(["hunter2", "hunter2-and-more", "more-of-it"])
    assert redactor.text("x hunter2-and-more-of-it y") == "x [redacted] y"
    assert redactor.text("hunter2-and-mor") == "[redacted]-and-mor"


def test_every_cut_in_two_gives_what_the_whole_gives() -> None:
    redactor = Redactor(["hunter2", "hunter2-and-more", "22222222"])
    data = b"a hunter2 b hunter2-and-more c hunter hunter2-and 2222222222222 hunt"
    whole = redactor.data(data)
    for at in range(len(data)):
        assert through(redactor, *cut(data, at)) == whole
    assert through(redactor, *(data[n : n + 1] for n in range(len(data)))) == whole


pieces = st.sampled_from([b"aa", b"aaaa", b"aaab", b"b", b"abab", b"ababab", b"c", b"YWFhYQ"])


@given(st.lists(pieces, max_size=20), st.lists(st.integers(1, 7), max_size=12))
def test_no_cut_lets_a_value_through(parts: list[bytes], sizes: list[int]) -> None:
    """A stream says the same as the whole, but that it may mark two values that touch once or twice."""
    redactor = Redactor(["aaaa", "ababab", "aaab"])
    data = b"".join(parts)
    one = re.compile(rb"(?:\[redacted\])+")
    assert one.sub(b"#", through(redactor, *cut(data, *sizes))) == one.sub(b"#", redactor.data(data))
    for value in (b"aaaa", b"ababab", b"aaab"):
        assert value not in redactor.data(data)


@given(st.text(min_size=4, max_size=30), st.text(max_size=20), st.text(max_size=20))
def test_any_value_is_hidden_in_any_text(value: str, before: str, behind: str) -> None:
    told = Redactor([value]).text(before + value + behind)
    left = told.split("[redacted]")
    assert len(left) > 1
    assert value not in "\0".join(left)


def test_no_more_is_held_back_than_could_be_the_beginning_of_a_value() -> None:
    """Output is shown as it comes: a prompt is not kept until its line ends."""
    redactor = Redactor(["hunter2"])
    stream = Stream(redactor)
    assert stream.feed(b"Password: ") == b"Password: "
    assert stream.feed(b"hun") == b""
    assert stream.feed(b"dred") == b"hundred"
    held = Stream(redactor)
    assert held.feed(b"x" * 100 + b"hunter2"[:6]) == b"x" * 100
    assert held.feed(b"2!") == b"[redacted]!"


def test_a_flood_of_one_value_is_held_in_constant_memory() -> None:
    stream = Stream(Redactor(["a" * 50]))
    told = b"".join(stream.feed(b"a" * 10_000) for _ in range(50)) + stream.end()
    assert told == b"[redacted]"


def test_bytes_that_are_no_text_pass_unharmed() -> None:
    data = bytes(range(256)) * 3
    assert through(Redactor(["hunter2"]), data) == data
    assert Redactor(["hunter2"]).text("half \udce4 hunter2") == "half \udce4 [redacted]"


def test_without_secrets_everything_is_the_very_same_object() -> None:
    data = b"some output"
    assert Stream(NOTHING_TO_HIDE).feed(data) is data
    assert NOTHING_TO_HIDE.text("x" * 3) == "xxx"
    assert not NOTHING_TO_HIDE


def test_what_it_is_called_says_nothing() -> None:
    assert "hunter2" not in repr(Redactor(["hunter2"]))
