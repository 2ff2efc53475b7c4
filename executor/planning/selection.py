"""Which steps --tags and --skip-tags leave."""

from __future__ import annotations

from collections.abc import Iterable

from executor.planning.options import PlanOptions


def chosen(tags: Iterable[str], options: PlanOptions) -> bool:
    """Whether a step with these tags (its own and those of all around it) is run.

    `always` is left out only by name, `never` comes in only by name; `all`, `tagged` and `untagged` mean what they
    say.
    """
    own = frozenset(tags)
    wanted, skipped = frozenset(options.tags), frozenset(options.skip_tags)
    if own & skipped or (own and "tagged" in skipped) or (not own and "untagged" in skipped):
        return False
    if "all" in skipped and "always" not in own:
        return False
    if own & wanted:
        return True
    if "never" in own:
        return False
    if not wanted or "all" in wanted or "always" in own:
        return True
    return bool(own) if "tagged" in wanted else not own and "untagged" in wanted
