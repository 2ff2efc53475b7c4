"""Probes: what is asked, what one answer is worth, and what many of them add up to.

One file a verb is pure: it judges what was seen. `schedule` says when to ask again; `ask` takes one sample.
"""

from executor.probes.answers import Answer
from executor.probes.ask import Asking, ask
from executor.probes.schedule import Schedule, begin, observe, watching

__all__ = ["Answer", "Asking", "Schedule", "ask", "begin", "observe", "watching"]
