"""Numbers that can never matter: a tolerance that no stage can use up, samples that no time is long enough for."""

from __future__ import annotations

from collections.abc import Iterator
from math import floor

from executor.errors import InvalidInput
from executor.language.advice.rules import Finding, Rule
from executor.language.advice.subject import Subject
from executor.language.patterns import LOCALHOST, match_hosts
from executor.model import amounts
from executor.model.leaves import Duration
from executor.model.places import Place
from executor.model.probes import Http, Probe
from executor.model.runbooks import Amount, Stage

# What holds for a probe that does not say it (executor.probes.times).
EVERY = 2.0
LOOK_BACK = 300.0


def _max_failures(subject: Subject) -> Iterator[Finding]:
    for stage in subject.runbook.stages:
        amount = stage.max_failures
        if not isinstance(amount, Amount) or not amount.number:
            continue
        place = _key(subject, stage, "max_failures")
        total = _hosts(subject, stage)
        if amount.percent and amount.number >= 100:
            yield Finding("every host may fail, so that nothing ever aborts this stage", place, "a number below 100%")
        elif total is not None and not amount.percent and amount.number >= total:
            hosts = "the only host" if total == 1 else f"all {total} hosts"
            hint = f"below {total}" if total > 1 else "0, which is the default"
            yield Finding(f"{hosts} of this stage may fail, so that nothing ever aborts it", place, hint)
        elif total is not None and amount.percent and not amounts.allowed_failures(amount, total):
            hint = f"at least {_share(total)}%, or a number of hosts"
            yield Finding(f"{amount.number:g}% of {total} hosts is none: the first failure aborts", place, hint)


def _hosts(subject: Subject, stage: Stage) -> int | None:
    """How many hosts a stage has; None where that is not known here."""
    if stage.hosts == LOCALHOST:
        return 1
    if subject.inventory is None or not isinstance(stage.hosts, str):
        return None
    try:
        return len(match_hosts(stage.hosts, subject.inventory))
    except InvalidInput:
        return None  # told by whoever plans it


def _share(total: int) -> int:
    """The smallest whole percentage of `total` hosts that is a host."""
    return -(-100 // total)


def _key(subject: Subject, stage: Stage, key: str) -> Place:
    node = subject.value(stage, key)
    return node.place if node is not None else stage.place


MAX_FAILURES = Rule(
    "max-failures",
    "a `max_failures` that can never bind, or never tolerates anything",
    "A limit that cannot be reached is no limit: a bad release would go over the whole fleet. A percentage is rounded "
    "down, so that 10% of five hosts are none. How many hosts a pattern means is known with `-i`.",
    """\
- name: Roll out
  hosts: web
  serial: [1, 25%, 100%]
  max_failures: 10%
  steps:
    - {name: Update, shell: ./update.sh, timeout: 5m, rollback: ./update.sh --back}
""",
    _max_failures,
)


def _min_samples(subject: Subject) -> Iterator[Finding]:
    watches = {id(probe) for stage in subject.runbook.stages for probe in stage.watch}
    for probe, _ in subject.probes():
        wanted = probe.verb.min_samples if isinstance(probe.verb, Http) else None
        most = _most_samples(probe, endless=id(probe) in watches)
        if isinstance(wanted, int) and most is not None and wanted > most:
            node = subject.value(probe, "http", "min_samples")
            yield Finding(
                f"{wanted} samples can never come together: there are at most {most} within the look-back",
                node.place if node is not None else probe.place,
                "ask more often with `every:`, look further back with `over:`, or want fewer",
            )


def _most_samples(probe: Probe, *, endless: bool) -> int | None:
    """How many samples a probe can have within its look-back; None where that is not known, or has no bound."""
    said: list[Duration | None] = [probe.over, probe.failing_for, probe.hold, probe.within]
    every = EVERY if probe.every is None else probe.every
    times = [time for time in (*said, every) if time is not None]
    if not all(isinstance(time, int | float) for time in times) or not isinstance(every, int | float) or every <= 0:
        return None
    known = [time if isinstance(time, int | float) else None for time in said]
    over = next((time for time in known if time), LOOK_BACK if endless else None)
    whole = known[2] or known[3]  # the time in which samples are taken at all
    limits = [time for time in (over, None if endless else whole) if time]
    return floor(min(limits) / every) + 1 if limits else None


MIN_SAMPLES = Rule(
    "min-samples",
    "more samples than there can ever be",
    "With fewer than `min_samples` a probe says nothing: it is inconclusive. A gate waits until its time is up and "
    "then fails, and a watch never notices anything.",
    """\
- name: Error rate stays low
  probe:
    http: {url: "https://app.example.com/", max_error_rate: 1%, min_samples: 200}
    every: 1s
    hold: 10m
    over: 5m
""",
    _min_samples,
)
