"""Hosts that differ in their names alone are told once, and nothing else is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from executor.report.plans.facts import Alike, Does, Guard, Round, Undo
from executor.report.plans.naming import FEWEST, NAME, by_name, probes_by_name, texts_by_name

HOSTS = ("web1", "web2", "web10", "db", "a", "b", "cache")


def group(host: str, script: str, undo: str = "") -> Alike:
    back = Undo("handler", steps=(("", Round(Does("shell", code=undo))),)) if undo else None
    return Alike((host,), (Round(Does("shell", code=script), guards=(Guard("not if", script),), undo=back),))


def told_for(groups: tuple[Alike, ...]) -> dict[str, tuple[str, str]]:
    """The script and the first guard of each host, with its name where it is left open."""
    return {
        host: (
            one.does.code.replace(NAME, host) if group.by_name else one.does.code,
            one.guards[0].command.replace(NAME, host) if group.by_name else one.guards[0].command,
        )
        for group in groups
        for host in group.hosts
        for one in group.rounds
    }


@given(st.lists(st.sampled_from(["ls /srv/{}", "ls /srv/{0}/{0}", "web", "{}1", "x"]), min_size=7, max_size=7))
def test_with_its_name_each_host_has_its_own_command_again(scripts: list[str]) -> None:
    groups = tuple(group(host, script.format(host)) for host, script in zip(HOSTS, scripts, strict=True))
    assert told_for(by_name(groups)) == told_for(groups)


def test_many_hosts_are_told_once_their_handlers_too() -> None:
    groups = tuple(group(f"web{n}", f"up web{n}", f"down web{n}") for n in range(20))
    (one,) = by_name(groups)
    assert one.hosts == tuple(f"web{n}" for n in range(20))
    assert one.rounds[0].does.code == f"up {NAME}"
    assert one.rounds[0].undo is not None
    assert one.rounds[0].undo.steps[0][1].does.code == f"down {NAME}"


def test_few_hosts_are_told_one_by_one() -> None:
    groups = tuple(group(f"web{n}", f"up web{n}") for n in range(FEWEST - 1))
    assert by_name(groups) == groups


def test_who_differs_by_more_than_its_name_stands_alone() -> None:
    same = tuple(group(f"web{n}", f"up web{n}") for n in range(6))
    other = group("db1", "up db1 --slow")
    assert [one.hosts for one in by_name((*same[:3], other, *same[3:]))] == [
        tuple(f"web{n}" for n in range(6)),
        ("db1",),
    ]


def test_probes_and_ways_back_are_told_alike() -> None:
    probes: dict[tuple[str, ...], list[str]] = {(f"GET http://web{n}/",): [f"web{n}"] for n in range(6)}
    assert probes_by_name(probes) == {(f"GET http://{NAME}/",): ([f"web{n}" for n in range(6)], True)}
    assert texts_by_name({f"web{n}": (f"rm web{n}",) for n in range(6)}) == (f"rm {NAME}",)
    assert texts_by_name({"web1": ("rm web1",), "web2": ("rm web2",)}) == ("rm web1", "rm web2")
