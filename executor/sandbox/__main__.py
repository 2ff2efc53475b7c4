"""`python -m executor.sandbox FOLDER HOSTS`: the process behind `runbook sandbox up`, which starts it."""

from __future__ import annotations

import sys
from pathlib import Path

from executor.sandbox.daemon import main

if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
