"""Ansible's vaults are opened with their password; what was in them is a secret, and no message tells any of it."""

from __future__ import annotations

import hashlib
import hmac
import pickle
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from executor.cli.inventory import listing
from executor.errors import Exit, InvalidInput
from executor.language import load_inventory, render
from executor.model.codec import CodecError, encode
from executor.model.inventories import Inventory
from executor.model.leaves import Template


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("password").write_text("open sesame\n")


def sealed(text: str, password: str = "open sesame", *, head: str = "1.1;AES256") -> str:  # noqa: S107  no real one
    """A vault, as the format's description has it: PBKDF2, AES in counter mode, a digest over what is encrypted."""
    salt, data = b"\x01" * 32, text.encode()
    keys = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, 10_000, 80)
    fill = 16 - len(data) % 16
    encryptor = Cipher(algorithms.AES(keys[:32]), modes.CTR(keys[64:])).encryptor()
    content = encryptor.update(data + bytes([fill]) * fill) + encryptor.finalize()
    digest = hmac.new(keys[32:64], content, "sha256").hexdigest()
    body = "\n".join([salt.hex(), digest, content.hex()]).encode().hex()
    lines = [body[start : start + 80] for start in range(0, len(body), 80)]
    return "\n".join([f"$ANSIBLE_VAULT;{head}", *lines]) + "\n"


def load(*, passwords: tuple[str, ...] = ("password",)) -> Inventory:
    return load_inventory(["hosts.yml"], root=Path.cwd(), vault_password_files=passwords)


def inline(text: str) -> None:
    body = text.replace("\n", "\n        ")
    Path("hosts.yml").write_text(f"all:\n  hosts:\n    w:\n      token: !vault |\n        {body}\n")


def beside(text: str) -> None:
    Path("hosts.yml").write_text("all: {hosts: {w: }}\n")
    Path("group_vars").mkdir()
    Path("group_vars/all.yml").write_text(text)


def told(**how: tuple[str, ...]) -> str:
    with pytest.raises(InvalidInput) as caught:
        load(**how)
    assert caught.value.exit_code is Exit.INVALID
    return "\n".join(map(render, caught.value.problems))


def test_a_single_value_is_a_template_that_asks_for_a_secret() -> None:
    inline(sealed("k-one-two"))
    inventory = load()
    found = inventory.hosts["w"].vars["token"]
    assert isinstance(found, Template)
    assert found.text == "{{ secret('hosts.yml:token') }}"
    assert inventory.vaulted["hosts.yml:token"].reveal() == "k-one-two"


def test_a_single_value_is_opened_when_it_is_needed_and_not_before() -> None:
    inline(sealed("k-one-two"))
    kept = load(passwords=()).vaulted["hosts.yml:token"]
    with pytest.raises(InvalidInput, match="no password is given") as caught:
        kept.reveal()
    place = caught.value.problems[0].place
    assert place is not None
    assert (place.file, place.line) == ("hosts.yml", 4)


def test_all_texts_and_numbers_of_a_file_are_secrets_and_switches_are_not() -> None:
    beside(sealed("a: text\nb: [one, 2]\nc: {d: true, e: null, f: ''}\n"))
    inventory = load()
    found = inventory.hosts["w"].vars
    assert found["c"] == {"d": True, "e": None, "f": ""}
    assert {name: kept.reveal() for name, kept in inventory.vaulted.items()} == {
        "group_vars/all.yml:a": "text",
        "group_vars/all.yml:b[0]": "one",
        "group_vars/all.yml:b[1]": "2",
    }
    assert "text" not in str(listing(inventory, frozenset({"w"})))


def test_an_inventory_may_be_a_vault_itself_and_its_hosts_are_reached() -> None:
    Path("hosts.yml").write_text(sealed("all: {hosts: {w: {ansible_host: 203.0.113.9, key: abcd-efgh}}}\n"))
    inventory = load()
    assert inventory.hosts["w"].address == "203.0.113.9"
    assert inventory.vaulted["hosts.yml:key"].reveal() == "abcd-efgh"


def test_so_may_one_in_the_ini_format() -> None:
    Path("hosts.yml").write_text("all: {hosts: {w: }}\n")
    Path("hosts.ini").write_text(sealed("[web]\nv token=abcd-efgh ansible_port=2222\n[web:vars]\npin=12345\n"))
    inventory = load_inventory(["hosts.ini"], root=Path.cwd(), vault_password_files=["password"])
    assert inventory.hosts["v"].ssh.port == 2222
    assert inventory.vaulted["hosts.ini:token"].reveal() == "abcd-efgh"
    assert inventory.vaulted["hosts.ini:pin"].reveal() == "12345"


def test_values_of_one_name_are_secrets_of_their_own() -> None:
    first, second = (sealed(text).replace("\n", "\n          ") for text in ("k-one", "k-two"))
    Path("hosts.yml").write_text(
        f"all:\n  hosts:\n    a:\n      t: !vault |\n          {first}\n    b:\n      t: !vault |\n          {second}\n"
    )
    assert [kept.reveal() for kept in load().vaulted.values()] == ["k-one", "k-two"]


def test_several_passwords_are_tried_in_turn() -> None:
    Path("other").write_text("not it")
    beside(sealed("a: text\n", head="1.2;AES256;prod"))
    assert load(passwords=("other", "password")).vaulted
    assert "none of the 2 passwords is the right one (its vault id is 'prod')" in told(passwords=("other", "other"))


def test_a_program_gives_the_password_by_printing_it() -> None:
    program = Path("ask")
    program.write_text("#!/bin/sh\necho open sesame\n")
    program.chmod(0o700)
    beside(sealed("a: text\n"))
    assert load(passwords=("ask",)).vaulted
    program.write_text("#!/bin/sh\nexit 3\n")
    assert "ask gave no password: it ended with 3" in told(passwords=("ask",))


@pytest.mark.parametrize(
    ("vault", "message"),
    [
        (sealed("a: text\n", "another"), "the password is not the right one"),
        (sealed("a: text\n", head="1.3;AES256"), "not one of a vault of version 1.1 or 1.2"),
        (sealed("a: text\n", head="1.1;AES"), "its cipher 'AES' is not AES256"),
        (sealed("a: text\n")[:200], "it is damaged or cut short"),
        ("$ANSIBLE_VAULT;1.1;AES256\nzz\n", "it is damaged or cut short"),
    ],
)
def test_one_that_cannot_be_opened_says_why_and_where(vault: str, message: str) -> None:
    beside(vault)
    first = told().splitlines()[0]
    assert first.startswith("group_vars/all.yml:1:1: error: this vault cannot be opened: ")
    assert message in first


def test_without_a_password_the_flag_is_named() -> None:
    beside(sealed("a: text\n"))
    assert "--vault-password-file FILE" in told(passwords=())


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("nowhere", "cannot be read: no such file"),
        ("empty", "gives no password"),
        (".", "cannot be read: is a directory"),
    ],
)
def test_a_password_file_that_gives_none_is_told(file: str, message: str) -> None:
    Path("empty").touch()
    beside(sealed("a: text\n"))
    assert message in told(passwords=(file,))


@pytest.mark.parametrize("content", ["a: [hunter2\n", "hunter2\n", "a: hunter2\na: hunter2\n", "a: !x hunter2\n"])
def test_what_is_wrong_in_a_vault_is_told_without_what_is_in_it(content: str) -> None:
    beside(sealed(content))
    message = told()
    assert "group_vars/all.yml (decrypted):" in message
    assert "hunter2" not in message


def test_a_template_in_a_vault_is_refused_for_it_would_not_be_rendered() -> None:
    beside(sealed("a: 'pg://{{ user }}:hunter2@db'\n"))
    assert "'a' is a template, and lies in a vault" in told()
    assert "hunter2" not in told()


def test_a_vaulted_value_prints_as_redacted_and_no_codec_takes_it() -> None:
    inline(sealed("k-one-two"))
    kept = load().vaulted["hosts.yml:token"]
    assert f"{kept} {kept!r}" == "[redacted] [redacted]"
    with pytest.raises(CodecError):
        encode(kept)
    with pytest.raises(TypeError):
        pickle.dumps(kept)
