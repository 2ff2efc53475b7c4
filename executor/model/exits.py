"""Exit codes in words."""

from __future__ import annotations

# Those that have the same number everywhere, and are what ends programs.
_SIGNALS = {
    1: "SIGHUP",
    2: "SIGINT",
    3: "SIGQUIT",
    4: "SIGILL",
    6: "SIGABRT",
    8: "SIGFPE",
    9: "SIGKILL",
    11: "SIGSEGV",
    13: "SIGPIPE",
    14: "SIGALRM",
    15: "SIGTERM",
}


def exit_words(rc: int | None) -> str:
    """`exit code 1`; with the signal's name where a program was ended by one: `exit code 137 (SIGKILL)`."""
    signal = _SIGNALS.get(rc - 128) if rc is not None else None
    return f"exit code {rc} ({signal})" if signal else f"exit code {rc}"
