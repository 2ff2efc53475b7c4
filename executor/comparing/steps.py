"""Two lists of steps: which were added, removed or moved, and on which hosts the others do something else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import TypeAlias, TypeVar

from executor.comparing.changes import Group, Part, StepChange, Term
from executor.comparing.pairs import altered
from executor.comparing.sides import Side
from executor.model.plans import PlannedStep

T = TypeVar("T")
Key: TypeAlias = tuple[str, int]  # a name, and how many of the same name come before


def keyed(items: Iterable[tuple[str, T]]) -> dict[Key, T]:
    """By name, and number among those of the same name."""
    met: Counter[str] = Counter()
    found: dict[Key, T] = {}
    for name, item in items:
        found[name, met[name]] = item
        met[name] += 1
    return found


def moved(before: Sequence[Key], after: Sequence[Key]) -> set[Key]:
    """Those of both lists that stand elsewhere among the others."""
    one = [key for key in before if key in set(after)]
    two = [key for key in after if key in set(before)]
    if one == two:
        return set()
    blocks = SequenceMatcher(None, one, two, autojunk=False).get_matching_blocks()
    stay = {key for block in blocks for key in one[block.a : block.a + block.size]}
    return set(two) - stay


def compared(
    old: Side, new: Side, before: Sequence[PlannedStep], after: Sequence[PlannedStep], part: Part = "steps"
) -> Iterator[StepChange]:
    """What differs, in the later plan's order; what was removed comes after what stands before it."""
    was, now = keyed((step.name, step) for step in before), keyed((step.name, step) for step in after)
    elsewhere = moved(list(was), list(now))
    gone = _gone(list(was), now)
    yield from (_removed(old, was[key], part) for key in gone.get(None, ()))
    for key, step in now.items():
        if key not in was:
            yield _added(new, step, part)
        else:
            groups = tuple(_groups(old, new, was[key], step, armed=part == "steps"))
            terms = tuple(_terms(was[key], step))
            if groups or terms:
                yield StepChange("altered", step.id, step.name, part, terms, groups, key in elsewhere)
            elif key in elsewhere:
                yield StepChange("moved", step.id, step.name, part, moved=True)
        yield from (_removed(old, was[each], part) for each in gone.get(key, ()))


def _gone(before: Sequence[Key], now: Mapping[Key, PlannedStep]) -> dict[Key | None, list[Key]]:
    """The removed ones, by the last one before them that is still there."""
    found: dict[Key | None, list[Key]] = {}
    last: Key | None = None
    for key in before:
        if key in now:
            last = key
        else:
            found.setdefault(last, []).append(key)
    return found


def _added(side: Side, step: PlannedStep, part: Part) -> StepChange:
    groups = tuple(Group(hosts, None, words) for hosts, words in _alike(side, step, armed=part == "steps"))
    return StepChange("added", step.id, step.name, part, tuple(_terms(None, step)), groups)


def _removed(side: Side, step: PlannedStep, part: Part) -> StepChange:
    groups = tuple(Group(hosts, words, None) for hosts, words in _alike(side, step, armed=part == "steps"))
    return StepChange("removed", step.id, step.name, part, (), groups)


def _alike(side: Side, step: PlannedStep, *, armed: bool) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    found: dict[str, tuple[list[str], tuple[str, ...]]] = {}
    for host, task in step.tasks.items():
        found.setdefault(side.meaning_of(task, armed=armed), ([], side.words(step, task, armed=armed)))[0].append(host)
    return [(tuple(hosts), words) for hosts, words in found.values()]


def _terms(before: PlannedStep | None, after: PlannedStep) -> Iterator[Term]:
    was, now = (before.once or "" if before is not None else ""), after.once or ""
    if was != now:
        yield Term("once", was, now)


def _groups(old: Side, new: Side, before: PlannedStep, after: PlannedStep, *, armed: bool) -> Iterator[Group]:
    """Hosts that have left the step are told with its stage; so is a new one that does what others do, too."""
    found: dict[tuple[str, str], tuple[list[str], Group]] = {}
    usual = {new.meaning_of(task, armed=armed) for host, task in after.tasks.items() if host in before.tasks}
    for host, task in after.tasks.items():
        now = new.meaning_of(task, armed=armed)
        was = old.meaning_of(before.tasks[host], armed=armed) if host in before.tasks else ""
        if was == now or (not was and now in usual):
            continue
        if (was, now) not in found:
            words = new.words(after, task, armed=armed)
            alone = None if was else Group((), None, words)
            group = alone or altered(old, new, (before, before.tasks[host]), (after, task), armed=armed)
            found[was, now] = ([], group)
        found[was, now][0].append(host)
    for hosts, group in found.values():
        yield Group(tuple(hosts), group.before, group.after)
