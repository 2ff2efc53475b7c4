"""What known_hosts files say of a key."""

from __future__ import annotations

import base64
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from executor.hosts.known_hosts import (
    Changed,
    HostKey,
    Known,
    KnownHostsFiles,
    Revoked,
    Unknown,
    add,
)

A, B = HostKey("ssh-ed25519", b"key a"), HostKey("ssh-ed25519", b"key b")
TEXT = {name: f"{key.type} {base64.b64encode(key.blob).decode()}" for name, key in (("A", A), ("B", B))}


def judge(tmp_path: Path, text: str, host: str, port: int = 22, key: HostKey = A) -> object:
    path = tmp_path / "known_hosts"
    path.write_text(text.format(**TEXT))
    return KnownHostsFiles().load((str(path),)).judge(key, host, port)


@pytest.mark.parametrize(
    "line",
    [
        "web1 {A} a comment",
        "web2,web1 {A}",
        "WEB1 {A}",
        "web? {A}",
        "*.example.com,web* {A}",
        "# a comment\n\nweb1 {B}\nweb1 {A}",
    ],
)
def test_a_known_key(tmp_path: Path, line: str) -> None:
    assert judge(tmp_path, line, "web1") == Known()


@pytest.mark.parametrize("line", ["", "web2 {A}", "web*,!web1 {A}", "web1", "web1 {A", "[web1]:2222 {A}"])
def test_an_unknown_host(tmp_path: Path, line: str) -> None:
    line = line if "{A}" in line else line.replace("{", "")
    assert judge(tmp_path, line, "web1") == Unknown()


def test_a_changed_key_names_its_line(tmp_path: Path) -> None:
    opinion = judge(tmp_path, "web2 {A}\nweb1 {B}\n", "web1")
    assert isinstance(opinion, Changed)
    assert [(entry.line, entry.key) for entry in opinion.entries] == [(2, B)]


def test_a_port_is_part_of_the_name(tmp_path: Path) -> None:
    assert judge(tmp_path, "[web1]:2222 {A}", "web1", 2222) == Known()
    assert judge(tmp_path, "[web1]:2222 {A}", "web1", 2223) == Unknown()


def test_a_key_without_a_port_vouches_for_all_but_denies_none(tmp_path: Path) -> None:
    assert judge(tmp_path, "web1 {A}", "web1", 2222) == Known()
    assert judge(tmp_path, "web1 {B}", "web1", 2222) == Unknown()


def test_a_revoked_key_is_refused_even_where_it_is_known(tmp_path: Path) -> None:
    opinion = judge(tmp_path, "web1 {A}\n@revoked * {A}\n", "web1")
    assert isinstance(opinion, Revoked)
    assert opinion.entry.line == 2
    assert judge(tmp_path, "web1 {B}\n@revoked * {A}\n", "web1", key=B) == Known()


def test_an_authority_is_not_the_key_of_a_host(tmp_path: Path) -> None:
    opinion = judge(tmp_path, "@cert-authority *.example.com {A}\n", "web1.example.com")
    assert isinstance(opinion, Unknown)
    assert len(opinion.authorities) == 1


def test_hashed_names_as_ssh_keygen_writes_them(tmp_path: Path) -> None:
    if shutil.which("ssh-keygen") is None:
        pytest.skip("needs ssh-keygen")
    path = tmp_path / "known_hosts"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "key")], check=True)
    words = (tmp_path / "key.pub").read_text().split()
    path.write_text(f"web1 {words[0]} {words[1]}\n[web2]:2222 {words[0]} {words[1]}\n")
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", str(path)], check=True, capture_output=True)
    assert "web1" not in path.read_text()
    known = KnownHostsFiles().load((str(path),))
    key = HostKey(words[0], base64.b64decode(words[1]))
    assert (known.judge(key, "web1"), known.judge(key, "web2", 2222)) == (Known(), Known())
    assert known.judge(key, "web3") == Unknown()
    listed = subprocess.run(["ssh-keygen", "-l", "-f", str(tmp_path / "key")], check=True, capture_output=True)
    assert key.fingerprint.encode() in listed.stdout


def test_a_file_is_read_again_when_it_has_changed(tmp_path: Path) -> None:
    files, path = KnownHostsFiles(), tmp_path / "known_hosts"
    assert files.load((str(path),)).judge(A, "web1") == Unknown()
    add(path, "web1", 22, A)
    assert files.load((str(path),)).judge(A, "web1") == Known()
    assert files.load((str(path),)) is files.load((str(path),))


def test_a_key_is_added_on_a_line_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "known_hosts"
    add(path, "web1", 2222, A)
    path.write_text(path.read_text().rstrip())
    add(path, "web2", 22, B)
    assert path.read_text() == "[web1]:2222 {A}\nweb2 {B}\n".format(**TEXT)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_the_price_of_a_lookup_does_not_grow_with_the_file(tmp_path: Path) -> None:
    """Ten times the lines take ten times as long to read, and no longer to look up."""

    def work(lines: int) -> tuple[float, float]:
        path = tmp_path / f"known_hosts{lines}"
        path.write_text("".join(f"host{n} {TEXT['B']}\n" for n in range(lines)))
        began = time.process_time()
        known = KnownHostsFiles().load((str(path),))
        read = time.process_time() - began
        began = time.process_time()
        for n in range(2000):
            known.judge(B, f"host{n % lines}")
        return read, time.process_time() - began

    (_, few), (_, many) = work(1_000), work(10_000)
    assert many < 4 * few
