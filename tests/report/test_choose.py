"""Who follows the run decides how it is told."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest

from executor.report.choose import Output, choose
from executor.report.jsonl import Jsonl
from executor.report.live import Live
from executor.report.plain import Plain
from tests.report.fleet import plan


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("output", "terminal", "environment", "kind"),
    [
        ("text", True, {}, Live),
        ("text", True, {"TERM": "xterm"}, Live),
        ("text", True, {"TERM": "dumb"}, Plain),
        ("text", True, {"CI": "true"}, Plain),
        ("text", False, {}, Plain),
        ("jsonl", True, {}, Jsonl),
        ("jsonl", False, {}, Jsonl),
    ],
)
def test_the_report_fits_its_reader(output: Output, terminal: bool, environment: dict[str, str], kind: type) -> None:
    stderr = Terminal() if terminal else io.StringIO()
    report = choose(plan(("web1",)), output, stdout=io.StringIO(), stderr=stderr, environment=environment)
    assert type(report) is kind


def test_no_report_but_the_live_view_needs_rich() -> None:
    code = "import sys; from executor.report import choose, logs, show; sys.exit('rich' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
