"""Draws docs/run.svg: the picture of a run in the README, from a run that really happened.

python docs/picture.py RUN    a run's id or its end; `runbook demo` leaves two
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

from executor.cli.main import COMMANDS
from executor.journal import folders, reading
from executor.planning.codec import from_json
from executor.report.show import timeline

WIDTH = 132
FIRST = "| Stage 5 of"  # the line of the timeline at which the picture begins


def main() -> None:
    folder = folders.find(folders.state_folder(os.environ), sys.argv[1] if len(sys.argv) > 1 else None)
    plan = from_json(folder.plan.read_text("utf-8"))
    told = "".join(timeline(plan, reading.read(folder.journal), commands=COMMANDS, colour=True))
    lines = told.splitlines()
    first = next((number for number, line in enumerate(lines) if FIRST in line), 0)
    console = Console(record=True, width=WIDTH, file=open(os.devnull, "w"))  # noqa: PTH123, SIM115 - a null device
    console.print(Text.from_ansi("\n".join(lines[first:])))
    svg = console.export_svg(title="runbook run production-deploy -i sandbox -e version=v1.2.0")
    # The picture must look the same offline: the reader's own fixed-width font serves.
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    (Path(__file__).parent / "run.svg").write_text(svg.replace("Fira Code", "monospace"))


if __name__ == "__main__":
    main()
