"""Up, down and status: one sandbox a folder, known by its process, cleaned away whole."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest
import yaml

from executor import sandbox
from executor.sandbox import SandboxInfo
from executor.sandbox.errors import SandboxFailed
from executor.sandbox.layout import Layout
from executor.sandbox.processes import identity, with_home_under

Eventually: TypeAlias = Callable[[Callable[[], bool]], None]


def test_every_host_is_healthy_and_on_the_first_release_when_up_returns(box: SandboxInfo) -> None:
    now = sandbox.status(box.folder)
    assert (now.state, now.info) == ("up", box)
    assert [(h.host.name, h.version, h.healthy, h.drained) for h in now.hosts] == [
        ("web1", "v1.0.0", True, False),
        ("web2", "v1.0.0", True, False),
    ]


def test_only_the_user_may_read_what_a_sandbox_keeps(box: SandboxInfo) -> None:
    assert stat.S_IMODE(box.folder.stat().st_mode) == 0o700
    private = (box.layout.key, box.layout.state, box.layout.inventory, box.layout.log)
    assert {stat.S_IMODE(file.stat().st_mode) for file in private} == {0o600}


def test_a_second_up_finds_the_first_one_and_changes_nothing(box: SandboxInfo) -> None:
    again = sandbox.up(box.folder, hosts=9)
    assert again.found
    assert (again.pid, again.hosts) == (box.pid, box.hosts)


def test_the_process_is_detached_from_whoever_started_it(box: SandboxInfo) -> None:
    assert os.getsid(box.pid) == box.pid != os.getsid(0)


def test_the_inventory_says_how_to_log_in_and_what_the_hosts_have(box: SandboxInfo) -> None:
    written = yaml.safe_load(sandbox.inventory_path(box.folder).read_text())
    assert written["groups"] == {"web": {"hosts": ["web1", "web2"]}}
    assert written["ssh"]["key"] == str(box.layout.key)
    assert written["vars"]["public_url"] == box.public_url
    first = box.hosts[0]
    assert written["hosts"]["web1"]["port"] == first.ssh_port
    assert written["hosts"]["web1"]["vars"]["app_dir"] == str(first.app_dir)


def test_down_ends_everything_that_runs_on_the_hosts_and_removes_all_that_up_made(own_folder: Path) -> None:
    info = sandbox.up(own_folder, hosts=1)
    (own_folder / "mine").write_text("not the sandbox's")
    left_behind = subprocess.run(
        ["/bin/sh", "-c", "trap '' TERM; setsid sleep 1000 >/dev/null 2>&1 & echo $!"],
        env={"HOME": str(info.hosts[0].home), "PATH": os.defpath},
        capture_output=True,
        text=True,
        check=True,
    )
    running = {info.pid, int(left_behind.stdout), *with_home_under(info.layout.hosts)}
    assert len(running) >= 3  # the sandbox, what was left behind, and the service
    assert sandbox.down(own_folder)
    assert [pid for pid in running if identity(pid) is not None] == []
    assert sorted(entry.name for entry in own_folder.iterdir()) == ["mine", "sandbox.lock"]
    assert sandbox.status(own_folder).state == "down"


def test_down_where_nothing_is_says_so(tmp_path: Path) -> None:
    assert not sandbox.down(tmp_path / "nothing")
    assert not (tmp_path / "nothing").exists()


def test_a_crash_is_noticed_and_the_next_up_cleans_after_it(own_folder: Path, eventually: Eventually) -> None:
    crashed = sandbox.up(own_folder, hosts=1)
    services = with_home_under(crashed.layout.hosts)
    os.kill(crashed.pid, signal.SIGKILL)
    eventually(lambda: sandbox.status(own_folder).state == "crashed")
    fresh = sandbox.up(own_folder, hosts=1)
    assert not fresh.found
    assert services
    assert [pid for pid in services if identity(pid) is not None] == []
    assert sandbox.status(own_folder).hosts[0].version == "v1.0.0"


def test_a_process_that_got_the_pid_of_a_crashed_sandbox_is_left_alone(own_folder: Path) -> None:
    """The state file names a live process, but one that began at another time."""
    own_folder.mkdir(mode=0o700)
    with subprocess.Popen(["sleep", "1000"]) as bystander:
        state = {"identity": "another boot/1", "user": "me", "python": "python3", "balancer_port": 1, "hosts": []}
        Layout(own_folder).state.write_text(json.dumps({"pid": bystander.pid, **state}))
        assert sandbox.status(own_folder).state == "crashed"
        sandbox.down(own_folder)
        assert bystander.poll() is None
        bystander.kill()


def test_a_sandbox_whose_folder_is_gone_ends_by_itself(own_folder: Path, eventually: Eventually) -> None:
    info = sandbox.up(own_folder, hosts=1)
    running = [info.pid, *with_home_under(info.layout.hosts)]
    shutil.rmtree(own_folder)
    eventually(lambda: all(identity(pid) is None for pid in running))


@pytest.mark.parametrize("count", [0, -1, 101])
def test_a_sandbox_of_no_hosts_or_too_many_is_refused(tmp_path: Path, count: int) -> None:
    with pytest.raises(SandboxFailed, match=f"1 to 100 hosts, not {count}"):
        sandbox.up(tmp_path, hosts=count)


def test_a_folder_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(SandboxFailed, match="is a link"):
        sandbox.up(tmp_path / "link", hosts=1)


def test_a_damaged_state_file_is_named(own_folder: Path) -> None:
    own_folder.mkdir(mode=0o700)
    state = Layout(own_folder).state
    state.write_text("{}")
    with pytest.raises(SandboxFailed, match=r"sandbox\.json: this is not a sandbox's state"):
        sandbox.status(own_folder)
    state.unlink()


def test_what_keeps_a_sandbox_from_coming_up_is_told(own_folder: Path) -> None:
    own_folder.mkdir(mode=0o700)
    Layout(own_folder).state.with_suffix(".new").mkdir()  # in the way of the state file
    with pytest.raises(SandboxFailed, match=r"could not come up: .*sandbox\.new"):
        sandbox.up(own_folder, hosts=1)
    Layout(own_folder).state.with_suffix(".new").rmdir()
