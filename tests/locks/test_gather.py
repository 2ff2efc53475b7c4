"""All hosts or none: what a run does that finds somebody in the way, on hosts and clocks that are values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from executor.locks.gather import GATHERING, STALE, Blocked, Gathered, GivenUp, gather
from executor.locks.words import Answer, Beat, Busy, Claim, Failed, Holder, Taken

OLD = Holder(1, 60, "m", "run-m", Claim("ada", "laptop", ""), Beat(1, "x"))
YOUNG = replace(OLD, age=1, beat=None)
OTHER = Holder(2, 5, "n", "run-n", OLD.claim, Beat(1, "x"))
OURS = "h"  # between those of `a` and `z`


@dataclass
class Fleet:
    """Hosts with locks; `now` passes as somebody sleeps, and `happens` says what changes at which moment."""

    held: dict[str, Holder] = field(default_factory=dict)
    ours: set[str] = field(default_factory=set)
    kept: set[str] = field(default_factory=set)
    away: set[str] = field(default_factory=set)
    happens: list[tuple[float, Callable[[], object]]] = field(default_factory=list)
    now_is: float = 0.0
    awake_until: float = 1e9
    released: list[str] = field(default_factory=list)
    told: list[Blocked] = field(default_factory=list)

    def take(self, hosts: Iterable[str]) -> Mapping[str, Answer]:
        return {host: self._take(host) for host in hosts}

    def _take(self, host: str) -> Answer:
        if host in self.away:
            return Failed("away")
        if host in self.held:
            holder = self.held[host]
            return Busy(holder if holder.age is None else replace(holder, age=holder.age + int(self.now_is)))
        self.ours.add(host)
        return Taken(7, f"/{host}/7", OURS, kept=host in self.kept)

    def release(self, taken: Mapping[str, Taken]) -> None:
        self.released += taken
        self.ours -= taken.keys()

    def holders(self, hosts: Iterable[str]) -> Mapping[str, Holder | None]:
        return {host: self.held.get(host) for host in hosts}

    def now(self) -> float:
        return self.now_is

    def pause(self, between: tuple[float, float]) -> bool:
        self.now_is += between[1]
        for at, do in self.happens:
            if at <= self.now_is:
                do()
        self.happens = [(at, do) for at, do in self.happens if at > self.now_is]
        return self.now_is < self.awake_until

    def gather(self, *hosts: str, wait: float = 0.0, word: str = OURS) -> Gathered | Blocked | GivenUp:
        return gather(self.take(hosts), self, word, wait=wait, time=self, waiting=self.told.append)


def test_free_hosts_are_all_taken_and_those_that_are_away_are_left_out() -> None:
    fleet = Fleet(away={"c"})
    met = fleet.gather("a", "b", "c")
    assert isinstance(met, Gathered)
    assert (list(met.taken), dict(met.failed)) == (["a", "b"], {"c": Failed("away")})


def test_a_run_at_work_in_the_way_means_that_nothing_is_kept() -> None:
    fleet = Fleet(held={"b": OLD})
    met = fleet.gather("a", "b", "c")
    assert met == Blocked({"b": OLD})
    assert fleet.ours == set()
    assert fleet.now_is == 0.0


def test_a_host_that_was_started_anew_has_a_lock_that_is_old() -> None:
    holder = replace(YOUNG, age=None)
    assert Fleet(held={"b": holder}).gather("a", "b") == Blocked({"b": holder})


def test_the_smaller_token_keeps_what_it_has_while_others_gather() -> None:
    fleet = Fleet(held={"b": YOUNG})
    fleet.happens = [(1.0, fleet.held.clear)]
    met = fleet.gather("a", "b", word="a")
    assert isinstance(met, Gathered)
    assert fleet.released == []


def test_the_greater_token_lets_go_and_tries_again() -> None:
    fleet = Fleet(held={"b": YOUNG})
    fleet.happens = [(1.0, fleet.held.clear)]
    met = fleet.gather("a", "b", word="z")
    assert isinstance(met, Gathered)
    assert sorted(met.taken) == ["a", "b"]
    assert fleet.released[0] == "a"


def test_who_gathers_for_long_is_at_work() -> None:
    fleet = Fleet(held={"b": YOUNG})
    assert isinstance(fleet.gather("a", "b"), Blocked)
    assert fleet.now_is <= GATHERING + 1
    assert fleet.ours == set()


def test_nobody_races_for_ever_with_ever_new_others() -> None:
    fleet = Fleet(held={"b": replace(YOUNG, age=-1000)})
    assert isinstance(fleet.gather("a", "b"), Blocked)
    assert fleet.ours == set()


def test_waiting_is_with_empty_hands_until_the_holder_is_gone() -> None:
    fleet = Fleet(held={"b": OLD})
    fleet.happens = [(30.0, fleet.held.clear)]
    met = fleet.gather("a", "b", wait=60)
    assert isinstance(met, Gathered)
    assert sorted(met.taken) == ["a", "b"]
    assert fleet.released == ["a"]
    assert [list(blocked.holders) for blocked in fleet.told] == [["b"]]


def test_waiting_has_an_end() -> None:
    fleet = Fleet(held={"b": OLD})
    assert fleet.gather("a", "b", wait=60) == Blocked({"b": OLD})
    assert 60 <= fleet.now_is < 70
    assert fleet.ours == set()


def test_a_holder_without_a_sign_of_life_is_told_and_never_robbed() -> None:
    fleet = Fleet(held={"b": OLD})
    met = fleet.gather("b", wait=2 * STALE)
    assert met == Blocked({"b": OLD}, frozenset({"b"}))
    assert [blocked.stale for blocked in fleet.told] == [frozenset(), frozenset({"b"})]
    assert "b" in fleet.held


def test_a_holder_that_lives_is_never_called_silent() -> None:
    fleet = Fleet(held={"b": OLD})

    def beat(count: int) -> Callable[[], object]:
        return lambda: fleet.held.update(b=replace(OLD, beat=Beat(count, "x")))

    fleet.happens = [(20.0 * turn, beat(turn)) for turn in range(1, 20)]
    met = fleet.gather("b", wait=2 * STALE)
    assert isinstance(met, Blocked)
    assert met.stale == frozenset()


def test_another_holder_is_told_anew() -> None:
    fleet = Fleet(held={"b": OLD})
    fleet.happens = [(10.0, lambda: fleet.held.update(b=OTHER))]
    fleet.gather("b", wait=30)
    assert [blocked.holders["b"].run for blocked in fleet.told] == ["run-m", "run-n"]


def test_who_is_told_to_stop_keeps_nothing() -> None:
    fleet = Fleet(held={"b": OLD}, awake_until=5.0)
    assert fleet.gather("a", "b", wait=60) == GivenUp()
    assert fleet.ours == set()


def test_what_a_stopped_run_had_kept_stays_its_own() -> None:
    fleet = Fleet(held={"b": OLD}, kept={"a"})
    met = fleet.gather("a", "b")
    assert isinstance(met, Blocked)
    assert list(met.kept) == ["a"]
    assert fleet.released == []
