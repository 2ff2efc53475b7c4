"""Becoming another user: the whole supervisor runs under sudo, so that its jobs can also be ended from outside."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from executor.hosts.dispatch import Refusal
from executor.hosts.lanes import Lane, LaneFailed

_USER = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*\$?")
_PROMPT = "runbook-sudo:"
_WELCOME = "runbook-sudo-ok"


@dataclass(frozen=True, slots=True)
class Become:
    """How this host's sudo is entered; `password` is asked when it is needed (and should remember)."""

    password: Callable[[], str] | None = None

    def way_in(self, user: str | None) -> str:
        """A command line, for any login shell, that ends in a plain sh as that user. Raises Refusal."""
        if user is None:
            return "exec /bin/sh"
        if not _USER.fullmatch(user):
            raise Refusal(f"{user!r} cannot be a user's name")
        if self.password is None:
            return f"exec sudo -n -H -u {user} /bin/sh"
        return f"exec sudo -S -p {_PROMPT} -H -u {user} /bin/sh -c 'echo {_WELCOME}; exec /bin/sh'"

    def enter(self, lane: Lane, timeout: float) -> None:
        """Opens a lane that has its wire, past sudo. Raises LaneFailed, or Refusal with what sudo wants."""
        user = lane.kind.user
        if user is None:
            lane.open(timeout)
            return
        try:
            if self.password is not None:
                _answer_sudo(lane, self.password, timeout)
            lane.open(timeout)
        except LaneFailed as error:
            raise Refusal(_told(error.words, user)) from error


def _answer_sudo(lane: Lane, password: Callable[[], str], timeout: float) -> None:
    """Gives the password if it is asked for, once: nothing else may be typed before sudo lets us in."""
    answered = False
    while _WELCOME not in lane.noise:
        if lane.noise.count(_PROMPT) > answered:
            if answered:
                lane.close()
                raise LaneFailed("incorrect password")
            answered = True
            try:
                lane.type(password())
            except OSError:
                raise LaneFailed(lane.noise) from None
        elif not lane.more_noise(timeout):
            lane.close()
            raise LaneFailed(lane.noise)


def _told(words: str, user: str) -> str:
    """sudo's answer in an operator's words."""
    words = words.replace(_PROMPT, "").strip()
    if "a password is required" in words:
        return f"sudo wants a password to become {user}: give it with -K"
    if "Sorry, try again" in words or "incorrect password" in words:
        return f"sudo does not accept the password for becoming {user}"
    if "must have a tty" in words or "a terminal is required" in words:
        return f"sudo wants a terminal to become {user} (requiretty): allow it without one in sudoers"
    if "not allowed" in words or "not in the sudoers" in words:
        return f"sudo does not allow this login to become {user}"
    if "not found" in words:
        return "there is no sudo on the host"
    return f"sudo did not let us become {user}: {words or 'no answer'}"
