"""What a run is doing, in a few words for others: they stand in its lock."""

from __future__ import annotations

from executor.report.story import RunView


def doing(view: RunView) -> str:
    """`stage Roll out, batch 2 of 3`."""
    if view.rollback is not None and view.ended is None:
        return "rolling back"
    if view.closing:
        return "its closing steps"
    stage = view.stage
    if stage is None:
        return "between two stages" if view.run is not None else ""
    batch = f", batch {stage.batch} of {stage.batches}" if stage.batch and stage.batches > 1 else ""
    return f"stage {stage.name}{batch}"
