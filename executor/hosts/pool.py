"""All hosts of a run: one of each, opened side by side without overrunning anybody, and closed together."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from queue import SimpleQueue

from executor.hosts.connecting import Credentials
from executor.hosts.crew import Crew
from executor.hosts.errors import ConnectionFailed
from executor.hosts.local import LocalHost
from executor.hosts.protocol import Host
from executor.hosts.ssh import PATIENCE, SshHost
from executor.model.inventories import HostSpec, Ssh

# More threads than this cost more per host, the more hosts there are.
THREADS = 24
# sshd starts to refuse at ten connections that are not logged in yet, and several hosts may be one machine. Seconds for
# each that has the same address.
_STAGGER = 0.003
_BEAT = 2.0  # seconds between looks at the connections' pulse


class Hosts:
    """Makes each host when it is first asked for and keeps it. Use as a context manager, or call `close`.

    `run` is the run's id, `root` the project's folder, in which localhost works. `become_password` is asked when sudo
    is first entered with a password, from any thread; for a host whose inventory names a secret for that, `secret` is
    asked, which gives one by its name. A host that goes away is looked for during `patience` seconds. `known` are those
    that an earlier program of the same run has reached: a record that is not there any more has been lost. `awaited`
    are those on which work of the run is under way: they are looked for as long already when they are first connected
    to. `traceless` is for those who only look: nothing is made on a host as long as all jobs can run plainly.
    """

    def __init__(
        self,
        specs: Mapping[str, HostSpec],
        run: str,
        *,
        root: Path | None = None,
        become_password: Callable[[], str] | None = None,
        patience: float | None = None,
        secret: Callable[[str], str] | None = None,
        known: Collection[str] = (),
        awaited: Collection[str] = (),
        traceless: bool = False,
    ) -> None:
        self._specs = specs
        self._crowds = Counter((spec.address, spec.ssh.port) for spec in specs.values())
        self._traceless = traceless
        self._known = frozenset(known)
        self._awaited = frozenset(awaited)
        self._secret = secret
        self._run = run
        self._root = root or Path.cwd()
        self._become_password = become_password
        self._patience = PATIENCE if patience is None else patience
        self._credentials = Credentials()
        self._lock = threading.Lock()
        self._hosts: dict[tuple[str, Ssh | None], Host] = {}  # with the settings that were lent to a jump host
        self._pool = Crew(THREADS, "runbook-connect")
        self._closed = threading.Event()
        threading.Thread(target=self._watch, name="runbook-pulse", daemon=True).start()

    def __enter__(self) -> Hosts:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def host(self, name: str) -> Host:
        """The host of that name, connected or not. Raises KeyError."""
        with self._lock:
            if (name, None) not in self._hosts:
                self._hosts[name, None] = self._make(self._specs[name])
            return self._hosts[name, None]

    def connect(self, names: Iterable[str], told: Callable[[str, float, ConnectionFailed | None], None]) -> None:
        """Connects in the background; `told` hears of each, from any thread: name, seconds, and what went wrong."""
        for name in names:
            self._pool.submit(self._connect, name, told).add_done_callback(_must_not_fail)

    def reach(self, names: Collection[str]) -> dict[str, ConnectionFailed | None]:
        """Connects to all of them, side by side (blocking); what went wrong with each, None where it is there."""
        told: SimpleQueue[tuple[str, ConnectionFailed | None]] = SimpleQueue()
        self.connect(names, lambda name, _seconds, failure: told.put((name, failure)))
        answers = dict(told.get() for _ in names)
        return {name: answers[name] for name in names}

    def forget(self) -> None:
        """Removes what the run's ended jobs have printed from all hosts (blocking), as far as they can be reached."""
        with self._lock:
            hosts = [host for host in self._hosts.values() if isinstance(host, SshHost | LocalHost)]
        with ThreadPoolExecutor(THREADS, thread_name_prefix="runbook-forget") as pool:
            list(pool.map(lambda host: host.forget(), hosts))

    def close(self) -> None:
        """Closes all connections. Jobs that still run on the hosts run on."""
        self._closed.set()
        self._pool.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            hosts = tuple(self._hosts.values())
        for host in hosts:
            host.close()

    def _make(self, spec: HostSpec, lent: Ssh | None = None) -> Host:
        password = self._become_password
        if spec.become_secret and self._secret is not None:
            password = partial(self._secret, spec.become_secret)
        if spec.local:
            known = spec.name in self._known
            return LocalHost(self._run, self._root, name=spec.name, become_password=password, known=known)
        return SshHost(
            spec,
            self._run,
            credentials=self._credentials,
            through=self._jump,
            become_password=password,
            patience=self._patience,
            known=spec.name in self._known,
            awaited=spec.name in self._awaited,
            traceless=self._traceless,
            lent=lent,
        )

    def _connect(self, name: str, told: Callable[[str, float, ConnectionFailed | None], None]) -> None:
        began = time.monotonic()
        failure: ConnectionFailed | None = ConnectionFailed("the program failed while it connected")
        try:
            self._stagger(self._specs[name])
            began = time.monotonic()
            self.host(name).connect()
            failure = None
        except ConnectionFailed as error:
            failure = error
        finally:
            told(name, time.monotonic() - began, failure)

    def _stagger(self, spec: HostSpec) -> None:
        others = min(self._crowds[spec.address, spec.ssh.port] - 1, 100)
        time.sleep(random.uniform(0, _STAGGER * others))  # noqa: S311  jitter, not a secret

    def _jump(self, host: SshHost, jump: str, before: tuple[str, ...]) -> SshHost | None:
        """A jump host: one of the inventory, or `[user@]host[:port]`. Raises ConnectionFailed for a circle."""
        found = self._jump_host(jump, before, host.ssh)
        if found.name == host.name or (found.target.host, found.target.port) == (host.target.host, host.target.port):
            return None  # `jump` for all hosts, read for the bastion itself
        seen = [host.name]
        step: SshHost | None = found
        while step is not None:
            if step.name in seen:
                raise ConnectionFailed(
                    f"the jump hosts go in a circle: {' → '.join([*seen, step.name])}", kind="config"
                )
            seen.append(step.name)
            onward = step.target.jump
            step = self._jump_host(onward[-1], onward[:-1], step.ssh) if onward else None
            if step is not None and step.name == seen[-1]:
                step = None
        return found

    def _jump_host(self, jump: str, before: tuple[str, ...], ssh: Ssh) -> SshHost:
        """`ssh` is that of the host behind it: what is said there holds for a jump host that the inventory does not
        know, too."""
        name = ",".join((*before, jump))
        spec = self._specs.get(jump)
        lent = None if spec else replace(ssh, user=None, port=None, jump=None)
        spec = spec or _ad_hoc(jump, ssh)
        if before:
            spec = replace(spec, ssh=replace(spec.ssh, jump=",".join(before)))
        # Hosts with other settings do not meet on it: one may trust what another does not.
        with self._lock:
            if (name, lent) not in self._hosts:
                self._hosts[name, lent] = self._make(replace(spec, name=name), lent)
            host = self._hosts[name, lent]
        if not isinstance(host, SshHost):
            raise ConnectionFailed(f"{jump} is this machine: it cannot be a jump host", kind="config")
        return host

    def _watch(self) -> None:
        while not self._closed.wait(_BEAT):
            with self._lock:
                hosts = tuple(self._hosts.values())
            now = time.monotonic()
            for host in hosts:
                if isinstance(host, SshHost):
                    host.pulse(now)


def _ad_hoc(jump: str, ssh: Ssh) -> HostSpec:
    """`[user@]host[:port]`, also with an IPv6 address in brackets, by the settings of who goes through it."""
    user, at, rest = jump.strip().rpartition("@")
    host, colon, port = rest.rpartition(":")
    if not colon or not port.isdigit() or (host.count(":") and not host.startswith("[")):
        host, port = rest, ""
    own = replace(
        ssh, user=user if at else None, port=int(port) if port else None, key=None, known_hosts=None, jump=None
    )
    return HostSpec(jump, host.strip("[]"), own)


def _must_not_fail(future: Future[None]) -> None:
    """A fault of the program's in a thread must not vanish."""
    if not future.cancelled():
        future.result()
