"""What a supervisor says in one word, in words for people."""

from __future__ import annotations

from executor.model.outcomes import NEVER_STARTED

_CURE = "steps keep their record there; `durable: false` runs a step without one"
# Why no durable job can run in a lane.
UNFIT = {
    "link": f"~/.runbook on the host, or its folder runs, is a symbolic link ({_CURE})",
    "owner": f"~/.runbook on the host, or its folder runs, belongs to somebody else ({_CURE})",
    "write": f"neither the home directory nor /var/tmp on the host can be written ({_CURE})",
    "space": f"no space is left in the home directory on the host ({_CURE})",
}
# Why a job has not started.
NOT_STARTED = {
    "chdir": "cannot change to the directory {chdir}",
    "space": "no space is left on the host for the step's record (`durable: false` runs a step without one)",
    "script": "no space is left on the host for the step's script",
    "barred": NEVER_STARTED,
    "fence": "the run's lock on the host was broken",
}
# Why nobody can tell what became of one.
UNKNOWN = {
    "gone": "the run's folder on the host is gone, and what became of it with that",
    "killed": "its supervisor on the host was killed, and with that nobody kept how it ended",
    "rebooted": "the host was restarted while it ran",
}
