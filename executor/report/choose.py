"""Which report a run gets: the live view at a terminal, plain lines elsewhere, JSON where it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TextIO, TypeAlias

from executor.model.plans import Plan
from executor.report.jsonl import Jsonl
from executor.report.plain import Plain
from executor.report.protocol import Reporter

Output: TypeAlias = Literal["text", "jsonl"]


def choose(
    plan: Plan,
    output: Output,
    *,
    stdout: TextIO,
    stderr: TextIO,
    environment: Mapping[str, str],
    everything: bool = False,
) -> Reporter:
    """The report for a run. JSON is a result and goes to `stdout`; what people follow goes to `stderr`.

    A terminal that is dumb, or of a CI system (`CI` is set), gets plain lines. `everything` tells each line of output,
    connections and passed probes too.
    """
    if output == "jsonl":
        return Jsonl(stdout)
    if not stderr.isatty() or environment.get("TERM") == "dumb" or environment.get("CI"):
        return Plain(plan, stderr, everything=everything)
    from rich.console import Console  # noqa: PLC0415 - rich costs start-up time, and only a terminal needs it

    from executor.report.live import Live  # noqa: PLC0415 - it needs rich

    return Live(plan, Console(file=stderr), everything=everything)
