"""A run from its plan to its exit code: everything that the loop needs, put together and taken apart again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, closing
from pathlib import Path
from typing import Protocol, TypeAlias

from executor.drive.inbox import MONOTONIC, Inbox
from executor.drive.locking import Locking, LockOrder
from executor.drive.loop import Loop
from executor.drive.recorder import Recorder, Reporters
from executor.drive.sampling import Sampling
from executor.drive.sent import Sent, sealed_files
from executor.drive.timers import Timers
from executor.drive.work import Work
from executor.drive.world import Questions, RealWorld, probers
from executor.engine import State, initial
from executor.engine.effects import Perform
from executor.errors import Exit
from executor.events import Answered, LockLost, Replanned, Resumed, RunStarted
from executor.hosts.pool import Hosts
from executor.journal.folders import RunFolder
from executor.journal.log import Log
from executor.journal.reading import End
from executor.mirror.mirror import Mirror
from executor.model.plans import Plan
from executor.secrets import NO_SECRETS, Vault


class Desk(Questions, Protocol):
    """Answers questions until it is closed."""

    def close(self) -> None: ...


# Who carries such a run on asks its hosts what became of its steps.
_COMES_BACK = (Exit.STOPPED, Exit.INTERRUPTED, Exit.INCOMPLETE, Exit.REFUSED)

OpenDesk: TypeAlias = Callable[[Callable[[Answered], None]], Desk]
Listening: TypeAlias = Callable[[Inbox], AbstractContextManager[Callable[[], None]]]


def run_plan(
    plan: Plan,
    opening: RunStarted | Resumed,
    *,
    folder: RunFolder,
    state: State | None = None,
    end: End | None = None,
    hosts: Hosts,
    reporters: Reporters,
    open_desk: OpenDesk,
    listening: Listening,
    diff: bool = False,
    vault: Vault = NO_SECRETS,
    lock: LockOrder | None = None,
    replanned: Replanned | None = None,
) -> Exit:
    """Run a plan to its end. It begins with `opening`; before that stands `replanned`, where the plan is another one
    than it was so far, and the `state` has been put over to it.

    A run that is carried on, or undone, has the `state` that its journal gives, and that journal's `end`. `open_desk`
    is told where answers go; `listening` turns signals into events; `diff` has file actions say what they change;
    `vault` has the secrets that the plan names; `lock` is what the run must hold on its hosts.

    Raises JournalFailed where the journal cannot be written (any longer): then nothing new was started.
    """
    inbox, timers = Inbox(), Timers()
    root = Path(plan.root)
    workers = probers()
    try:
        with (
            closing(Log(folder.journal, end)) as log,
            closing(hosts),
            ExitStack() as held,
            listening(inbox) as go_on,
            closing(open_desk(_answers(inbox, go_on))) as desk,
            closing(_mirror(plan, opening, folder, hosts, inbox)) as mirror,
        ):
            locking = None
            if lock is not None:
                local = frozenset(name for name, spec in plan.hosts.items() if spec.local)
                locking = Locking(lock, hosts=hosts, inbox=inbox, timers=timers, clock=MONOTONIC, local=local)
                held.enter_context(closing(locking))
            sampling = Sampling(
                host=hosts.host,
                specs=plan.hosts,
                inbox=inbox,
                timers=timers,
                clock=MONOTONIC,
                workers=workers,
                measured=reporters.measured,
                vault=vault,
            )
            sent = Sent(sealed_files(opening, state.run if state is not None else None))
            world = RealWorld(
                hosts=hosts,
                work=Work(
                    hosts.host,
                    inbox,
                    folder,
                    root,
                    diff=diff,
                    vault=vault,
                    lock=locking,
                    sent=sent,
                    only_asks=_only_asked(plan, opening, state),
                ),
                sampling=sampling,
                questions=desk,
                inbox=inbox,
                timers=timers,
                clock=MONOTONIC,
                locking=locking,
            )
            loop = Loop(
                plan,
                state if state is not None else initial(plan),
                opening,
                world=world,
                inbox=inbox,
                timers=timers,
                recorder=Recorder(log, reporters, MONOTONIC, end.seq if end is not None else 0, mirror=mirror.event),
                reporters=reporters,
                clock=MONOTONIC,
                redactor=vault.redactor,
                before=() if replanned is None else (replanned,),
            )
            code = loop.run()
            if vault.redactor and code not in _COMES_BACK:
                # The hosts' copies of the output are as the steps printed it, and are not needed any more.
                hosts.forget()
            return code
    finally:
        workers.shutdown(wait=False, cancel_futures=True)
        reporters.close()


def _only_asked(plan: Plan, opening: RunStarted | Resumed, state: State | None) -> Callable[[Perform], bool]:
    """Where a run goes back, what was under way on its way forward is not begun any more only to be undone."""
    aborted = state.aborted if state is not None else None
    back = isinstance(opening, Resumed) and (opening.undo or (aborted is not None and aborted.then == "rollback"))
    steps = frozenset(step.id for stage in plan.stages for step in (*stage.drain, *stage.steps)) if back else ()

    def asked(perform: Perform) -> bool:
        key = perform.key
        return perform.again and key.direction == "forward" and key.part == "action" and key.task in steps

    return asked


def _mirror(plan: Plan, opening: RunStarted | Resumed, folder: RunFolder, hosts: Hosts, inbox: Inbox) -> Mirror:
    around = (step for stage in plan.stages for step in (*stage.drain, *stage.restore, *stage.always))
    return Mirror(
        folder,
        hosts.host,
        f"{opening.operator} on {opening.controller}",
        lambda host, why: inbox.put(LockLost(host, why)),
        carried_on=isinstance(opening, Resumed),
        around=frozenset(step.id for step in around),
    )


def _answers(inbox: Inbox, go_on: Callable[[], None]) -> Callable[[Answered], None]:
    """Where answers go. An interrupt that is answered with `go on` is over: the next one is a first one again."""

    def answered(event: Answered) -> None:
        if event.key.part == "interrupt" and event.choice == "go on":
            go_on()
        inbox.put(event)

    return answered
