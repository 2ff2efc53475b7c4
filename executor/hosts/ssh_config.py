"""Where and as whom to connect: the inventory's word first, then ~/.ssh/config as the ssh binary reads it."""

from __future__ import annotations

import getpass
import glob
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from executor.hosts.errors import ConnectionFailed
from executor.model.inventories import HostSpec, Ssh

_TIMEOUT = 10.0  # seconds for `ssh -G`: a Match exec line may run anything
_SYSTEM_CONFIG = "/etc/ssh/ssh_config"
_DEFAULT_KEYS = ("~/.ssh/id_ed25519", "~/.ssh/id_ecdsa", "~/.ssh/id_rsa")
_DEFAULT_KNOWN_HOSTS = ("~/.ssh/known_hosts", "~/.ssh/known_hosts2")
_SYSTEM_KNOWN_HOSTS = ("/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2")
# Only files that say one of these are worth starting `ssh -G` for.
_OF_INTEREST = frozenset(
    {"hostname", "user", "port", "identityfile", "identitiesonly", "identityagent", "proxyjump", "proxycommand"}
    | {"userknownhostsfile", "globalknownhostsfile", "hostkeyalias", "match", "canonicalizehostname"}
)

Options = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Target:
    """Everything that one connection needs to know. Paths are absolute."""

    name: str  # the host's, for people
    host: str  # what to connect to
    port: int
    user: str
    keys: tuple[str, ...] = ()
    keys_said: bool = False  # they were asked for by name, so trouble with one of them is worth telling
    only_these_keys: bool = False
    agent: str | None = None  # the agent's socket; None: the environment's; "none": no agent
    known_hosts: tuple[str, ...] = ()  # a new key goes into the first one
    known_as: str | None = None  # the name that the host key is kept under
    jump: tuple[str, ...] = ()  # the way there, nearest first
    proxy_command: str | None = None
    accept_new: bool = False
    timeout: float = 10.0  # seconds, from the first packet to the login

    def __str__(self) -> str:
        return f"{self.user}@{self.host}" + (f":{self.port}" if self.port != 22 else "")


def resolve(spec: HostSpec, lent: Ssh | None = None) -> Target:
    """How to reach a host. `lent` is said of another one: its key and known hosts come before what holds without them.

    Raises ConnectionFailed (kind "config") where the ssh config cannot be read.
    """
    if spec.unfit:
        raise ConnectionFailed(f"{spec.name} cannot be reached: {spec.unfit}", kind="config")
    ssh = spec.ssh
    options = ssh_options(spec.address, ssh.config, ssh.user, ssh.port)
    keys_said = ssh.key is not None or "identityfile" in options
    lent_keys = (lent.key,) if lent and lent.key else ()
    lent_hosts = (lent.known_hosts,) if lent and lent.known_hosts else ()
    jump = ssh.jump if ssh.jump is not None else _one(options, "proxyjump")
    return Target(
        name=spec.name,
        host=_one(options, "hostname") or spec.address,
        port=ssh.port or int(_one(options, "port") or 22),
        user=ssh.user or _one(options, "user") or getpass.getuser(),
        keys=_paths((*lent_keys, *((ssh.key,) if ssh.key else options.get("identityfile") or _DEFAULT_KEYS))),
        keys_said=keys_said or bool(lent_keys),
        only_these_keys=ssh.key is not None or _one(options, "identitiesonly") == "yes",
        agent=_agent(_one(options, "identityagent")),
        known_hosts=(*_paths(lent_hosts), *_known_hosts(ssh.known_hosts, options)),
        known_as=_one(options, "hostkeyalias"),
        jump=() if jump in {None, "none", ""} else tuple(str(jump).split(",")),
        proxy_command=_one(options, "proxycommand") if ssh.jump is None else None,
        accept_new=ssh.host_keys == "accept-new",
        timeout=ssh.connect_timeout,
    )


def ssh_options(host: str, config: str | None, user: str | None, port: int | None) -> Options:
    """What ssh's configuration says of a host, by option in lower case; empty where no file says anything of use."""
    files = (config,) if config else ("~/.ssh/config", _SYSTEM_CONFIG)
    if config and not Path(config).expanduser().is_file() and config not in {"none", "/dev/null"}:
        raise ConnectionFailed(f"the ssh config {config} does not exist", kind="config")
    if not any(_says_something(Path(file).expanduser()) for file in files):
        return {}
    binary = shutil.which("ssh")
    if binary is None:
        return _read_by_paramiko(host, files)
    return _asked(binary, host, config, user, port)


@cache
def _asked(binary: str, host: str, config: str | None, user: str | None, port: int | None) -> Options:
    command = [binary, "-G"]
    if config:
        command += ["-F", str(Path(config).expanduser())]
    if user:
        command += ["-l", user]
    if port:
        command += ["-p", str(port)]
    try:
        answer = subprocess.run(
            [*command, "--", host], capture_output=True, timeout=_TIMEOUT, stdin=subprocess.DEVNULL, check=False
        )
    except subprocess.TimeoutExpired:
        raise ConnectionFailed(
            f"reading the ssh config took longer than {_TIMEOUT:g} s (`ssh -G {host}`)", kind="config"
        ) from None
    if answer.returncode != 0:
        said = answer.stderr.decode("utf-8", "replace").strip()
        raise ConnectionFailed(f"the ssh config cannot be read: {said}", kind="config")
    return _options(answer.stdout.decode("utf-8", "replace"))


def _options(text: str) -> Options:
    options: dict[str, tuple[str, ...]] = {}
    for line in text.splitlines():
        name, _, value = line.partition(" ")
        if value and not (name == "identityfile" and value in _DEFAULTS_OF_SSH):
            options[name] = (*options.get(name, ()), value)
    return options


# `ssh -G` lists these when nothing was said of keys at all.
_DEFAULTS_OF_SSH = frozenset(
    f"~/.ssh/id_{kind}" for kind in ("rsa", "dsa", "ecdsa", "ecdsa_sk", "ed25519", "ed25519_sk", "xmss")
)


def _read_by_paramiko(host: str, files: tuple[str, ...]) -> Options:
    """Where there is no ssh binary. Knows neither Include nor Match exec."""
    from executor.hosts.libraries import SSHConfig  # noqa: PLC0415  heavy, and needed without ssh alone

    config = SSHConfig()
    for file in files:
        if (path := Path(file).expanduser()).is_file():
            with path.open(encoding="utf-8", errors="replace") as text:
                config.parse(text)
    found: dict[str, str | list[str]] = dict(config.lookup(host))
    return {name: tuple(value) if isinstance(value, list) else (value,) for name, value in found.items()}


def _says_something(path: Path) -> bool:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    for line in text.splitlines():
        word, _, rest = line.strip().replace("=", " ", 1).partition(" ")
        if word.lower() in _OF_INTEREST:
            return True
        if word.lower() == "include" and any(_included(path, pattern) for pattern in rest.split()):
            return True
    return False


def _included(path: Path, pattern: str) -> bool:
    pattern = str(Path(pattern.strip('"')).expanduser())
    # Path.glob takes no absolute pattern.
    return bool(glob.glob(pattern if pattern.startswith("/") else str(path.parent / pattern)))  # noqa: PTH207 - see above


def _one(options: Options, name: str) -> str | None:
    values = options.get(name)
    return values[0] if values else None


def _paths(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(str(Path(name).expanduser()) for name in names)


def _agent(said: str | None) -> str | None:
    if said in {None, "SSH_AUTH_SOCK"}:
        return None
    return said if said == "none" else str(Path(str(said)).expanduser())


def _known_hosts(said: str | None, options: Options) -> tuple[str, ...]:
    if said:
        return _paths((said,))
    mine = tuple(" ".join(options.get("userknownhostsfile", ())).split()) or _DEFAULT_KNOWN_HOSTS
    everybodys = tuple(" ".join(options.get("globalknownhostsfile", ())).split()) or _SYSTEM_KNOWN_HOSTS
    return _paths((*mine, *everybodys))
