"""Probes over time: samples taken by a few workers, when the schedule says so, until there is a verdict."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace

from executor.drive.inbox import Call, Clock, Inbox
from executor.drive.timers import Timer, Timers
from executor.drive.work import job_id
from executor.engine.effects import Sample, Watch
from executor.events import Judged, Key, WatchTurned
from executor.hosts.protocol import Host
from executor.model.inventories import HostSpec
from executor.model.outcomes import Verdict
from executor.probes.answers import Answer, inconclusive
from executor.probes.ask import Asking, ask
from executor.probes.schedule import Schedule, begin, observe, watching
from executor.secrets import NO_SECRETS, Vault
from executor.secrets.answers import verdict_without


@dataclass(slots=True)
class _Going:
    """A probe that is being asked. `timer` is None while a sample is being taken."""

    effect: Sample | Watch
    asking: Asking
    schedule: Schedule
    timer: Timer | None = None


class Sampling:
    """Runs the probes of a run. All methods belong to the loop's thread; only the asking itself happens elsewhere."""

    def __init__(
        self,
        *,
        host: Callable[[str], Host],
        specs: Mapping[str, HostSpec],
        inbox: Inbox,
        timers: Timers,
        clock: Clock,
        workers: Executor,
        measured: Callable[[Key, Verdict], None],
        vault: Vault = NO_SECRETS,
    ) -> None:
        """`measured` is told what a probe says so far, after each sample."""
        self._host = host
        self._specs = specs
        self._inbox = inbox
        self._timers = timers
        self._clock = clock
        self._workers = workers
        self._measured = measured
        self._vault = vault
        self._going: dict[Key, _Going] = {}
        self._began: dict[tuple[str, str], float] = {}

    def step_began(self, key: Key) -> None:
        """Work on a host begins: from now on its step and its stage have an age there."""
        now = self._clock()
        self._began.setdefault((key.host, key.task), now)
        self._began.setdefault((key.host, _stage(key)), now)

    def start(self, effect: Sample | Watch) -> None:
        """Ask for the first time at once. Judged, or WatchTurned, comes to the inbox."""
        now = self._clock()
        schedule = begin(effect.probe, now) if isinstance(effect, Sample) else watching(effect.probe, now)
        # The control node knows a host by its address; the host itself is localhost to itself.
        address = "localhost" if effect.on == effect.about else self._specs[effect.about].address
        redactor = self._vault.redactor
        clean = redactor.data if redactor else None
        asking = Asking(self._host(effect.on), address, effect.settings, clean=clean)
        going = _Going(effect, asking, schedule)
        self._going[effect.key] = going
        self._ask(going)

    def cancel(self, key: Key) -> None:
        """End a probe now. A sample is answered as cancelled, a watch says nothing more."""
        going = self._going.pop(key, None)
        if going is None:
            return
        if going.timer is not None:
            going.timer.cancel()
        if isinstance(going.effect, Sample):
            self._inbox.put(Judged(key, going.schedule.cancelled(self._clock())))

    def _ask(self, going: _Going) -> None:
        going.timer = None
        key = going.effect.key
        name = f"{job_id(key)}.s{going.schedule.samples + 1}"
        since = self._began.get((going.effect.about, key.task), going.schedule.started)
        age = self._clock() - since

        def take() -> None:
            try:
                probe, settings = self._vault.open((going.effect.probe, going.effect.settings))
                answer = ask(probe, replace(going.asking, settings=settings), job_id=name, age=age)
            except Exception as error:  # noqa: BLE001 - a fault of ours must not pass for an answer, nor end the run
                answer = inconclusive(f"the probe could not be asked: {error!r}")
            self._inbox.put(Call(lambda: self._observe(going, answer)))

        self._workers.submit(take)

    def _observe(self, going: _Going, answer: Answer) -> None:
        key = going.effect.key
        if self._going.get(key) is not going:
            return  # cancelled while it was being asked
        schedule = going.schedule = observe(going.schedule, answer, self._clock())
        if schedule.now is not None:
            self._measured(key, self._told(going, schedule.now))
        if schedule.turned is not None and schedule.now is not None and isinstance(going.effect, Watch):
            verdict = self._told(going, schedule.verdict or schedule.now)
            self._inbox.put(WatchTurned(key, schedule.turned, verdict))
        if schedule.verdict is not None:
            del self._going[key]
            if isinstance(going.effect, Sample):
                self._inbox.put(Judged(key, self._told(going, schedule.verdict)))
            return
        going.timer = self._timers.at(schedule.next_at, lambda: self._ask(going))

    def _told(self, going: _Going, verdict: Verdict) -> Verdict:
        """A verdict as it may be told."""
        if going.effect.settings.no_log:
            return replace(verdict, summary=f"{verdict.opinion.value} (no_log: not shown)", measured={})
        return verdict_without(verdict, self._vault.redactor)


def _stage(key: Key) -> str:
    return key.task.split(".", 1)[0]
