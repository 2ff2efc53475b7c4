"""`python -m executor` is `runbook`."""

from executor.cli import main

main()
