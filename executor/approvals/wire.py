"""Strings and numbers as SSH writes them: a length of four bytes, then the bytes."""

from __future__ import annotations


class Malformed(ValueError):
    """Bytes that are not what they should be."""


class Reader:
    """Takes bytes apart from the front. Every method raises Malformed where they end too early."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, size: int) -> bytes:
        """The next bytes."""
        found = self._data[self._at : self._at + size]
        if len(found) < size:
            raise Malformed("it ends too early")
        self._at += size
        return found

    def number(self) -> int:
        """An unsigned number of four bytes."""
        return int.from_bytes(self.take(4))

    def string(self) -> bytes:
        return self.take(self.number())

    def text(self) -> str:
        """A string of printable ASCII."""
        data = self.string()
        if not all(0x20 <= byte < 0x7F for byte in data):
            raise Malformed("a word in it has characters that belong in none")
        return data.decode("ascii")

    def big(self) -> int:
        """A positive number of any size, in its one shortest form."""
        data = self.string()
        value = int.from_bytes(data, signed=True)
        if value < 0 or big(value) != string(data):
            raise Malformed("a number in it is not written as it should be")
        return value

    def end(self) -> None:
        """Nothing may be left."""
        if self._at != len(self._data):
            raise Malformed("something follows its end")


def number(value: int) -> bytes:
    return value.to_bytes(4)


def string(data: bytes) -> bytes:
    return number(len(data)) + data


def big(value: int) -> bytes:
    """A positive number of any size."""
    return string(value.to_bytes(value.bit_length() // 8 + 1) if value else b"")
