"""The samples of a look-back."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from executor.probes import ranking, window
from executor.probes.window import Window


def depth(tree: ranking.Tree) -> int:
    return 0 if tree is None else 1 + max(depth(tree.left), depth(tree.right))


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 5), st.booleans(), st.none() | st.sampled_from([0.1, 0.2, 0.5, 1.0]))),
    st.floats(0, 20),
)
def test_a_window_counts_and_ranks_like_a_list(samples: list[tuple[float, bool, float | None]], span: float) -> None:
    seen: list[tuple[float, bool, float | None]] = []
    at = 0.0
    looked = Window()
    for gap, bad, seconds in samples:
        at += gap
        seen = [s for s in seen if s[0] >= at - span] + [(at, bad, seconds)]
        looked = looked.since(at - span).add(at, bad=bad, seconds=seconds)
        assert (looked.count, looked.bad) == (len(seen), sum(s[1] for s in seen))
        times = sorted(s[2] for s in seen if s[2] is not None)
        for percent in (50, 95, 99, 100):
            rank = -(-percent * len(times) // 100)
            assert looked.percentile(percent) == (times[rank - 1] if times else None)


def test_an_old_window_is_not_changed_by_a_new_one() -> None:
    old = Window().add(0.0, bad=True, seconds=1.0).add(1.0, bad=False, seconds=3.0)
    new = old.since(1.0).add(2.0, bad=False, seconds=2.0)
    assert (old.count, old.bad, old.percentile(50), old.percentile(100)) == (2, 1, 1.0, 3.0)
    assert (new.count, new.bad, new.percentile(50), new.percentile(100)) == (2, 0, 2.0, 3.0)


def test_a_percentile_is_a_time_that_was_measured() -> None:
    looked = Window()
    for number in range(1, 21):
        looked = looked.add(number, bad=False, seconds=number / 10)
    assert [looked.percentile(p) for p in (50, 95, 99)] == [1.0, 1.9, 2.0]


def test_the_tree_stays_flat_whatever_the_order() -> None:
    for times in (range(4096), range(4096, 0, -1), [1] * 4096):
        tree: ranking.Tree = None
        for number, time in enumerate(times):
            tree = ranking.insert(tree, (float(time), number))
        assert depth(tree) < 12 * 4, "a few times the logarithm of 4096"
        for number, time in enumerate(times):
            tree = ranking.remove(tree, (float(time), number))
        assert tree is None


def test_memory_is_bounded() -> None:
    looked = Window(count=window.MOST)  # as if it were full: the oldest of what follows must go
    full = looked.add(0.0, bad=True, seconds=None)
    assert full.count == window.MOST
