"""Host patterns mean what they mean to Ansible; what means nothing is told."""

from __future__ import annotations

import pytest

from executor.errors import InvalidInput
from executor.language import limit_hosts, match_hosts
from executor.model.inventories import Group, HostSpec, Inventory
from executor.model.places import Place

NAMES = ("web1", "web2", "web3", "db1", "db2", "db-eu")
HOSTS = {name: HostSpec(name, name) for name in NAMES} | {"localhost": HostSpec("localhost", "localhost", local=True)}
INVENTORY = Inventory(
    HOSTS,
    {
        "all": Group("all", NAMES),
        "web": Group("web", ("web1", "web2", "web3")),
        "db": Group("db", ("db1", "db2", "db-eu")),
        "eu": Group("eu", ("web2", "db-eu")),
        "empty": Group("empty"),
        "ungrouped": Group("ungrouped"),
    },
)


@pytest.mark.parametrize(
    ("pattern", "hosts"),
    [
        ("web1", "web1"),
        ("web", "web1 web2 web3"),
        ("all", "web1 web2 web3 db1 db2 db-eu"),
        ("*", "web1 web2 web3 db1 db2 db-eu"),
        ("localhost", "localhost"),
        ("web:db", "web1 web2 web3 db1 db2 db-eu"),
        ("db,web", "db1 db2 db-eu web1 web2 web3"),
        ("db , web1", "db1 db2 db-eu web1"),
        ("web3,web1", "web3 web1"),
        ("web:web1", "web1 web2 web3"),
        ("web:!web3", "web1 web2"),
        ("!web3:web", "web1 web2"),
        ("!web", "db1 db2 db-eu"),
        ("web:&eu", "web2"),
        ("&eu", "web2 db-eu"),
        ("web:db:&eu:!web2", "db-eu"),
        ("web[0]", "web1"),
        ("web[-1]", "web3"),
        ("web[0:1]", "web1 web2"),
        ("web[1:]", "web2 web3"),
        ("web[:1]", "web1 web2"),
        ("web[0-1]", "web1 web2"),
        ("web[0:99]", "web1 web2 web3"),
        ("web[0]:db[1]", "web1 db2"),
        ("web:!web[0]", "web2 web3"),
        ("db*", "db1 db2 db-eu"),
        ("*1", "web1 db1"),
        ("web?", "web1 web2 web3"),
        ("e*", "web2 db-eu"),
        ("~(web|db)1", "web1 db1"),
        ("~web[12]", "web1 web2"),
        ("~db\\d:!db2", "db1"),
        ("localhost:web1", "localhost web1"),
        ("web:!*-eu", "web1 web2 web3"),
    ],
)
def test_a_pattern_means_these_hosts_in_this_order(pattern: str, hosts: str) -> None:
    assert match_hosts(pattern, INVENTORY) == tuple(hosts.split())


@pytest.mark.parametrize(
    ("pattern", "message", "hint"),
    [
        ("wbe", "there is no host or group 'wbe'", "did you mean 'web'?"),
        ("web:!web33", "there is no host or group 'web33'", "did you mean 'web3'?"),
        ("web:&ue", "there is no host or group 'ue'", "groups are: web, db, eu, empty"),
        ("empty", "'empty' means no host", "the group 'empty' has no hosts"),
        ("web:!web", "'web:!web' means no host", ""),
        ("cache*", "'cache*' means no host", ""),
        ("web[3]", "'web[3]' means no host: 'web' has 3", "counting begins at 0"),
        ("~(", "'(' is not a regular expression", "~ begins one in a host pattern"),
        ("~web[", "'web[' is not a regular expression", "~ begins one in a host pattern"),
    ],
)
def test_a_pattern_that_means_nothing_is_told_with_its_place(pattern: str, message: str, hint: str) -> None:
    place = Place("r.yml", 3, 5)
    with pytest.raises(InvalidInput) as caught:
        match_hosts(pattern, INVENTORY, place)
    problem = caught.value.problems[0]
    assert (problem.message, problem.hint, problem.place) == (message, hint, place)


def test_all_wrong_terms_of_a_pattern_are_told_at_once() -> None:
    with pytest.raises(InvalidInput) as caught:
        match_hosts("wbe:!bd", INVENTORY)
    assert len(caught.value.problems) == 2


def test_localhost_is_matched_by_its_name_alone() -> None:
    assert "localhost" not in match_hosts("*", INVENTORY)
    with pytest.raises(InvalidInput):
        match_hosts("local*", INVENTORY)


def test_an_inventory_without_hosts_says_so() -> None:
    with pytest.raises(InvalidInput) as caught:
        match_hosts("all", Inventory({}, {}))
    assert caught.value.problems[0].hint == "the inventory has no hosts"


def test_a_limit_never_takes_localhost_away() -> None:
    assert limit_hosts("web1,db", INVENTORY) == {"web1", "db1", "db2", "db-eu", "localhost"}
    assert limit_hosts(None, INVENTORY) == {*NAMES, "localhost"}


def test_a_limit_that_means_no_host_is_an_error_of_the_flag() -> None:
    with pytest.raises(InvalidInput) as caught:
        limit_hosts("cache*", INVENTORY)
    assert caught.value.problems[0].message == "--limit: 'cache*' means no host"


def test_a_regular_expression_of_which_python_would_warn_is_taken_as_it_is(recwarn: pytest.WarningsRecorder) -> None:
    assert match_hosts("~[[w].*", INVENTORY)
    assert not recwarn
