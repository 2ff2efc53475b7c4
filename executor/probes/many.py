"""What many answers of an `http` probe are worth together: error rate and percentiles."""

from __future__ import annotations

from executor.model.outcomes import Opinion, Verdict
from executor.model.probes import Http
from executor.probes.leaves import number
from executor.probes.window import Window
from executor.probes.words import count, duration, percent, percent_beside


def needed(verb: Http) -> int:
    """How many samples there must be before anything is said."""
    return max(int(number(verb.min_samples) or 1), 1)


def judge(verb: Http, window: Window, latest: Verdict) -> Verdict:
    """The verdict over a look-back. Without a limit on errors, each bad answer counts as it comes."""
    limits = {50: number(verb.p50), 95: number(verb.p95), 99: number(verb.p99)}
    times = {rank: window.percentile(rank) for rank in limits}
    measured: dict[str, float | int | str | None] = {
        "samples": window.count,
        "errors": window.bad,
        "error_rate": window.error_rate,
        **{f"p{rank}": time for rank, time in times.items()},
    }
    over = f"over {count(window.count, 'sample')}"
    if window.count < needed(verb):
        said = f"only {window.count} of the {needed(verb)} samples that it takes"
        bad = f", {count(window.bad, 'error')} among them" if window.bad else ""
        return Verdict(Opinion.INCONCLUSIVE, said + bad, measured)
    most = number(verb.max_error_rate)
    if most is None and latest.opinion is Opinion.FAILED:
        return Verdict(Opinion.FAILED, latest.summary, {**measured, **latest.measured})
    good: list[str] = []
    bad_ones: list[str] = []
    if most is not None:
        words = f"error rate {percent_beside(window.error_rate, most)} (limit {percent(most)})"
        (bad_ones if window.error_rate > most else good).append(words)
    for rank, limit in limits.items():
        if limit is None:
            continue
        time = times[rank]
        if time is None:
            return Verdict(Opinion.INCONCLUSIVE, f"p{rank} is unknown: no answer could be timed, {over}", measured)
        (bad_ones if time > limit else good).append(f"p{rank} {duration(time)} (limit {duration(limit)})")
    if bad_ones:
        return Verdict(Opinion.FAILED, f"{', '.join(bad_ones)} {over}", measured)
    good = good or [latest.summary]
    return Verdict(Opinion.PASSED, f"{', '.join(good)} {over}", measured)
