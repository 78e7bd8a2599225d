"""Encrypted OpenSSH keys, as ssh-keygen writes them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType

import pytest
from language import refusal
from support import build, token

from binance_creds.testing import assert_no_leak

PASSPHRASE = token()

pytestmark = pytest.mark.skipif(not shutil.which("ssh-keygen"), reason="ssh-keygen is missing")


@pytest.fixture
def key(tmp_path):
    """Return a function that makes a key, encrypted with a cipher."""

    def make(cipher: str) -> str:
        path = tmp_path / "key"
        command = [
            "ssh-keygen",
            "-q",
            "-t",
            "ed25519",
            "-a",
            "1",
            "-N",
            PASSPHRASE,
            "-Z",
            cipher,
            "-f",
            path,
        ]
        subprocess.run(command, check=True)
        return path.read_text()

    return make


@pytest.fixture
def bcrypt(monkeypatch):
    """Return a function that makes it look as if bcrypt were installed, or were not."""

    def pretend(is_there: bool) -> None:
        module = ModuleType("bcrypt")
        module.__spec__ = ModuleSpec("bcrypt", None)
        monkeypatch.setitem(sys.modules, "bcrypt", module if is_there else None)

    return pretend


@pytest.mark.parametrize("cipher", ["aes256-ctr", "aes256-gcm@openssh.com"])
def test_an_encrypted_openssh_key_is_opened_by_its_passphrase(key, cipher) -> None:
    """And by no other."""
    pytest.importorskip("bcrypt")
    text = key(cipher)
    assert build(api_key=token(), private_key=text, passphrase=f"{PASSPHRASE}\n").private_key_pem
    error = refusal(build, api_key=token(), private_key=text, passphrase="another")
    assert ("wrong_passphrase", "passphrase") == (error.reason, error.field)
    assert "ssh-keygen" in error.hint


def test_without_a_passphrase_it_is_asked_for(key) -> None:
    """Before anything else."""
    error = refusal(build, api_key=token(), private_key=key("aes256-ctr"))
    assert ("passphrase_missing", "passphrase") == (error.reason, error.field)


@pytest.mark.parametrize(
    ("is_there", "reason"), [(True, "unsupported_key"), (False, "needs_bcrypt")]
)
def test_without_bcrypt_or_with_a_foreign_cipher_the_error_says_so(
    key, bcrypt, is_there, reason
) -> None:
    """cryptography tells neither apart."""
    text = key("chacha20-poly1305@openssh.com")
    bcrypt(is_there)
    error = refusal(build, api_key=token(), private_key=text, passphrase=PASSPHRASE)
    assert reason == error.reason
    assert ("pip install bcrypt" in error.hint) is not is_there
    assert_no_leak(PASSPHRASE, error)
