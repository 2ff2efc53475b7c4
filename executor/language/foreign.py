"""Words of other tools, and how the same is said here.

An operator who comes from Ansible writes `apt:` or `notify:`; the answer is the line that does the same, with their
own values in it where `<name>` names one of the module's arguments.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from executor.language.nodes import ListNode, MapNode, Node, Scalar
from executor.language.wording import nearest

_SHELL = {
    "apk": "apk add <name>",
    "apt": "apt-get install -y <name>",
    "apt_key": "curl -fsSL <url> -o /etc/apt/keyrings/<id>.asc",
    "archive": "tar -czf <dest> <path>",
    "authorized_key": "echo '<key>' >> ~/.ssh/authorized_keys",
    "command": "<cmd>",
    "cron": "printf '%s\\n' '<job>' > /etc/cron.d/<name>",
    "debug": "echo <msg>",
    "dnf": "dnf install -y <name>",
    "docker_compose_v2": "docker compose up -d",
    "docker_container": "docker run -d --name <name> <image>",
    "docker_image": "docker pull <name>",
    "expect": "<command>",
    "find": "find <paths> -name '<patterns>'",
    "gem": "gem install <name>",
    "get_url": "curl -fsSL -o <dest> <url>",
    "git": "git clone <repo> <dest>",
    "group": "groupadd <name>",
    "hostname": "hostnamectl set-hostname <name>",
    "make": "make -C <chdir> <target>",
    "modprobe": "modprobe <name>",
    "mount": "mount <path>",
    "mysql_db": "mysqladmin create <name>",
    "npm": "npm ci --prefix <path>",
    "package": "apt-get install -y <name>",
    "pip": "pip install <name>",
    "postgresql_db": "createdb <name>",
    "raw": "<cmd>",
    "service": "systemctl restart <name>",
    "stat": "stat <path>",
    "synchronize": "rsync -a <src> <dest>",
    "sysctl": "sysctl -w <name>=<value>",
    "systemd": "systemctl restart <name>",
    "systemd_service": "systemctl restart <name>",
    "ufw": "ufw allow <port>",
    "user": "useradd <name>",
    "yum": "yum install -y <name>",
}

_SAID = {
    # modules that are more than one command
    "add_host": "hosts are listed in the inventory",
    "assemble": "use `template:` or `copy:`",
    "blockinfile": "use `template:` for the whole file, or `shell:` with sed",
    "fail": "use `assert: {that: [a condition], message: why}`",
    "file": "use `symlink:`, `copy:`, or `shell: mkdir -p <path>`",
    "group_by": "groups are listed in the inventory",
    "include_role": "use `include: steps/<name>.yml`",
    "include_tasks": "use `include: <file>`",
    "include_vars": "use `vars_files:` at the top of the runbook",
    "import_role": "use `include: steps/<name>.yml`",
    "import_tasks": "use `include: <file>`",
    "import_playbook": "use `include:` in the list of stages",
    "lineinfile": "use `template:` for the whole file, or `shell:` with sed",
    "meta": "nothing needs flushing here: `apply:` follows its change at once",
    "ping": "use the command `runbook ping`",
    "replace": "use `shell: sed -i 's/<regexp>/<replace>/' <path>`",
    "set_fact": "use `set: {name: value}`",
    "setup": "there are no facts: register what a command says",
    "slurp": "use `fetch:`, or `shell: cat <src>` with `register:`",
    "tempfile": "use `shell: mktemp` with `register:`",
    "uri": "use `probe: {http: {url: '<url>'}}`",
    "wait_for": "use `probe: {tcp: {port: <port>}, within: 1m, every: 2s}`",
    "wait_for_connection": "hosts are connected to when they are first needed",
    # keywords
    "any_errors_fatal": "use `max_failures: 0`, which is the default",
    "args": "each action has its own keys; a shell step has `chdir`, `creates`, `removes`, `executable`, `stdin`",
    "async": "a step survives its connection; give it a `timeout:`",
    "become_method": "sudo is the only way",
    "check_mode": "use `read_only: true` for what may run in a check",
    "connection": "use `hosts: localhost` for the control node",
    "delay": "use `retry: {attempts: 3, delay: 5s}`",
    "delegate_facts": "a result belongs to the host in whose name the step runs",
    "diff": "use the flag -D",
    "force_handlers": "`always:` holds steps that run either way",
    "gather_facts": "there are no facts: register what a command says",
    "handlers": "use `apply:` on the step whose change needs it",
    "ignore_unreachable": "use `max_failures:` on the stage",
    "listen": "use `apply:` on the step whose change needs it",
    "local_action": "use `delegate_to: localhost`",
    "loop_control": "the entry of a loop is called item",
    "max_fail_percentage": "use `max_failures: 10%`",
    "notify": "use `apply:` with the command that makes the change take effect",
    "order": "hosts are taken in the inventory's order, or in the pattern's",
    "poll": "a step is followed while it runs; give it a `timeout:`",
    "port": "a host's port belongs in the inventory",
    "post_tasks": "use another stage",
    "pre_tasks": "use another stage",
    "remote_user": "use `ssh: {user: …}` in the inventory, or the flag -u",
    "rescue": "use `rollback:` on the steps that it would undo",
    "retries": "use `retry: {attempts: <retries>, delay: 5s}`",
    "roles": "use `include: steps/<role>.yml`",
    "run_once": "use `once: stage` or `once: run`",
    "strategy": "`serial:` says how many hosts go side by side",
    "tasks": "use `steps:`",
    "throttle": "use `serial:` on the stage",
    "until": "use `retry: {attempts: 3, delay: 5s, until: a condition}`",
    "vars_prompt": "use `params:`, given with -e",
    "with_dict": 'use `loop: "{{ mapping | dict2items }}"`',
    "with_fileglob": "use `loop:` with a list",
    "with_items": "use `loop:`",
    "with_list": "use `loop:`",
    "with_sequence": 'use `loop: "{{ range(1, 4) | list }}"`',
    "with_together": 'use `loop: "{{ a | zip(b) | list }}"`',
    # what this version does not do
    "access_log": "not in this version; a `shell:` probe can count in a log",
    "announce": "not in this version; a `shell:` step can call a webhook",
    "policy": "not in this version",
    "prometheus": "not in this version; an `http:` probe can ask a metrics server",
    "secrets": "not in this version",
}

_INVENTORY = {
    "all": "an inventory is in one format: in ours, `hosts:`, `groups:` and `vars:` stand at the top",
    "children": "at the top, all groups stand side by side under `groups:`",
    "host": "use `address:`",
    "hostname": "use `address:`",
    "identity_file": "use `key:`",
    "ip": "use `address:`",
    "policy": "not in this version",
    "private_key": "use `key:`",
    "proxy_jump": "use `jump:`",
    "secrets": "not in this version",
    "username": "use `user:`",
}

_CONNECTION = {
    "ansible_become": "use `become: true` in the runbook, or the flag -b",
    "ansible_become_user": "use `become_user:` in the runbook",
    "ansible_connection": "hosts are reached by SSH, localhost directly",
    "ansible_host": "use `address:`",
    "ansible_password": "log in with a key",
    "ansible_port": "use `port:`",
    "ansible_private_key_file": "use `key:`",
    "ansible_ssh_common_args": "use `ssh: {jump: …}` or `ssh: {config: …}`",
    "ansible_ssh_host": "use `address:`",
    "ansible_ssh_pass": "log in with a key",
    "ansible_ssh_port": "use `port:`",
    "ansible_ssh_private_key_file": "use `key:`",
    "ansible_ssh_user": "use `user:`",
    "ansible_user": "use `user:`",
}

_PAUSE = {
    "minutes": "write `pause: <minutes>m`; a question goes under 'prompt'",
    "seconds": "write `pause: <seconds>s`; a question goes under 'prompt'",
    "hours": "write `pause: <hours>h`; a question goes under 'prompt'",
}

_REBOOT = {
    "connect_timeout": "use `connect_timeout:` in the inventory's `ssh:`",
    "post_reboot_delay": "use `test:` with a probe that says when it is back",
    "pre_reboot_delay": "put it in the command: `reboot_command: shutdown -r +1`",
    "reboot_timeout": "use `within:`",
    "test_command": "use `test: {shell: <test_command>}`",
}

_ARGUMENT = re.compile(r"<(\w+)>")
_FREE_FORM = re.compile(r"(\w+)=(\S+)")
_RUNBOOK_THINGS = {"a runbook", "a stage", "a step", "a probe", "a traffic block"}


def words() -> dict[str, str]:
    """Every word of Ansible's that is understood, and how it is said here."""
    modules = {word: f"`shell: {line}`" for word, line in _SHELL.items()}
    said = {word: hint.removeprefix("use ") for word, hint in _SAID.items() if "not in this version" not in hint}
    return dict(sorted((modules | said).items()))


def translate(key: str, value: Node, thing: str, known: Iterable[str]) -> str:
    """How `key`, written in `thing` ("a step"), is said here; "" where it is no word of another tool's.

    A slip in such a word is understood, too, where no word of ours in `known` is nearer.
    """
    word = key.removeprefix("ansible.builtin.").removeprefix("ansible.legacy.").removeprefix("community.general.")
    if thing == "a pause with a prompt":
        return _filled(_PAUSE.get(word, ""), key, value)
    if thing == "a reboot":
        return _filled(_REBOOT.get(word, ""), key, value)
    if thing not in _RUNBOOK_THINGS:
        return "" if nearest(word, known) else _INVENTORY.get(word, "") or connection_word(word)
    if word not in _SHELL and word not in _SAID:
        word = nearest(word, (*known, *_SAID)) or word
    if word in _SHELL:
        return f"use `shell: {_filled(_SHELL[word], key, value)}`"
    if word in _SAID:
        return _filled(_SAID[word], key, value)
    if key.startswith("with_"):
        return "use `loop:`"
    if key.count(".") >= 2:
        return "modules of Ansible's are not run here: `shell:` runs the command that does the same"
    return ""


def connection_word(name: str) -> str:
    """How a variable by which Ansible reaches a host is said here; "" for any other name."""
    return _CONNECTION.get(name, "")


def _filled(line: str, key: str, value: Node) -> str:
    """`line` with the author's own arguments for each `<argument>`, as far as they are plain."""
    free = value.text if isinstance(value, Scalar) and isinstance(value.value, str | int) else None
    given = dict(_FREE_FORM.findall(free)) if free else {}
    if isinstance(value, MapNode):
        given = {name: _text(node) for name, node in value.items.items()}
    names = _ARGUMENT.findall(line)

    def argument(found: re.Match[str]) -> str:
        name = found[1]
        alone = free if free and "=" not in free and names[0] == name else None
        text = given.get(name) or alone or (free if name == key else None)
        return text if text and len(text) < 60 and "\n" not in text else found[0]

    return _ARGUMENT.sub(argument, line)


def _text(node: Node) -> str:
    match node:
        case Scalar():
            return node.text
        case ListNode(items=items):
            return " ".join(item.text for item in items if isinstance(item, Scalar))
        case _:
            return ""
