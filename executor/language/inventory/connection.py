"""How a host is reached, by the variables that Ansible has for it: `ansible_host`, `ansible_user` and their kin."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from executor.errors import InvalidInput
from executor.language.draft import Draft
from executor.language.inventory import addresses
from executor.language.inventory.ssh_words import understood
from executor.language.inventory.vault import Vaults
from executor.language.wording import quoted
from executor.model.durations import parse_duration
from executor.model.leaves import Template, Value
from executor.model.places import Place

_PREFIX = "ansible_"
_DEEPEST = 20  # variables made of variables
# Of several names for one thing, the last that is given wins, as in Ansible.
_ADDRESS = ("ansible_host", "ansible_ssh_host")
_PORT = ("ansible_port", "ansible_ssh_port")
_USER = ("ansible_user", "ansible_ssh_user")
_KEY = ("ansible_private_key_file", "ansible_ssh_private_key_file")
_TIMEOUT = ("ansible_timeout", "ansible_ssh_timeout")
_PASSWORD = ("ansible_password", "ansible_ssh_pass", "ansible_ssh_password")
_ARGUMENTS = ("ansible_ssh_args", "ansible_ssh_common_args", "ansible_ssh_extra_args")
_CHECKING = ("ansible_host_key_checking", "ansible_ssh_host_key_checking")
_BECOME_USER = ("ansible_become_user", "ansible_sudo_user")
_BECOME_PASSWORD = ("ansible_become_password", "ansible_become_pass", "ansible_sudo_pass")
_OVER_SSH = frozenset({"ssh", "smart", "paramiko", "paramiko_ssh"})
_TRUE = frozenset({"true", "yes", "on", "1", "y", "t", "1.0"})
_SUDO_FLAGS = frozenset({"-H", "-S", "-n"})  # what sudo is started with here, too


@dataclass(slots=True)
class Reach:
    """What the variables say; None and nothing where they are silent."""

    address: str | None = None
    ssh: dict[str, str | int | float] = field(default_factory=dict)
    local: bool = False
    become: bool | None = None
    become_user: str | None = None
    become_secret: str = ""
    unfit: str = ""


def reach(
    draft: Draft, vaults: Vaults, host: str, variables: Mapping[str, Value], place_of: Callable[[str], Place]
) -> Reach:
    """How a host is reached by its variables. A value that cannot be is noted in the draft, at `place_of` its name."""
    if not any(name.startswith(_PREFIX) for name in variables):
        return Reach()
    return _Asking(draft, host, _Rendered(host, variables, vaults), variables, vaults, place_of).answer()


class _Rendered(Mapping[str, Any]):
    """A host's variables, each rendered when it is asked for; one out of a vault is opened."""

    def __init__(self, host: str, variables: Mapping[str, Value], vaults: Vaults) -> None:
        self._variables: Mapping[str, Value] = {"inventory_hostname": host, **variables}
        self._vaults = vaults
        self._depth = 0

    def __getitem__(self, name: str) -> Any:
        return self._value(self._variables[name])

    def _value(self, value: Any) -> Any:
        if isinstance(value, Template):
            return self._rendered(value)
        if isinstance(value, Mapping):
            return {key: self._value(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._value(item) for item in value]
        return value

    def _rendered(self, template: Template) -> Any:
        kept = self._vaults.behind(template)
        if kept is not None:
            return kept.reveal()
        from executor.templates import render  # noqa: PLC0415  Jinja is not free to import, and seldom needed here

        if self._depth > _DEEPEST:
            raise KeyError(template.text)  # made of itself: never defined
        self._depth += 1
        try:
            return render(template, self)
        finally:
            self._depth -= 1

    def __contains__(self, name: object) -> bool:
        return name in self._variables

    def __iter__(self) -> Iterator[str]:
        return iter(self._variables)

    def __len__(self) -> int:
        return len(self._variables)


@dataclass(slots=True)
class _Asking:
    draft: Draft
    host: str
    rendered: _Rendered
    variables: Mapping[str, Value]
    vaults: Vaults
    place_of: Callable[[str], Place]
    found: Reach = field(default_factory=Reach)

    def answer(self) -> Reach:
        self._connection()
        self._where()
        self._arguments()
        self._sudo()
        password = self._name(*_PASSWORD)
        if password is not None:
            self._unfit(f"{password} is a password to log in with; keys are the way here: give it one, and remove this")
        if str(self._value("ansible_shell_type") or "sh") in {"cmd", "powershell"}:
            self._unfit("ansible_shell_type is one of Windows'")
        return self.found

    def _unfit(self, reason: str) -> None:
        self.found.unfit = self.found.unfit or reason

    def _value(self, *names: str) -> Any:
        """The value of the last of some names that is given; None where none is."""
        name = self._name(*names)
        if name is None:
            return None
        try:
            value = self.rendered[name]
        except InvalidInput as error:
            self._unfit(f"{name} cannot be rendered: {error.problems[0].message}")
            return None
        except KeyError:
            self._unfit(f"{name} is made of itself")
            return None
        return None if value is None or value == "" else value

    def _name(self, *names: str) -> str | None:
        return next((name for name in reversed(names) if name in self.variables), None)

    def _wrong(self, message: str, *names: str) -> None:
        self.draft.say(message, self.place_of(self._name(*names) or ""), code="connection")

    def _connection(self) -> None:
        kind = str(self._value("ansible_connection") or "ssh").removeprefix("ansible.builtin.")
        if kind == "local":
            self.found.local = True
        elif kind not in _OVER_SSH:
            self._unfit(f"ansible_connection is {quoted(kind)}; hosts are reached by SSH here")

    def _where(self) -> None:
        settings = self.found.ssh
        if (address := self._value(*_ADDRESS)) is not None:
            if addresses.is_host_name(str(address).removesuffix(".")):
                self.found.address = str(address)
            else:
                self._wrong(f"{quoted(str(address))} is neither a host name nor an IP address", *_ADDRESS)
        if (port := self._value(*_PORT)) is not None:
            if str(port).isdecimal() and int(str(port)[:9]) in range(1, addresses.MAX_PORT + 1):
                settings["port"] = int(port)
            else:
                self._wrong(f"{quoted(str(port))} is no port from 1 to {addresses.MAX_PORT}", *_PORT)
        if (user := self._value(*_USER)) is not None:
            if addresses.is_user_name(str(user)):
                settings["user"] = str(user)
            else:
                self._wrong(f"{quoted(str(user))} is no name for a user", *_USER)
        if (key := self._value(*_KEY)) is not None:
            settings["key"] = _file(str(key))
        self._how_long()
        checking = self._value(*_CHECKING)
        if checking is not None and not is_true(checking):
            settings["host_keys"] = "accept-new"

    def _how_long(self) -> None:
        if (timeout := self._value(*_TIMEOUT)) is not None:
            try:
                self.found.ssh["connect_timeout"] = parse_duration(str(timeout))
            except ValueError as error:
                self._wrong(str(error), *_TIMEOUT)

    def _arguments(self) -> None:
        for name in _ARGUMENTS:
            value = self._value(name)
            if value is None or self.found.local:
                continue
            words = understood(str(value))
            for reason in words.refused:
                self._unfit(f"{name}: {reason}")
            for setting, given in words.settings.items():
                path = setting in {"key", "known_hosts", "config"}
                # What has a variable of its own is said there.
                self.found.ssh.setdefault(setting, _file(str(given)) if path else given)

    def _sudo(self) -> None:
        if (said := self._value("ansible_become")) is not None:
            self.found.become = is_true(said)
        if (user := self._value(*_BECOME_USER)) is not None:
            if addresses.is_user_name(str(user)):
                self.found.become_user = str(user)
            else:
                self._wrong(f"{quoted(str(user))} is no name for a user", *_BECOME_USER)
        if self.found.become:
            self._way_to_become()
        self._sudo_password()

    def _way_to_become(self) -> None:
        method = str(self._value("ansible_become_method") or "sudo").removeprefix("ansible.builtin.")
        program = str(self._value("ansible_become_exe", "ansible_sudo_exe") or "sudo")
        flags = str(self._value("ansible_become_flags", "ansible_sudo_flags") or "")
        if method != "sudo" or program.rpartition("/")[2] != "sudo":
            self._unfit(
                f"it becomes another user by {quoted(program if method == 'sudo' else method)}; sudo is the way here"
            )
        elif not set(flags.split()) <= _SUDO_FLAGS:
            self._unfit(f"ansible_become_flags are {quoted(flags)}; sudo is started as it is here")

    def _sudo_password(self) -> None:
        """sudo's password is a secret, whether it was in a vault or not; hosts that share it share its name."""
        name = self._name(*_BECOME_PASSWORD)
        if name is None:
            return
        raw, place = self.variables[name], self.place_of(name)
        label = f"{self.host}:{name}" if isinstance(raw, Template) else f"{place.file}:{place.line}:{name}"
        known = self.vaults.name_of(raw) if isinstance(raw, Template) else None
        self.found.become_secret = known or self.vaults.keep_once(label, lambda: str(self._value(name) or ""), place)


def _file(name: str) -> str:
    """A file as Ansible finds it: relative to where the command was started."""
    return str(Path.cwd() / Path(name).expanduser())


def is_true(value: object) -> bool:
    """What Ansible takes for true, in a variable that is a switch."""
    return str(value).strip().lower() in _TRUE
