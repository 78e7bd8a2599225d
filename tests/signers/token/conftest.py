"""One SoftHSM for all tests of tokens."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from p11_kit import P11Kit
from pkcs11 import Attribute, MechanismFlag
from softhsm import SoftHsm, add_certificate, make_ed25519, make_p256, make_rsa


@pytest.fixture(scope="session")
def hsm(tmp_path_factory):
    """Give a SoftHSM whose token `bot` has keys of each kind; `usb` and `pins` have one."""
    hsm = SoftHsm(tmp_path_factory.mktemp("hsm"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", hsm.configuration)
        patch.delenv("PKCS11_MODULE_PATH", raising=False)
        patch.delenv("PKCS11_PIN_SOURCE", raising=False)
        for label in ("bot", "empty", "usb", "pins"):
            hsm.add_token(label)
        with hsm.session("bot") as session:
            _fill(session)
        for label in ("usb", "pins"):
            with hsm.session(label) as session:
                make_ed25519(session, "ed", b"\x01")
        yield hsm


def _fill(session) -> None:
    make_ed25519(session, "ed", b"\x01")
    make_rsa(session, "rsa", b"\x02")
    for identifier in (b"\x03", b"\x04"):
        make_ed25519(session, "twin", identifier)
    make_p256(session, "ec", b"\x05")
    make_ed25519(session, "alone", b"\x06")[0].destroy()
    certified, _ = make_ed25519(session, "certified", b"\x07")
    add_certificate(session, _certificate(certified[Attribute.EC_POINT][2:]), b"\x07")
    certified.destroy()
    make_ed25519(session, "useless", b"\x08", capabilities=MechanismFlag.VERIFY)


def _certificate(public: bytes) -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "bot")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, Ed25519PublicKey.from_public_bytes(public), 1)
    dated = builder.not_valid_before(now).not_valid_after(now + timedelta(days=1))
    return dated.sign(Ed25519PrivateKey.generate(), None).public_bytes(Encoding.DER)


@pytest.fixture
def remote(hsm, tmp_path, monkeypatch):
    """Serve SoftHSM from another process."""
    server = P11Kit(hsm, tmp_path)
    monkeypatch.setenv("P11_KIT_SERVER_ADDRESS", f"unix:path={server.socket}")
    yield server
    server.kill()
