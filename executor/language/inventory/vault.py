"""Ansible's vaults: files and single values that a password opens. What was in one is a secret from then on."""

from __future__ import annotations

import binascii
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from executor.errors import InvalidInput, Problem
from executor.language.sources import read_bytes, shown
from executor.model.inventories import Vaulted
from executor.model.leaves import Kind, Template
from executor.model.places import Place

HEADER = "$ANSIBLE_VAULT;"
_ITERATIONS = 10_000  # the format's own number
_KEY, _BLOCK = 32, 16  # bytes of AES-256's key, and of its block
_PATIENCE = 60.0  # seconds for a program that gives a password: it may ask a person


class _Shut(ValueError):
    """Not to be opened; its text says why."""


class Vaults:
    """Opens vaults with the passwords of an inventory's command line, and keeps what was in them by name.

    The files with the passwords are read when the first vault is met. A program among them is run for its output.
    """

    def __init__(self, password_files: Sequence[str] = ()) -> None:
        self._files = password_files
        self._passwords: list[bytes] | None = None
        self._kept: dict[str, Vaulted] = {}
        self._names: dict[str, str] = {}  # by the text of the template that asks for it

    @property
    def kept(self) -> Mapping[str, Vaulted]:
        """The values so far, by the name under which `secret()` gives them."""
        return self._kept

    def open(self, text: str, place: Place) -> bytes:
        """What a vault holds. Raises InvalidInput, at its place, where it is damaged or no password opens it."""
        try:
            return self._opened(text)
        except _Shut as reason:
            hint = "" if self._files else "give --vault-password-file FILE, as to ansible-playbook"
            raise InvalidInput(Problem(f"this vault cannot be opened: {reason}", place, hint, "vault")) from None

    def keep_shut(self, name: str, text: str, place: Place) -> Template:
        """A single value, opened when it is needed: a template that asks for it as a secret."""

        def reveal() -> str:
            try:
                return self.open(text, place).decode("utf-8")
            except UnicodeDecodeError:
                problem = Problem("what is in this vault is not UTF-8 text", place, code="vault")
                raise InvalidInput(problem) from None

        return self.keep(name, reveal, place)

    def keep(self, name: str, reveal: Callable[[], str], place: Place) -> Template:
        """A value to be treated as a secret: a template that asks for it. The name is made different where it must."""
        free = name
        while free in self._kept:
            base, _, number = free.rpartition("#")
            free = f"{base}#{int(number) + 1}" if base and number.isdigit() else f"{free}#2"
        self._kept[free] = Vaulted(reveal, place)
        template = Template(f"{{{{ secret({free!r}) }}}}", Kind.VALUE, place)
        self._names[template.text] = free
        return template

    def keep_once(self, name: str, reveal: Callable[[], str], place: Place) -> str:
        """As `keep`, where the same name means the same value. Returns the name."""
        self._kept.setdefault(name, Vaulted(reveal, place))
        return name

    def name_of(self, template: Template) -> str | None:
        """The name of the value that a template of `keep` stands for; None for any other."""
        return self._names.get(template.text)

    def behind(self, template: Template) -> Vaulted | None:
        """The value that a template of `keep` stands for; None for any other."""
        name = self.name_of(template)
        return self._kept[name] if name is not None else None

    def _opened(self, text: str) -> bytes:
        import hashlib  # noqa: PLC0415  heavy, and needed where there is a vault
        import hmac  # noqa: PLC0415  as above

        salt, digest, content = _parts(text)
        if self._passwords is None:
            self._passwords = [_password(name) for name in self._files]
        if not self._passwords:
            raise _Shut("no password is given")
        for password in self._passwords:
            keys = hashlib.pbkdf2_hmac("sha256", password, salt, _ITERATIONS, 2 * _KEY + _BLOCK)
            if hmac.compare_digest(hmac.new(keys[_KEY : 2 * _KEY], content, "sha256").digest(), digest):
                return _decrypted(content, keys[:_KEY], keys[2 * _KEY :])
        label = text.splitlines()[0].split(";")[3:]
        named = f" (its vault id is {label[0].strip()!r})" if label else ""
        count = len(self._passwords)
        which = "the password is not" if count == 1 else f"none of the {count} passwords is"
        raise _Shut(f"{which} the right one{named}")


def _parts(text: str) -> tuple[bytes, bytes, bytes]:
    """Salt, digest and content of a vault's text. Raises _Shut."""
    head, *body = text.strip().splitlines() or [""]
    words = [word.strip() for word in head.split(";")]
    if len(words) < 3 or not head.startswith(HEADER) or words[1] not in {"1.1", "1.2"}:
        raise _Shut("its first line is not one of a vault of version 1.1 or 1.2")
    if words[2] != "AES256":
        raise _Shut(f"its cipher {words[2]!r} is not AES256")
    try:
        salt, digest, content = binascii.unhexlify("".join(line.strip() for line in body)).split(b"\n", 2)
        return binascii.unhexlify(salt), binascii.unhexlify(digest), binascii.unhexlify(content)
    except ValueError:
        raise _Shut("it is damaged or cut short") from None


def _decrypted(content: bytes, key: bytes, counter: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes  # noqa: PLC0415  heavy

    decryptor = Cipher(algorithms.AES(key), modes.CTR(counter)).decryptor()
    padded = decryptor.update(content) + decryptor.finalize()
    # The digest was right: what is here is what was written, filled up to whole blocks.
    return padded[: -padded[-1]] if padded else b""


def _password(name: str) -> bytes:
    """The password in a file, or what a program prints. Raises InvalidInput."""
    path = Path(name).expanduser()
    if path.is_file() and os.access(path, os.X_OK):
        found = _printed(path)
    else:
        try:
            found = read_bytes(path)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise _wrong(f"the vault's password file {shown(path)} cannot be read: {reason.lower()}") from error
    found = found.strip()
    if not found:
        raise _wrong(f"the vault's password file {shown(path)} gives no password")
    return found


def _printed(path: Path) -> bytes:
    import subprocess  # noqa: PLC0415  heavy, and seldom needed

    try:
        # Its standard error and input stay the terminal's: it may ask for something.
        done = subprocess.run([path.absolute()], stdout=subprocess.PIPE, timeout=_PATIENCE, check=True)
    except subprocess.TimeoutExpired:
        raise _wrong(f"{shown(path)} gave no password within {_PATIENCE:g} s") from None
    except subprocess.CalledProcessError as error:
        raise _wrong(f"{shown(path)} gave no password: it ended with {error.returncode}") from None
    except OSError as error:
        problem = f"{shown(path)} cannot be run for the vault's password: {(error.strerror or str(error)).lower()}"
        raise _wrong(problem) from error
    return done.stdout


def _wrong(message: str) -> InvalidInput:
    return InvalidInput(Problem(message, code="vault"))
