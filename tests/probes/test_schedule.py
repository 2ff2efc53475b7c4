"""When a probe is asked again, and when its answers add up to a verdict."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from executor.model.leaves import Kind, Late, Template
from executor.model.outcomes import Opinion, Verdict
from executor.model.probes import Http, Probe, Tcp
from executor.probes import Answer, Schedule, begin, observe, watching

TCP = Tcp(port=80)


def answer(opinion: str, seconds: float | None = 0.1) -> Answer:
    kind = {"+": Opinion.PASSED, "-": Opinion.FAILED, "?": Opinion.INCONCLUSIVE}[opinion]
    return Answer(Verdict(kind, f"said {opinion}"), {"port": 80}, None if opinion == "?" else seconds)


def play(schedule: Schedule, answers: str, *, takes: float = 0.0) -> Schedule:
    """Each character is a sample, taken when the schedule wants it; stops at the verdict."""
    for each in answers:
        assert schedule.verdict is None, f"it was over before all of {answers!r} had been seen"
        schedule = observe(schedule, answer(each), schedule.next_at + takes)
    return schedule


def verdict(schedule: Schedule) -> tuple[Opinion, str]:
    assert schedule.verdict is not None
    return schedule.verdict.opinion, schedule.verdict.summary


# --- without a time ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("sample", "opinion"), [("+", "passed"), ("-", "failed"), ("?", "inconclusive")])
def test_without_times_the_first_sample_decides(sample: str, opinion: str) -> None:
    schedule = play(begin(Probe(TCP), 100.0), sample)
    assert verdict(schedule) == (Opinion(opinion), f"said {sample}")


def test_a_verdict_is_for_good() -> None:
    schedule = play(begin(Probe(TCP), 0.0), "-")
    assert observe(schedule, answer("+"), 1.0) is schedule


# --- within --------------------------------------------------------------------------------------------------------


def test_within_it_is_asked_until_it_passes() -> None:
    schedule = begin(Probe(TCP, within=60.0, every=5.0), 100.0)
    assert schedule.next_at == 100.0
    schedule = play(schedule, "-?-")
    assert (schedule.verdict, schedule.next_at) == (None, 115.0)
    schedule = play(schedule, "+")
    assert verdict(schedule) == (Opinion.PASSED, "said +, after 15s and 4 samples")
    assert schedule.verdict is not None
    assert (schedule.verdict.samples, schedule.verdict.duration) == (4, 15.0)


def test_a_first_pass_says_nothing_of_waiting() -> None:
    assert verdict(play(begin(Probe(TCP, within=60.0), 0.0), "+")) == (Opinion.PASSED, "said +")


def test_the_last_look_is_at_the_end_of_the_time() -> None:
    schedule = play(begin(Probe(TCP, within=12.0, every=5.0), 0.0), "---")
    assert schedule.next_at == 12.0
    assert verdict(play(schedule, "-")) == (Opinion.FAILED, "said -, after 12s and 4 samples")
    assert verdict(play(schedule, "+"))[0] is Opinion.PASSED


def test_inconclusive_is_waited_for_and_never_passes() -> None:
    schedule = play(begin(Probe(TCP, within=4.0, every=2.0), 0.0), "???")
    assert verdict(schedule) == (Opinion.INCONCLUSIVE, "said ?, after 4s and 3 samples")


def test_a_slow_sample_delays_the_next_and_none_are_made_up_for() -> None:
    schedule = begin(Probe(TCP, within=60.0, every=2.0), 0.0)
    schedule = observe(schedule, answer("-"), 7.0)
    assert schedule.next_at == 7.0
    schedule = observe(schedule, answer("-"), 7.5)
    assert schedule.next_at == 9.0


def test_samples_keep_step_with_the_first() -> None:
    schedule = play(begin(Probe(TCP, within=60.0, every=2.0), 0.0), "---", takes=0.5)
    assert schedule.next_at == 6.0


# --- hold ----------------------------------------------------------------------------------------------------------


def test_hold_passes_when_it_has_kept_passing() -> None:
    schedule = play(begin(Probe(TCP, hold=6.0, every=2.0), 0.0), "++++")
    assert verdict(schedule) == (Opinion.PASSED, "said +, held for 6s")


def test_without_failing_for_the_first_bad_sample_ends_a_hold() -> None:
    assert verdict(play(begin(Probe(TCP, hold=60.0, every=2.0), 0.0), "+-")) == (Opinion.FAILED, "said -")


def test_a_bad_spell_shorter_than_failing_for_is_tolerated() -> None:
    probe = Probe(TCP, hold=20.0, every=2.0, failing_for=4.0)
    assert verdict(play(begin(probe, 0.0), "+--+--++++" + "+"))[0] is Opinion.PASSED
    assert verdict(play(begin(probe, 0.0), "+--+---")) == (Opinion.FAILED, "said -, for 4s")


def test_a_bad_spell_at_the_end_of_a_hold_is_waited_out() -> None:
    probe = Probe(TCP, hold=4.0, every=2.0, failing_for=6.0)
    assert verdict(play(begin(probe, 0.0), "++---+")) == (Opinion.PASSED, "said +, held for 10s")
    assert verdict(play(begin(probe, 0.0), "++----"))[0] is Opinion.FAILED


def test_inconclusive_neither_ends_a_bad_spell_nor_begins_one() -> None:
    probe = Probe(TCP, hold=60.0, every=2.0, failing_for=6.0)
    assert verdict(play(begin(probe, 0.0), "+-??-")) == (Opinion.FAILED, "said -, for 6s")
    assert play(begin(probe, 0.0), "+??-").verdict is None


def test_a_hold_that_cannot_be_judged_for_too_long_is_inconclusive() -> None:
    probe = Probe(TCP, hold=60.0, every=2.0, failing_for=4.0)
    assert verdict(play(begin(probe, 0.0), "+???")) == (Opinion.INCONCLUSIVE, "said ?, for 4s")


def test_before_anything_could_be_judged_a_hold_waits_to_its_end() -> None:
    probe = Probe(TCP, hold=8.0, every=2.0)
    assert verdict(play(begin(probe, 0.0), "?????"))[0] is Opinion.INCONCLUSIVE
    assert verdict(play(begin(probe, 0.0), "???++"))[0] is Opinion.PASSED


def test_time_in_which_nothing_could_be_known_yet_is_not_held_against_a_probe() -> None:
    probe = Probe(TCP, hold=60.0, every=2.0, failing_for=6.0)
    assert play(begin(probe, 0.0), "???-?").verdict is None


def test_within_and_hold_first_pass_and_then_keep_passing() -> None:
    probe = Probe(TCP, within=10.0, hold=4.0, every=2.0)
    assert verdict(play(begin(probe, 0.0), "--+++")) == (Opinion.PASSED, "said +, held for 4s")
    assert verdict(play(begin(probe, 0.0), "--+-"))[0] is Opinion.FAILED
    assert verdict(play(begin(probe, 0.0), "------")) == (Opinion.FAILED, "said -, after 10s and 6 samples")


# --- watch ---------------------------------------------------------------------------------------------------------


def turns(probe: Probe, answers: str) -> list[str | None]:
    schedule = watching(probe, 0.0)
    said: list[str | None] = []
    for each in answers:
        schedule = observe(schedule, answer(each), schedule.next_at)
        said.append(schedule.turned)
    return said


def test_a_watch_says_what_turns_and_fails_for_good() -> None:
    probe = Probe(TCP, every=1.0, failing_for=2.0)
    assert turns(probe, "++-+?+--+---") == [
        *("good", None, "bad", "good", "inconclusive", "good", "bad", None, "good", "bad", None, "failed")
    ]


def test_a_watch_without_patience_fails_at_once() -> None:
    assert turns(Probe(TCP, every=1.0), "+-") == ["good", "failed"]


def test_a_watch_that_knows_nothing_reports_it_and_does_not_fail() -> None:
    schedule = watching(Probe(TCP, every=1.0, failing_for=2.0), 0.0)
    assert play(schedule, "?" * 1000).verdict is None


# --- rates and percentiles -----------------------------------------------------------------------------------------


def test_rates_are_judged_once_there_are_enough_samples() -> None:
    probe = Probe(Http("u", max_error_rate=0.25, p95=0.2, min_samples=4), every=1.0)
    schedule = play(begin(probe, 0.0), "+-+")
    assert schedule.now is not None
    assert (schedule.now.opinion, schedule.now.summary) == (
        Opinion.INCONCLUSIVE,
        "only 3 of the 4 samples that it takes, 1 error among them",
    )
    good = play(schedule, "+")
    assert verdict(good) == (Opinion.PASSED, "error rate 25.0% (limit 25%), p95 100ms (limit 200ms) over 4 samples")
    bad = play(schedule, "-")
    assert verdict(bad) == (Opinion.FAILED, "error rate 50.0% (limit 25%) over 4 samples")
    assert bad.verdict is not None
    counted = {"samples": 4, "errors": 2, "error_rate": 0.5}
    assert bad.verdict.measured == counted | {"p50": 0.1, "p95": 0.1, "p99": 0.1}


def test_enough_samples_that_could_not_be_taken_are_inconclusive() -> None:
    probe = Probe(Http("u", max_error_rate=0.25, min_samples=3), every=1.0)
    assert verdict(play(begin(probe, 0.0), "+??"))[0] is Opinion.INCONCLUSIVE


def test_rates_look_back_no_further_than_over() -> None:
    probe = Probe(Http("u", max_error_rate=0.5), hold=100.0, every=1.0, over=4.0, failing_for=50.0)
    schedule = play(begin(probe, 0.0), "-----")
    assert schedule.now is not None
    assert schedule.now.opinion is Opinion.FAILED
    schedule = play(schedule, "++++")
    assert schedule.now is not None
    assert schedule.now.summary == "error rate 20.0% (limit 50%) over 5 samples"


def test_without_a_limit_on_errors_every_bad_answer_counts() -> None:
    probe = Probe(Http("u", p95=1.0), hold=10.0, every=1.0)
    assert verdict(play(begin(probe, 0.0), "+-")) == (Opinion.FAILED, "said -")


def test_times_that_cannot_be_measured_are_inconclusive() -> None:
    schedule = begin(Probe(Http("u", p95=1.0)), 0.0)
    schedule = observe(schedule, answer("+", seconds=None), 0.0)
    assert verdict(schedule) == (Opinion.INCONCLUSIVE, "p95 is unknown: no answer could be timed, over 1 sample")


# --- expect --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "opinion", "summary"),
    [
        ("result.port == 80", Opinion.PASSED, "said +"),
        ("result.port > 80", Opinion.FAILED, "expect: result.port > 80 is not true of said +"),
    ],
)
def test_expect_is_asked_of_what_was_found(expression: str, opinion: Opinion, summary: str) -> None:
    for expect in (Template(expression, Kind.EXPRESSION), Late(Template(expression, Kind.EXPRESSION))):
        assert verdict(play(begin(Probe(TCP, expect=expect), 0.0), "+")) == (opinion, summary)


def test_expect_that_cannot_be_told_is_not_met() -> None:
    schedule = play(begin(Probe(TCP, expect=Template("result.gone.deeper", Kind.EXPRESSION)), 0.0), "+")
    assert verdict(schedule)[0] is Opinion.FAILED
    assert "cannot be told" in verdict(schedule)[1]


def test_an_expression_sees_what_the_run_knew() -> None:
    late = Late(Template("result.port == wanted", Kind.EXPRESSION), {"wanted": 80})
    assert verdict(play(begin(Probe(TCP, expect=late), 0.0), "+"))[0] is Opinion.PASSED


def test_a_probe_that_was_ended_says_what_was_measured_until_then() -> None:
    schedule = play(begin(Probe(TCP, hold=60.0, every=2.0), 0.0), "++")
    assert schedule.cancelled(3.0) == Verdict(Opinion.CANCELLED, "ended early: said + so far", {}, 2, 3.0)
    assert begin(Probe(TCP), 0.0).cancelled(0.0).summary == "ended early"


# --- against a model that recomputes everything ----------------------------------------------------------------------


@dataclass(frozen=True)
class Seen:
    at: float
    opinion: str
    seconds: float | None


def nearest_rank(times: list[float], percent: int) -> float | None:
    """The smallest time that at least `percent` of them do not exceed, by trying each."""
    fits = [t for t in times if sum(other <= t for other in times) * 100 >= percent * len(times)]
    return min(fits, default=None)


def current(verb: Http, seen: list[Seen], over: float) -> str:
    """What the whole list of samples says at its end."""
    latest = seen[-1]
    if latest.opinion == "?":
        return "?"
    window = [s for s in seen if s.opinion != "?" and s.at >= latest.at - over]
    if len(window) < (verb.min_samples or 1):  # type: ignore[operator]  # plain numbers here
        return "?"
    if verb.max_error_rate is None and latest.opinion == "-":
        return "-"
    wrong = unknown = False
    if verb.max_error_rate is not None:
        wrong |= sum(s.opinion == "-" for s in window) / len(window) > verb.max_error_rate  # type: ignore[operator]  # plain
    for percent, limit in ((50, verb.p50), (95, verb.p95)):
        if limit is not None:
            time = nearest_rank([s.seconds for s in window if s.seconds is not None], percent)
            unknown |= time is None
            wrong |= time is not None and time > limit  # type: ignore[operator]  # plain
    return "?" if unknown else "-" if wrong else "+"


def held(states: list[tuple[float, str]], *, hold: float | None, failing_for: float, start: float) -> str | None:
    """The verdict of a hold (or of a watch: no `hold`) after all these states, none of which had one before."""
    now, state = states[-1]
    spell: list[tuple[float, str]] = []
    for at, each in reversed(states):
        if each == "+":
            break
        spell.insert(0, (at, each))
    over = hold is not None and now >= start + hold
    if state == "+":
        return "+" if over else None
    if state == "-":
        first_bad = next(at for at, each in spell if each == "-")
        return "-" if now - first_bad >= failing_for else None
    if hold is None:
        return None
    if all(each == "?" for _, each in states):
        return "?" if over else None
    known = next(index for index, (_, each) in enumerate(states) if each != "?")
    since = max(spell[0][0], states[known][0])
    return "?" if now - since >= failing_for else None


SHORT = st.sampled_from([None, 0.0, 0.5, 1.0, 3.0, 7.0])


@settings(max_examples=300, deadline=None)
@given(
    verb=st.builds(
        Http,
        st.just("u"),
        max_error_rate=st.sampled_from([None, 0.0, 0.2, 0.5]),
        p50=st.sampled_from([None, 0.3]),
        p95=st.sampled_from([None, 0.6]),
        min_samples=st.sampled_from([None, 1, 3, 6]),
    ),
    hold=SHORT,
    endless=st.booleans(),
    failing_for=SHORT,
    over=st.sampled_from([0.5, 2.0, 5.0]),
    samples=st.lists(
        st.tuples(
            st.sampled_from("++++---?"),
            st.sampled_from([None, 0.1, 0.25, 0.5, 0.7]),
            st.sampled_from([0.0, 0.1, 1.0, 2.5]),
        ),
        min_size=1,
        max_size=40,
    ),
)
def test_a_schedule_says_what_a_look_at_all_samples_says(
    *,
    verb: Http,
    hold: float | None,
    endless: bool,
    failing_for: float | None,
    over: float,
    samples: list[tuple[str, float | None, float]],
) -> None:
    if not endless and hold is None:
        hold = 5.0
    probe = Probe(verb, hold=hold, every=1.0, failing_for=failing_for, over=over)
    schedule = watching(probe, 0.0) if endless else begin(probe, 0.0)
    many = any(limit is not None for limit in (verb.max_error_rate, verb.p50, verb.p95, verb.min_samples))
    seen: list[Seen] = []
    states: list[tuple[float, str]] = []
    for opinion, seconds, late in samples:
        now = schedule.next_at + late
        seen.append(Seen(now, opinion, None if opinion == "?" else seconds))
        schedule = observe(schedule, answer(opinion, seconds), now)
        states.append((now, current(verb, seen, over) if many else opinion))
        assert schedule.now is not None
        assert schedule.now.opinion is answer(states[-1][1]).verdict.opinion
        expected = held(states, hold=None if endless else hold, failing_for=failing_for or 0.0, start=0.0)
        got = schedule.verdict and schedule.verdict.opinion
        assert got is (None if expected is None else answer(expected).verdict.opinion)
        if len(states) > 1 and schedule.turned != "failed":
            assert (schedule.turned is None) == (states[-1][1] == states[-2][1])
        if schedule.verdict is not None:
            break
