"""Pure pairs, one file a verb: what a host must be asked to do, and what its answer means."""

from executor.actions.diff import diff
from executor.actions.dispatch import job, keeps_output, receiver, result, speaks_to_us, whisper
from executor.actions.fetch import Receiver
from executor.actions.posix import CannotStart

__all__ = ["CannotStart", "Receiver", "diff", "job", "keeps_output", "receiver", "result", "speaks_to_us", "whisper"]
