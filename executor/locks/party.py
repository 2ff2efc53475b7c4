"""The hosts of one holder, asked all at once, and its own clock: what `gather` needs of the world."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from itertools import count

from executor.hosts.protocol import Host, Job
from executor.locks import orders
from executor.locks.asking import ask_all
from executor.locks.orders import Wish
from executor.locks.words import Answer, Beat, Failed, Holder, Taken

_PATIENCE = 40.0  # seconds in which a host must answer while others wait for it
_LET_GO = 10.0  # seconds in which it must have let go


class Party:
    """Implements `gather.Party`. `durable`: orders go over the lanes that the connections have opened already."""

    def __init__(self, host: Callable[[str], Host], wish: Wish, *, durable: bool = False) -> None:
        self._host = host
        self._durable = durable
        self.wish = wish
        self._numbers = count(1)

    def name(self) -> str:
        """A job's name that no other process of the run uses."""
        return f"lock-{self.wish.token[:8]}-{next(self._numbers)}"

    def taking(self) -> Job:
        """The order to take the lock."""
        return orders.take(self.wish, self.name(), durable=self._durable)

    def take(self, hosts: Iterable[str]) -> Mapping[str, Answer]:
        jobs = {host: self.taking() for host in hosts}
        answers = ask_all(self._host, jobs, _PATIENCE)
        return {host: orders.answer(self.wish, end, stdout) for host, end, stdout in answers}

    def release(self, taken: Mapping[str, Taken]) -> None:
        jobs = {host: orders.release(had, self.name(), durable=self._durable) for host, had in taken.items()}
        for _ in ask_all(self._host, jobs, _LET_GO):
            pass  # whoever does not answer is not asked to be ours again before it does

    def sign(self, taken: Mapping[str, Taken], sign: Beat) -> None:
        """Leave a sign of life, as far as hosts answer."""
        for _ in ask_all(
            self._host, {host: orders.beat(had, sign, self.name()) for host, had in taken.items()}, _LET_GO
        ):
            pass  # it is for others to read; whether the lock holds is seen by the next one

    def seen(self, hosts: Iterable[str]) -> Mapping[str, tuple[Holder, ...] | Failed]:
        """All locks that hold on each host."""
        jobs = {host: orders.look(self.name()) for host in hosts}
        return {host: orders.seen(end, stdout) for host, end, stdout in ask_all(self._host, jobs, _PATIENCE)}

    def holders(self, hosts: Iterable[str]) -> Mapping[str, Holder | None]:
        return {
            host: next((holder for holder in seen if holder.name == self.wish.name), None)
            for host, seen in self.seen(hosts).items()
            if not isinstance(seen, Failed)
        }

    def end(self, holders: Mapping[str, Holder], by: str) -> Mapping[str, str | None]:
        """End these locks, whoever has them; `by` is for their holders. None for each that has ended, else why not."""
        jobs = {host: orders.break_(holder.name, holder.number, by, self.name()) for host, holder in holders.items()}
        return {host: orders.ended(end, stdout) for host, end, stdout in ask_all(self._host, jobs, _PATIENCE)}


class OwnTime:
    """Implements `gather.Time`: the monotonic clock, and pauses that end when `over` is set."""

    def __init__(self, over: threading.Event) -> None:
        self._over = over

    def now(self) -> float:
        return time.monotonic()

    def pause(self, between: tuple[float, float]) -> bool:
        return not self._over.wait(random.uniform(*between))  # noqa: S311  jitter, not a secret
