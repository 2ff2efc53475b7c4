"""SSH's own arguments as an inventory of Ansible's may have them: understood as settings, or refused with a reason."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field

# What only tunes a connection, or what is done here in any case.
_HARMLESS = frozenset(
    {
        *("addkeystoagent", "addressfamily", "batchmode", "challengeresponseauthentication", "checkhostip"),
        *("compression", "connectionattempts", "controlmaster", "controlpath", "controlpersist"),
        *("exitonforwardfailure", "forwardx11", "gssapiauthentication", "gssapidelegatecredentials"),
        *("hashknownhosts", "identitiesonly", "ipqos", "kbdinteractiveauthentication", "loglevel"),
        *("numberofpasswordprompts", "passwordauthentication", "preferredauthentications"),
        *("pubkeyauthentication", "requesttty", "serveralivecountmax", "serveraliveinterval", "tcpkeepalive"),
        *("updatehostkeys", "visualhostkey"),
    }
)
_FLAGS = frozenset("46CTNnqvx")
_WITH_VALUE = {"J": "proxyjump", "i": "identityfile", "l": "user", "p": "port", "F": "config"}
_OURS = {"userknownhostsfile": "known_hosts", "identityfile": "key", "connecttimeout": "connect_timeout"}
_JUMP = re.compile(
    r"(?:[A-Za-z0-9_][A-Za-z0-9._+-]*@)?(?:[A-Za-z0-9_]+(?:(?:\.|-+)[A-Za-z0-9_]+)*|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?",
    re.ASCII,
)


@dataclass(slots=True)
class SshWords:
    """What the arguments say: settings as `ssh:` of our own inventories has them, and all that is not understood."""

    settings: dict[str, str | int | float] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)


def understood(arguments: str) -> SshWords:
    """The settings in a line of arguments, as `-o ProxyJump=bastion -o ServerAliveInterval=30`. Raises nothing."""
    words = SshWords()
    try:
        given = shlex.split(arguments)
    except ValueError:
        words.refused.append("a quote in it is never closed")
        return words
    for name, value in _options(given, words):
        _take(words, name, value)
    return words


def _options(given: list[str], words: SshWords) -> Iterator[tuple[str, str]]:
    """The options by their names in ssh_config, lower case. Flags that have none are dealt with here."""
    rest = iter(given)
    for word in rest:
        letter, value = word[1:2], word[2:]
        if not word.startswith("-") or not letter:
            words.refused.append(f"`{word}` is no option")
        elif letter == "o":
            name, _, setting = (value or next(rest, "")).strip().replace("=", " ", 1).partition(" ")
            yield name.lower(), setting.strip(" ='\"")
        elif letter in _WITH_VALUE:
            yield _WITH_VALUE[letter], value or next(rest, "")
        elif not set(word[1:]) <= _FLAGS:
            words.refused.append(f"`{word}` is not done here")


def _take(words: SshWords, name: str, value: str) -> None:
    settings = words.settings
    match name, value.lower():
        case ("proxyjump", _):
            _jump(words, value)
        case ("proxycommand", _):
            _proxy(words, value)
        case ("stricthostkeychecking", said):
            settings["host_keys"] = "accept-new" if said in {"no", "off", "accept-new"} else "strict"
        case ("userknownhostsfile" | "globalknownhostsfile", "/dev/null") | ("forwardagent", "no"):
            pass  # known keys are kept and compared in any case
        case ("userknownhostsfile" | "identityfile" | "user" | "config", _):
            settings[_OURS.get(name, name)] = value
        case ("port" | "connecttimeout", number) if number.isdecimal():
            settings[_OURS.get(name, name)] = int(number)
        case _ if name not in _HARMLESS:
            words.refused.append(f"`{name}{'=' if value else ''}{value}` is not understood")


def _jump(words: SshWords, value: str) -> None:
    if value.lower() != "none" and not all(_JUMP.fullmatch(hop) for hop in value.split(",")):
        words.refused.append(f"`{value}` is no way to go: user@host:port, or several with commas")
        return
    words.settings["jump"] = value


def _proxy(words: SshWords, command: str) -> None:
    """`ssh -W %h:%p user@bastion` is a jump; other programs are not started here."""
    if command.lower() == "none":
        words.settings["jump"] = "none"
        return
    try:
        program, *rest = shlex.split(command) or [""]
    except ValueError:
        program, rest = "", []
    inner = SshWords()
    hosts: list[str] = []
    options: list[str] = []
    through = False
    left = iter(rest)
    for word in left:
        if word.startswith("-W"):
            through = (word[2:] or next(left, "")).strip("[]").replace("]", "") == "%h:%p"
        elif word.startswith("-"):
            options += [word] if len(word) > 2 or word[1:] not in {"o", *_WITH_VALUE} else [word, next(left, "")]
        else:
            hosts.append(word)
    for name, value in _options(options, inner):
        _take(inner, name, value)
    said = inner.settings
    said.pop("host_keys", None)  # the jump's own keys are checked as all others are
    plain = program.rpartition("/")[2] == "ssh" and through and len(hosts) == 1 and not inner.refused
    if not plain or said.keys() - {"user", "port"}:
        words.refused.append(
            f"the ProxyCommand `{command}` is not run: give the way as -o ProxyJump=user@host, "
            "or write both hosts into ~/.ssh/config"
        )
        return
    user = f"{said['user']}@" if "user" in said and "@" not in hosts[0] else ""
    port = f":{said['port']}" if "port" in said else ""
    _jump(words, f"{user}{hosts[0]}{port}")
