"""Ranges stand for the hosts that they count through; what cannot be a host's name is refused."""

from __future__ import annotations

import pytest

from executor.language.inventory.addresses import hosts_of, is_group_name, is_host_name, is_user_name


@pytest.mark.parametrize(
    ("pattern", "names", "port"),
    [
        ("web1", ["web1"], None),
        ("web[8:11]", ["web8", "web9", "web10", "web11"], None),
        ("web[08:11]", ["web08", "web09", "web10", "web11"], None),
        ("web[:2]", ["web0", "web1", "web2"], None),
        ("web[1:9:4]", ["web1", "web5", "web9"], None),
        ("[a:c].example.com", ["a.example.com", "b.example.com", "c.example.com"], None),
        ("r[1:2]-[a:b]:2222", ["r1-a", "r1-b", "r2-a", "r2-b"], 2222),
        ("2001:db8::1", ["2001:db8::1"], None),
        ("[2001:db8::1]:22", ["2001:db8::1"], 22),
        ("[web1]:2222", ["web1"], 2222),
    ],
)
def test_a_pattern_stands_for_its_hosts_and_their_port(pattern: str, names: list[str], port: int | None) -> None:
    found = hosts_of(pattern)
    assert (list(found.names), found.port) == (names, port)


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("web[1:]", "has no end"),
        ("web[9:1]", "begins after its end"),
        ("web[1]", "is no range"),
        ("web[01:100]", "begins with 2 digits and ends with 3"),
        ("web[1:9:0]", "in steps of '0'"),
        ("web[1:b]", "neither from a number"),
        ("web[1:999999999]", "more than 100,000 hosts"),
        ("[0:999]-[0:999]", "more than 100,000 hosts"),
        ("web1:70000", "70000 is no port"),
        ("web1:0", "0 is no port"),
        ("a..b", "no name for a host"),
        ("", "an empty name"),
        ("h" * 300, "a name of 300 characters"),
        ("-oProxyCommand=id", "no name for a host"),
        ("a\nb", "no name for a host"),
        ("web1:", "no name for a host"),
        ("user@web1", "no name for a host"),
    ],
)
def test_what_can_be_no_host_says_why(pattern: str, why: str) -> None:
    with pytest.raises(ValueError, match=why.replace("[", r"\[")):
        hosts_of(pattern)


def test_names_never_look_like_an_option_or_a_separator() -> None:
    assert not any(map(is_host_name, ("-x", "a b", "a/b", "a;b", "$(id)", "a.", ".a")))
    assert not any(map(is_user_name, ("-x", "", "a b", "a;b")))
    assert not any(map(is_group_name, ("-x", "", "a b", "a:b", "a,b", "!a", "&a", "~a", "a[0]", "a\x1bb")))
    assert all(map(is_group_name, ("web", "my-group", "a.b", "tag_Name=web", "größe", "us/east", "1st")))
