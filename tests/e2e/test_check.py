"""A check on real hosts: it says what would change, changes nothing, and sends nothing that could.

Each host records all that reaches it: what is typed to its login is kept in a file before a shell reads it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.conftest import Project, new_project
from tests.sshd import SshServer, StartServer

pytestmark = pytest.mark.sshd

SECRET = "hunter22"  # noqa: S105 - it opens nothing
RUNBOOK = """
    name: Deploy
    vars: {app: "{{ home[host.name] }}/app"}
    stages:
      - name: Before
        hosts: localhost
        steps:
          - {name: Here, shell: "touch forbidden-here", unless: "test -e there"}
          - {name: Ready, checklist: [Somebody has looked, {item: Clean, shell: "test ! -e forbidden-here"}]}
      - name: Roll out
        hosts: web
        serial: 1
        traffic: {drain: touch forbidden-drain, restore: touch forbidden-restore}
        health:
          - {tcp: {port: 1}, within: 1s}
        steps:
          - {name: Version, shell: "cat {{ app }}/version", read_only: true, register: was}
          - name: Configure
            copy: {content: "new {{ host.name }}\\n", dest: "{{ app }}/conf", mode: "0644"}
            apply: touch forbidden-apply
            verify: {shell: touch forbidden-verify}
            rollback: touch forbidden-rollback
          - {name: Link, symlink: {dest: "{{ app }}/current", to: conf}}
          - {name: Unpack, unarchive: {src: app.tgz, dest: "{{ app }}/release"}}
          - {name: Made, shell: touch forbidden-made, creates: "{{ app }}/version"}
          - {name: Guarded, shell: touch forbidden-guarded, unless: "grep -q v1 {{ app }}/version"}
          - {name: Needed, shell: touch forbidden-needed, only_if: "test -e {{ app }}/version"}
          - {name: Script, script: tool.sh}
        always:
          - {name: Note, shell: touch forbidden-always}
    always:
      - {name: Close, shell: touch forbidden-close}
"""


@dataclass(frozen=True)
class Recorded:
    """A project whose hosts keep a record of what reaches them."""

    project: Project
    records: dict[str, Path]

    def requests(self, host: str) -> list[str]:
        """What was asked of the program that each login starts, by the name of its function."""
        text = self.records[host].read_text(errors="replace")
        return re.findall(r"^(rb_begin|rb_plain|rb_job|rb_take|rb_kill|rb_forget) '", text, re.MULTILINE)


@pytest.fixture
def recorded(tmp_path: Path, sshd: StartServer) -> Recorded:
    servers, records = {}, {}
    for name in ("web1", "web2"):
        records[name] = tmp_path / f"{name}.record"
        login = tmp_path / f"{name}.sh"
        login.write_text(f'tee -a {records[name]} | eval "$SSH_ORIGINAL_COMMAND"\n')
        servers[name] = sshd(login=f"/bin/sh {login}")
        folder = servers[name].home / "app"
        folder.mkdir()
        (folder / "version").write_text("v1\n" if name == "web1" else "v0\n")
        (folder / "conf").write_text(f"old {name}\n" if name == "web1" else f"new {name}\n")
        (folder / "conf").chmod(0o644)
    project = new_project(tmp_path, servers)
    inventory = project.folder / "inventories" / "prod.yml"
    homes = ", ".join(f"{name}: {server.home}" for name, server in servers.items())
    inventory.write_text(f"vars: {{home: {{{homes}}}}}\n{inventory.read_text()}")
    project.write("deploy.yml", RUNBOOK)
    project.write("tool.sh", "touch forbidden-script\n")
    (project.folder / "app.tgz").write_bytes(b"an archive, for all that a check knows")
    return Recorded(project, records)


def tree(*folders: Path) -> list[tuple[str, int, int, bytes]]:
    """Every file and folder, with its mode, its time and what it holds."""
    found = []
    for path in sorted(path for folder in folders for path in (folder, *folder.rglob("*"))):
        known = path.lstat()
        held = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
        found.append((str(path), known.st_mode, known.st_mtime_ns, held))
    return found


def homes(servers: dict[str, SshServer]) -> list[Path]:
    return [server.home for server in servers.values()]


def test_a_check_changes_nothing_and_sends_nothing_that_could(recorded: Recorded) -> None:
    project = recorded.project
    watched = (*homes(project.servers), project.folder)
    before = tree(*watched)
    ran = project.runbook("plan", "deploy.yml", "-i", "prod", "--check", "--diff")
    assert ran.code == 0, ran
    assert tree(*watched) == before, "no file, no folder and no time of one is another, here and there"
    for host, record in recorded.records.items():
        assert set(recorded.requests(host)) == {"rb_begin", "rb_plain"}, "nothing is kept on a host"
        text = record.read_text(errors="replace")
        assert "forbidden" not in text
        assert "lock" not in text.split("rb_begin '", 1)[1]
        assert f"cat {project.servers[host].home}/app/version" in text, "what is read-only was run"
    tells_what_would_change_on_which_host(ran.out, project.servers["web1"].home / "app" / "conf")


def tells_what_would_change_on_which_host(shown: str, conf: Path) -> None:
    assert "→ would run" in shown.split("1.1  Here")[1].split("1.2", maxsplit=1)[0]
    assert "Clean: asked just now: exit code 0" in shown
    configure = shown.split("2.2  Configure")[1].split("2.3  Link", maxsplit=1)[0]
    assert "web1:\n" in configure
    assert f"--- {conf} (before)\n" in configure
    assert "-old web1" in configure
    assert "+new web1" in configure
    assert "→ nothing to do: it is as it should be" in configure.split("web2:")[1]
    guarded = shown.split("2.6  Guarded")[1].split("2.7", maxsplit=1)[0]
    assert "nothing to do: unless says that it is not needed" in guarded.split("web2:")[0]
    assert "would run" in guarded.split("web2:")[1]
    assert "→ asked just now: exit code 0: v1" in shown


def test_a_host_that_is_away_is_told_beside_what_the_others_say(recorded: Recorded) -> None:
    project = recorded.project
    project.servers["web2"].vanish()
    ran = project.runbook("run", "deploy.yml", "-i", "prod", "-C")
    assert ran.code == 4, ran
    assert not (project.folder / "state").exists(), "a run with --check is none"
    assert "Not asked   web2: " in ran.out
    assert "could not be asked: web2 cannot be reached" in ran.out
    assert "→ would change: content" in ran.out


def test_the_exit_code_says_whether_anything_would_change(recorded: Recorded) -> None:
    project = recorded.project
    dest = project.servers["web2"].home / "app" / "conf"
    step = f'{{name: Same, copy: {{content: "new web2\\n", dest: {dest}}}}}'
    project.write("same.yml", f"name: Same\nstages:\n  - {{name: S, hosts: web2, steps: [{step}]}}\n")
    flags = ("plan", "same.yml", "-i", "prod", "--detailed-exitcode")
    assert project.runbook(*flags).code == 2, "unasked, it might"
    assert project.runbook(*flags, "--check").code == 0
    dest.write_text("other")
    assert project.runbook(*flags, "--check").code == 2


def test_no_secret_is_told_by_a_check(recorded: Recorded) -> None:
    project = recorded.project
    inventory = project.folder / "inventories" / "prod.yml"
    inventory.write_text(f"secrets: {{token: $TOKEN}}\n{inventory.read_text()}")
    home = project.servers["web1"].home
    (home / "app" / "conf").write_text(f"TOKEN={SECRET}\nold\n")
    (home / "app" / "sealed").write_text(SECRET)
    project.write(
        "secret.yml",
        f"""
        name: Secrets
        stages:
          - name: S
            hosts: web1
            steps:
              - {{name: Told, copy: {{content: "new\\n", dest: {home}/app/conf}}}}
              - {{name: Sealed, copy: {{content: "{{{{ secret('token') }}}}", dest: {home}/app/sealed, mode: "0644"}}}}
              - {{name: Asked, shell: "true", unless: "test {{{{ secret('token') }}}} = hunter22"}}
        """,
    )
    project.environment["TOKEN"] = SECRET
    ran = project.runbook("plan", "secret.yml", "-i", "prod", "--check", "--diff")
    assert ran.code == 0, ran
    assert SECRET not in ran.out + ran.err
    assert "-TOKEN=[redacted]" in ran.out
    assert "nothing to do: it is as it should be" in ran.out
    assert "nothing to do: unless says" in ran.out
