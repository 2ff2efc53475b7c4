"""Look at the live view: `python -m tests.report.replay 40 --width 10 --failing 23 --speed 4`, in a terminal."""

from __future__ import annotations

import argparse
import os
import sys
import time

from rich.console import Console

from executor.report.live import Live
from executor.report.paint import wants_colour
from executor.report.summary import summary, text
from tests.report.fleet import Said, film, plan


def main() -> None:
    """Play a film with its own delays, `--speed` times as fast."""
    options = argparse.ArgumentParser()
    options.add_argument("hosts", type=int)
    options.add_argument("--width", type=int, default=1)
    options.add_argument("--failing", type=int, default=0)
    options.add_argument("--tolerated", type=int, default=0)
    options.add_argument("--speed", type=float, default=1.0)
    options.add_argument("--all", action="store_true")
    chosen = options.parse_args()
    shown = film(chosen.hosts, width=chosen.width, failing=chosen.failing, tolerated=chosen.tolerated)
    live = Live(plan(shown.hosts), Console(stderr=True), everything=chosen.all)
    begun = time.monotonic()
    try:
        for stamp, what in shown.stamped():
            while (now := (time.monotonic() - begun) * chosen.speed) < stamp.mono:
                live.tick(now)
                time.sleep(0.02)
            if isinstance(what, Said):
                live.output(what.key, "stdout", what.data)
            else:
                live.event(stamp, what)
    except KeyboardInterrupt:
        pass  # enough was seen
    finally:
        live.close()
    colour = wants_colour(sys.stdout, os.environ)
    sys.stdout.write("\n" + text(summary(live.view, commands=("show", "logs")), colour=colour))


if __name__ == "__main__":
    main()
