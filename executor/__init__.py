"""runbook: declarative runbooks over plain SSH, with verification and rollback."""

__version__ = "0.1.0"
