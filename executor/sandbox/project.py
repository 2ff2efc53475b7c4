"""The demo's project and what is deployed of it: three releases' sources, a git origin, the hosts' first release.

The files of a release lie in `project/<version>/` beside this module; each version holds what it changes over the one
before. The project's runbook is the flagship of this repository, which the wheel carries in `executor/runbooks`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from executor.sandbox import inventory, shells
from executor.sandbox.errors import failed
from executor.sandbox.info import SandboxHost, SandboxInfo
from executor.sandbox.layout import Layout
from executor.sandbox.looks import in_rotation

FIRST, GOOD, BAD = VERSIONS = ("v1.0.0", "v1.1.0", "v1.2.0")
FLAGSHIP = "production-deploy.yml"
SOURCES = Path(__file__).parent / "project"
START_TIME = 20.0  # seconds that a host's service has to start

# Nothing of the operator's own git configuration may matter here: signing, hooks, templates.
GIT_ENVIRONMENT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "A Developer",
    "GIT_AUTHOR_EMAIL": "developer@example.com",
    "GIT_COMMITTER_NAME": "A Developer",
    "GIT_COMMITTER_EMAIL": "developer@example.com",
}
LOCAL_SETTINGS = {
    "user.name": "A Developer",
    "user.email": "developer@example.com",
    "commit.gpgsign": "false",
    "tag.gpgsign": "false",
    "core.hooksPath": ".git/hooks",
}


def runbooks() -> Path:
    """The folder with the runbooks that ship with the program: in the wheel, or in a checkout of the repository."""
    package = Path(__file__).parents[1]
    shipped = package / "runbooks"
    return shipped if shipped.is_dir() else package.parent / "runbooks"


def has_git() -> bool:
    return shutil.which("git") is not None


def reset(info: SandboxInfo) -> None:
    """Put project, database and hosts to where the demo begins: release v1.0.0 everywhere, v1.1.0 to come.

    What else lies in the hosts' home directories stays. Raises SandboxFailed.
    """
    layout = info.layout
    for path in (layout.origin, layout.database.parent):
        shutil.rmtree(path, ignore_errors=True)
    layout.database.parent.mkdir()
    _empty(layout.project)
    _lay_out(layout)
    shipped = layout.project / "inventories"
    shipped.mkdir()
    (shipped / "sandbox.yml").write_text(inventory.text(info, git=has_git()))
    for host in info.hosts:
        _install(info, host)
    _on_host(info, info.hosts[0], "bin/manage", "migrate")
    boot(info)
    _wait_for_rotation(info)


def boot(info: SandboxInfo) -> None:
    """Start the service of every host, as a machine does when it comes up. Raises SandboxFailed."""
    with ThreadPoolExecutor(len(info.hosts)) as pool:
        for _ in pool.map(lambda host: _on_host(info, host, "bin/restart"), info.hosts):
            pass  # map only raises what went wrong when its results are taken


def publish(info: SandboxInfo, version: str) -> None:
    """Merge a release into the origin's main branch, as a colleague would; without git, into the project's sources."""
    layout = info.layout
    if layout.origin.exists():
        _git(layout.origin, "update-ref", "refs/heads/main", f"refs/heads/release/{version}")
    else:
        _copy_sources(version, layout.project)


def _empty(folder: Path) -> None:
    """Remove all that is in a folder, and keep the folder: somebody's shell may be in it."""
    folder.mkdir(exist_ok=True)
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _lay_out(layout: Layout) -> None:
    if not has_git():
        _copy_sources(FIRST, layout.project)
        return
    scratch = layout.folder / "scratch"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    _git(scratch, "init", "--quiet", ".")
    for version in VERSIONS:
        _copy_sources(version, scratch)
        _git(scratch, "add", "--all")
        _git(scratch, "commit", "--quiet", "--message", f"Release {version}")
        _git(scratch, "branch", f"release/{version}")
    _git(scratch, "branch", "--force", "--move", "main")
    _git(scratch, "reset", "--quiet", "--hard", f"release/{FIRST}")
    _git(scratch, "tag", "--annotate", "--message", f"Release {FIRST}", FIRST)
    _git(layout.folder, "clone", "--quiet", "--bare", str(scratch), str(layout.origin))
    _git(layout.folder, "clone", "--quiet", "--branch", "main", str(layout.origin), str(layout.project))
    for name, value in LOCAL_SETTINGS.items():
        _git(layout.project, "config", name, value)
    exclude = layout.project / ".git" / "info" / "exclude"
    exclude.parent.mkdir(exist_ok=True)
    exclude.write_text("/inventories/\n")
    shutil.rmtree(scratch)


def _copy_sources(version: str, target: Path) -> None:
    """All files of a release, and the runbook that ships it."""
    for layer in VERSIONS[: VERSIONS.index(version) + 1]:
        shutil.copytree(SOURCES / layer, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    _make_executable(target / "build.sh", target / "ci-status", *(target / "app" / "bin").iterdir())
    shutil.copytree(runbooks(), target / "runbooks", dirs_exist_ok=True)


def _make_executable(*files: Path) -> None:
    for file in files:  # a wheel does not keep modes reliably
        file.chmod(0o755)


def _install(info: SandboxInfo, host: SandboxHost) -> None:
    """The first release on a host, as an earlier deploy would have left it."""
    app = host.app_dir
    for name in ("releases", "backups"):
        shutil.rmtree(app / name, ignore_errors=True)
    for file in (app / "drain", app / "current", app / "log" / "app.log"):
        file.unlink(missing_ok=True)
    release = app / "releases" / FIRST
    shutil.copytree(SOURCES / FIRST / "app", release, ignore=shutil.ignore_patterns("__pycache__"))
    (release / "VERSION").write_text(f"{FIRST}\n")
    _make_executable(*(release / "bin").iterdir())
    for name in ("shared", "log", "backups"):
        (app / name).mkdir(exist_ok=True)
    (app / "log" / "app.log").touch()
    (app / "shared" / "env").write_text(inventory.settings(info, host.app_port))
    (app / "current").symlink_to(release)


def _on_host(info: SandboxInfo, host: SandboxHost, *command: str) -> None:
    """Run a command of the current release as a login on the host would."""
    answer = subprocess.run(
        [str(host.app_dir / "current" / command[0]), *command[1:]],
        cwd=host.home,
        env=shells.environment(host, info.user),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=START_TIME,
        check=False,
    )
    if answer.returncode != 0:
        raise failed(f"{host.name}: {' '.join(command)} failed: {(answer.stderr or answer.stdout).strip()}")


def _wait_for_rotation(info: SandboxInfo) -> None:
    """The load balancer looks at the hosts by itself, and may not have seen yet that all of them are up."""
    deadline = time.monotonic() + START_TIME
    while waiting := {host.name for host in info.hosts} - set(in_rotation(info)):
        if time.monotonic() > deadline:
            raise failed(f"these hosts' services do not become healthy: {', '.join(sorted(waiting))}")
        time.sleep(0.02)


def _git(folder: Path, *arguments: str) -> None:
    answer = subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env={"PATH": os.environ.get("PATH", shells.PATH), "HOME": str(folder), **GIT_ENVIRONMENT},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if answer.returncode != 0:
        raise failed(f"git {arguments[0]} failed: {answer.stderr.strip()}")
