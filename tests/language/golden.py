"""Golden files: what is said about a wrong file, kept beside it. Rewritten with RUNBOOK_REWRITE=1, then read."""

from __future__ import annotations

import os
from pathlib import Path

DATA = Path(__file__).parent / "data"


def matches(path: Path, text: str) -> bool:
    """Whether the text is what the golden file holds; on a rewrite it becomes so."""
    if os.environ.get("RUNBOOK_REWRITE"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
    return True
