"""What a fetch that was killed has left of a run is removed by the next one; what another is at stays."""

from __future__ import annotations

from pathlib import Path

from executor.mirror.drafts import draft_of
from executor.mirror.fetching import looked_for
from executor.mirror.scripts import ENDED, Copy, Owner

RUN, OTHER = "20260301-101500-k3f9", "20260301-101500-m2x7"


def test_what_a_killed_fetch_has_left_goes_and_what_another_is_at_stays(tmp_path: Path) -> None:
    left = tmp_path / f".{RUN}.0a1b2c3d"
    (left / RUN).mkdir(parents=True)
    (tmp_path / RUN).mkdir()
    (tmp_path / ".notes.0a1b2c3d").mkdir()
    with draft_of(OTHER, tmp_path) as first:
        with draft_of(RUN, tmp_path) as second:
            assert first.path.is_dir()
            assert (second.run, second.path.is_dir()) == (RUN, True)
        assert not left.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == [".notes.0a1b2c3d", RUN]


def test_who_is_looked_for_is_named_and_nobody_where_all_say_that_it_is_over() -> None:
    def copy(beat: str, who: str = "ann on laptop") -> Copy:
        return Copy("web1", RUN, f".runbook/runs/{RUN}/web1", 10, Owner("aaaa", beat, who))

    assert looked_for([copy(ENDED), copy("7")]) == "ann on laptop"
    assert looked_for([copy("7", "")]) == "somebody"
    assert looked_for([copy(ENDED)]) == ""
