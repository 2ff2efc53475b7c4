"""Signatures go both ways between this program and OpenSSH's own tool, and nothing but the signed bytes passes."""

from __future__ import annotations

import hashlib
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from executor.approvals.approval import NAMESPACE, Approval, Bad, message, proved, written
from executor.approvals.keys import NotVerified, verify
from executor.approvals.signing import of_agent, of_file
from executor.approvals.sshsig import Signature, armoured, fingerprint, parsed, signed
from executor.approvals.wire import big, number, string
from executor.errors import InvalidInput
from tests.approvals import openssh

PLAN = b'{"runbook_plan":1}\n'
AT = datetime(2026, 11, 21, 3, 0, 0, tzinfo=UTC)


def _nobody_is_asked() -> str:
    raise AssertionError("nobody is to be asked for a passphrase")


@pytest.fixture(scope="module", params=list(openssh.KINDS))
def key(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return openssh.make_key(tmp_path_factory.mktemp("keys"), "alice", request.param)


def test_openssh_takes_what_we_sign(key: Path, tmp_path: Path) -> None:
    (tmp_path / "allowed_signers").write_text(f"alice@example.com {openssh.public(key)}\n")
    made = written(of_file(key, _nobody_is_asked).sign(NAMESPACE, PLAN), None).encode()
    assert openssh.verifies(tmp_path, "alice@example.com", made, PLAN)
    assert not openssh.verifies(tmp_path, "alice@example.com", made, PLAN + b" ")


def test_we_take_what_openssh_signs(key: Path) -> None:
    made = openssh.sign(key, PLAN)
    found = proved("p.sig", made, PLAN)
    assert isinstance(found, Approval)
    assert found.at is None
    assert isinstance(proved("p.sig", made, PLAN + b" "), Bad)


def test_a_signature_is_written_as_openssh_writes_it(key: Path) -> None:
    text = openssh.sign(key, PLAN).decode()
    assert armoured(parsed(text)) == text


def test_the_agent_signs_as_a_file_does(key: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "allowed_signers").write_text(f"alice {openssh.public(key)}\n")
    with openssh.agent(key) as socket:
        monkeypatch.setenv("SSH_AUTH_SOCK", socket)
        (held,) = of_agent()
        by_name = of_file(key.with_name("alice.pub"), _nobody_is_asked)
        assert held.public == by_name.public == of_file(key, _nobody_is_asked).public
        made = written(held.sign(NAMESPACE, PLAN), None).encode()
    assert openssh.verifies(tmp_path, "alice", made, PLAN)
    assert isinstance(proved("p.sig", made, PLAN), Approval)


def test_a_stated_time_is_signed_with_the_plan(tmp_path: Path) -> None:
    key = openssh.make_key(tmp_path, "alice")
    (tmp_path / "allowed_signers").write_text(f"alice {openssh.public(key)}\n")
    made = written(of_file(key, _nobody_is_asked).sign(NAMESPACE, message(PLAN, AT)), AT).encode()
    found = proved("p.sig", made, PLAN)
    assert isinstance(found, Approval)
    assert found.at == AT
    # OpenSSH's tool proves it, too: of the plan with the line behind it.
    assert openssh.verifies(tmp_path, "alice", made, PLAN + b"approved 2026-11-21T03:00:00Z\n")
    earlier = made.replace(b"T03:00:00Z", b"T02:00:00Z")
    assert isinstance(proved("p.sig", earlier, PLAN), Bad)
    at_the_end = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    never = written(of_file(key, _nobody_is_asked).sign(NAMESPACE, message(PLAN, at_the_end)), at_the_end).encode()
    assert isinstance(proved("p.sig", never, PLAN), Bad)
    without = made[: made.index(b"approved")]
    assert isinstance(proved("p.sig", without, PLAN), Bad)


def test_a_key_with_a_passphrase_asks_for_it(tmp_path: Path) -> None:
    key = openssh.make_key(tmp_path, "alice", passphrase="open sesame")  # noqa: S106  a key of this test alone
    made = written(of_file(key, lambda: "open sesame").sign(NAMESPACE, PLAN), None).encode()
    assert isinstance(proved("p.sig", made, PLAN), Approval)
    with pytest.raises(InvalidInput, match="passphrase is another one"):
        of_file(key, lambda: "open barley")


def test_a_key_with_a_passphrase_that_the_agent_holds_asks_for_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = openssh.make_key(tmp_path, "alice")
    with openssh.agent(key) as socket:
        monkeypatch.setenv("SSH_AUTH_SOCK", socket)
        subprocess.run(["ssh-keygen", "-q", "-p", "-N", "open sesame", "-f", str(key)], check=True)
        made = written(of_file(key, _nobody_is_asked).sign(NAMESPACE, PLAN), None).encode()
    assert isinstance(proved("p.sig", made, PLAN), Approval)


def test_a_file_that_is_no_key_is_told(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("nothing of the kind\n")
    for name in ("notes", "missing"):
        with pytest.raises(InvalidInput, match="cannot be used"):
            of_file(tmp_path / name, _nobody_is_asked)


def test_a_public_key_that_the_agent_does_not_have_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    key = openssh.make_key(tmp_path, "alice")
    with pytest.raises(InvalidInput, match="the agent does not have"):
        of_file(key.with_name("alice.pub"), _nobody_is_asked)
    assert of_agent() == ()


def test_every_bit_of_an_approval_counts(tmp_path: Path) -> None:
    key = of_file(openssh.make_key(tmp_path, "alice"), _nobody_is_asked)
    made = written(key.sign(NAMESPACE, message(PLAN, AT)), AT).encode()
    for position in range(len(made) * 8):
        flipped = bytearray(made)
        flipped[position // 8] ^= 1 << position % 8
        assert isinstance(proved("p.sig", bytes(flipped), PLAN), Bad), position


def test_a_signature_for_another_purpose_is_none(tmp_path: Path) -> None:
    found = proved("p.sig", openssh.sign(openssh.make_key(tmp_path, "alice"), PLAN, "git"), PLAN)
    assert isinstance(found, Bad)
    assert "'git'" in found.why


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\xff\xfe",
        b"-----BEGIN SSH SIGNATURE-----\n",
        b"-----BEGIN SSH SIGNATURE-----\n-----END SSH SIGNATURE-----\n",
        b"-----BEGIN SSH SIGNATURE-----\nU1NIU0lH\n-----END SSH SIGNATURE-----\n",
        b"-----BEGIN SSH SIGNATURE-----\n" + b"A" * 100_000 + b"\n-----END SSH SIGNATURE-----\n",
    ],
)
def test_what_is_no_signature_is_told_as_such(text: bytes) -> None:
    assert isinstance(proved("p.sig", text, PLAN), Bad)


# --- hardware keys -------------------------------------------------------------------------------------------------


def _by_hardware(application: bytes, flags: int, data: bytes) -> bytes:
    """What the hardware signs."""
    return hashlib.sha256(application).digest() + bytes([flags]) + number(7) + hashlib.sha256(data).digest()


def _of_hardware(kind: str, flags: int) -> Signature:
    """A signature as a hardware key of that kind makes it."""
    data = signed(NAMESPACE, "sha512", PLAN)
    if kind == "sk-ssh-ed25519@openssh.com":
        private = ed25519.Ed25519PrivateKey.generate()
        public = string(private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
        made = private.sign(_by_hardware(b"ssh:", flags, data))
    else:
        curve = ec.generate_private_key(ec.SECP256R1())
        point = curve.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        public = string(b"nistp256") + string(point)
        r, s = decode_dss_signature(curve.sign(_by_hardware(b"ssh:", flags, data), ec.ECDSA(hashes.SHA256())))
        made = big(r) + big(s)
    key = string(kind.encode()) + public + string(b"ssh:")
    return Signature(key, NAMESPACE, "sha512", string(kind.encode()) + string(made) + bytes([flags]) + number(7))


@pytest.mark.parametrize("kind", ["sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com"])
def test_a_hardware_key_that_was_touched_counts_for_us_as_for_openssh(kind: str, tmp_path: Path) -> None:
    import base64  # noqa: PLC0415  beside its only use

    made = _of_hardware(kind, flags=1)
    line = f"alice {kind} {base64.b64encode(made.key).decode()}\n"
    (tmp_path / "allowed_signers").write_text(line)
    assert isinstance(proved("p.sig", armoured(made).encode(), PLAN), Approval)
    assert openssh.verifies(tmp_path, "alice", armoured(made).encode(), PLAN)


@pytest.mark.parametrize("kind", ["sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com"])
def test_a_hardware_key_that_nobody_touched_does_not(kind: str) -> None:
    found = proved("p.sig", armoured(_of_hardware(kind, flags=0)).encode(), PLAN)
    assert isinstance(found, Bad)
    assert "not touched" in found.why


def test_a_certificate_is_refused_with_what_to_do(tmp_path: Path) -> None:
    authority, key = openssh.make_key(tmp_path, "authority"), openssh.make_key(tmp_path, "alice")
    openssh._called("ssh-keygen", "-q", "-s", str(authority), "-I", "alice", "-n", "alice", str(key))
    found = proved("p.sig", openssh.sign(tmp_path / "alice-cert.pub", PLAN), PLAN)
    assert isinstance(found, Bad)
    assert "sign with the plain key" in found.why


def test_an_old_rsa_signature_proves_nothing(tmp_path: Path) -> None:
    key = of_file(openssh.make_key(tmp_path, "alice", "rsa"), _nobody_is_asked)
    made = key.sign(NAMESPACE, PLAN)
    old = made.proof.replace(string(b"rsa-sha2-512"), string(b"ssh-rsa"))
    with pytest.raises(NotVerified, match="proves nothing"):
        verify(made.key, old, signed(NAMESPACE, "sha512", PLAN))


def test_fingerprints_are_ssh_keygens(tmp_path: Path) -> None:
    key = openssh.make_key(tmp_path, "alice")
    shown = openssh._called("ssh-keygen", "-l", "-f", str(key)).decode()
    assert fingerprint(of_file(key, _nobody_is_asked).public) == shown.split()[1]
