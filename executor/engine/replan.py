"""A run that goes on by another plan: how far it has come, and its state put over to that plan.

`executor.planning.merging` makes the plan. Here nothing is decided anew: what is behind a host stays behind it, and
what comes next for it is the first thing of the new course that is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from executor.engine.course import forward
from executor.engine.evolve import initial
from executor.engine.state import Course, Do, Element, Gate, HostState, StageState, State, Work
from executor.errors import Problem
from executor.model.plans import Plan, PlannedStage
from executor.planning.merging import Reached


def reached(state: State) -> Reached:
    """How far a run has come."""
    stage = state.stage if state.stage is not None and state.stage.begun else None
    at = stage.at if stage is not None else -1
    names = state.hosts.items()
    return Reached(
        done=state.done,
        begun=stage is not None,
        started={name: frozenset(_started(state, host)) for name, host in names},
        behind={name: _behind(host, at) for name, host in names},
        open={name: frozenset(_open(state, host)) for name, host in names},
        entered=frozenset(name for name, host in names if at in host.entered),
        passed=frozenset(name for name, host in names if host.entered.get(at)),
        touched=frozenset(name for name, host in names if host.touched or host.flights),
    )


def settled(state: State) -> bool:
    """Nothing is under way, and no host is on its way back: it is known of every step what came of it."""
    course_kinds = {course.kind for host in state.hosts.values() if (course := host.course) is not None}
    return not state.flights and not state.own and course_kinds <= {"batch"}


def _started(state: State, host: HostState) -> Iterator[str]:
    """Whatever has a trace on the host: attempts of guards, too, for they have left a record under their id."""
    known = state.index.steps
    yield from (task for task, _, direction, _ in host.tries if direction == "forward" and task in known)
    yield from (entry.task for entry in host.armed.values())
    course = _course(host)
    if course is not None:
        yield from (element.step.id for element in course.elements[: course.at] if isinstance(element, Do))


def _behind(host: HostState, at: int) -> frozenset[str]:
    """What the host is through with: all that it has begun of a stage that it has passed."""
    course = _course(host)
    if course is not None and course.stage == at:
        return frozenset(element.step.id for element in course.elements[: course.at] if isinstance(element, Do))
    if not host.entered.get(at):
        return frozenset()
    return frozenset(task for task, _, direction, _ in host.tries if direction == "forward")


def _open(state: State, host: HostState) -> Iterator[str]:
    for work in (host.work, host.left_work):
        if work is not None and work.stuck is not None:
            yield work.step
    yield from (key.task for key in host.flights if state.flights[key].kind == "perform")


def _course(host: HostState) -> Course | None:
    """Where the host is on its way forward, also where it has failed there."""
    for course in (host.left, host.course):
        if course is not None and course.kind == "batch":
            return course
    return None


# --- over to the other plan -------------------------------------------------------------------------------------------


def misfits(new: Plan, state: State) -> tuple[Problem, ...]:
    """Why the state cannot be put over to a plan, for each host that stands in the way; empty: it can be."""
    stage = state.stage
    if stage is None or not stage.begun:
        return ()
    found = []
    for host in state.hosts.values():
        course = _course(host)
        if course is None:
            continue
        after = _rest(new.stages[stage.at], course, host.name)
        late = [element for element in after.elements[after.at :] if _is_behind(element, course)]
        if late and isinstance(late[0], Do) and isinstance(after.next, Do):
            first, second = after.next.step.name, late[0].step.name
            text = (
                f"'{first}' stands before '{second}' now, which {host.name} has done: it would not be run in its place"
            )
            found.append(Problem(text))
    return tuple(found)


def put_over(new: Plan, state: State) -> State:
    """The state of the same run under a plan that `merge` has made for it, and that fits. The old one is left as it is.

    Deterministic: a fold over the journal does it again.
    """
    then = state.fork()
    fresh = initial(new)
    then.index = fresh.index
    then.hosts = {name: then.hosts.get(name, host) for name, host in fresh.hosts.items()}
    stage = then.stage
    if stage is not None and stage.begun:
        planned = new.stages[stage.at]
        for host in then.hosts.values():
            _put_host_over(planned, host)
        _put_stage_over(planned, then, stage)
    elif stage is not None:
        then.stage = None  # it is entered anew, by the new plan
        then.looked.clear()
    then.wake()
    return then


def _put_host_over(planned: PlannedStage, host: HostState) -> None:
    if host.course is not None and host.course.kind == "batch":
        host.course = _rest(planned, host.course, host.name)
    if host.left is not None and host.left.kind == "batch":
        host.left = _rest(planned, host.left, host.name)
    course = _course(host)
    host.work, host.left_work = _kept(host.work, course, host), _kept(host.left_work, course, host)


def _kept(work: Work | None, course: Course | None, host: HostState) -> Work | None:
    """What the host was doing, where that is still what comes next for it."""
    following = course.next if course is not None else None
    if work is None or not isinstance(following, Do) or following.step.id != work.step:
        return None
    return replace(work, task=following.step.tasks[host.name]) if host.name in following.step.tasks else None


def _rest(planned: PlannedStage, before: Course, host: str) -> Course:
    """The new course, up to the first of its elements that is not behind the host."""
    elements = forward(planned, before.stage, host)
    at = next((at for at, element in enumerate(elements) if not _is_behind(element, before)), len(elements))
    return replace(before, elements=elements, at=at)


def _is_behind(element: Element, course: Course) -> bool:
    over = course.elements[: course.at]
    if isinstance(element, Do):
        return any(isinstance(one, Do) and one.step.id == element.step.id for one in over)
    return isinstance(element, Gate) and element in over


def _put_stage_over(planned: PlannedStage, state: State, stage: StageState) -> None:
    staying = set(planned.hosts)

    def goes_on(name: str) -> bool:
        return name in staying or stage.at in state.hosts[name].entered or state.hosts[name].out

    stage.hosts = (*stage.hosts[: stage.next], *filter(goes_on, stage.hosts[stage.next :]))
    batches = (tuple(filter(goes_on, batch)) for batch in stage.batches[stage.begun :])
    stage.batches = (*stage.batches[: stage.begun], *(batch for batch in batches if batch))
    stage.unwell = {name: None for name in stage.unwell if goes_on(name)}
    watches = {watch.id: watch for watch in planned.watch}
    stage.unwatched = [k for k in stage.unwatched if k.task in watches and k.host in watches[k.task].probes]
    stage.faulted.clear()
    stage.rewatch = None
    stage.waiting = {}
    for name in stage.open:
        course = _course(state.hosts[name])
        following = course.next if course is not None else None
        if isinstance(following, Do) and following.leg == "steps" and following.step.once is not None:
            stage.waiting.setdefault(following.step.id, {})[name] = None
