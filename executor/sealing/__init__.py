"""Sealed plans: a plan as one file that runs as it was read, once, or not at all."""
