"""A word to the program at the beginning of a job's output, which is no news for people."""

from __future__ import annotations


class Whisper:
    """Holds output back as long as it may still be `word`. Once it is, all that follows is meant for us too."""

    def __init__(self, word: bytes) -> None:
        """No `word`: everything is for people."""
        self._word = word
        self._held = b""
        self._for_us = False

    def pass_on(self, data: bytes) -> bytes:
        """What of the output so far can be shown by now."""
        if self._for_us or not self._word:
            return b"" if self._for_us else data
        self._held += data
        if self._held.startswith(self._word):
            self._for_us, self._held = True, b""
        elif not self._word.startswith(self._held):
            return self.end()
        return b""

    def end(self) -> bytes:
        """What was held back in vain: it is not the word, or there is no more of it."""
        held, self._held, self._word = self._held, b"", b""
        return held
