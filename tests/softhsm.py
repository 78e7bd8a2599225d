"""SoftHSM, a token in files: its keys are born in it, and no test takes one out."""

from __future__ import annotations

import os
import shutil
import subprocess
from base64 import b64decode
from pathlib import Path

import pkcs11
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass
from programs import program
from waiting import PATIENCE

from binance_creds._time._deadline import Deadline
from binance_creds.providers.signing import opened_signer
from binance_creds.signers import SignerURI

PIN, OFFICER = "1234", "567890"
PAYLOAD = b"symbol=BTCUSDT&timestamp=1"
_LIBRARIES = (
    "/usr/lib/softhsm/libsofthsm2.so",  # Debian
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
)
_ED25519 = b"\x06\x03\x2b\x65\x70"
_P256 = b"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"


def write_pin(path: str, pin: str) -> None:
    new = f"{path}.new"
    with open(os.open(new, os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
        file.write(f"{pin}\n")
    os.rename(new, path)


def verify(signer, payload: bytes = PAYLOAD) -> None:
    """Sign, and check the signature by the public half alone."""
    public = load_pem_public_key(signer.public_key_pem().encode())
    signature = b64decode(signer.sign(payload))
    if signer.key_type.name == "RSA":
        public.verify(signature, payload, PKCS1v15(), SHA256())
    else:
        public.verify(signature, payload)


def text_of(uri) -> str:
    """Return what a URI was parsed from."""
    return f"pkcs11:{uri.location}?" + "&".join(f"{n}={value}" for n, value in uri.options.items())


class SoftHsm:
    """Tokens in a folder, and a module of their own, so that no other test has started it.

    While it is in use, SOFTHSM2_CONF must be `configuration`.
    """

    def __init__(self, folder: Path) -> None:
        self._tool = program("softhsm2-util")
        self._tokens = folder / "tokens"
        self._tokens.mkdir()
        self.configuration = str(folder / "softhsm2.conf")
        Path(self.configuration).write_text(
            f"directories.tokendir = {self._tokens}\nobjectstore.backend = file\nlog.level = ERROR\n"
        )
        self.library = next(path for path in _LIBRARIES if os.path.exists(path))
        self.module = str(folder / "libsofthsm2.so")
        shutil.copy(self.library, self.module)
        self.pin = str(folder / "pin")
        write_pin(self.pin, PIN)
        self._of_token: dict[str, Path] = {}

    def uri(self, path: str, **options: str | None) -> SignerURI:
        """Return the URI of a key; an option that is `None` is left out."""
        given = {"module-path": self.module, "pin-source": f"file:{self.pin}"}
        given |= {name.replace("_", "-"): value for name, value in options.items()}
        query = "&".join(f"{name}={value}" for name, value in given.items() if value)
        return SignerURI.parse(f"pkcs11:{path}?{query}")

    def signer(self, path: str, seconds: float = PATIENCE, **options: str | None):
        return opened_signer(self.uri(path, **options), Deadline(seconds))

    def add_token(self, label: str, pin: str = PIN) -> None:
        before = set(self._tokens.iterdir())
        self._run("--init-token", "--free", "--label", label, "--so-pin", OFFICER, pin=pin)
        (self._of_token[label],) = set(self._tokens.iterdir()) - before

    def import_key(self, label: str, name: str, path: Path) -> None:
        """Put a private key into a token, as PKCS#8 in PEM, by a program of its own."""
        self._run(
            "--import", str(path), "--token", label, "--label", name, "--id", name.encode().hex()
        )

    def session(self, label: str, pin: str = PIN) -> pkcs11.Session:
        """Return a session that can write, by the module that the system has."""
        library = pkcs11.lib(self.library)
        library.reinitialize()  # the tokens of now
        return library.get_token(token_label=label).open(rw=True, user_pin=pin)

    def _run(self, *arguments: str, pin: str = PIN) -> None:
        environ = os.environ | {"SOFTHSM2_CONF": self.configuration}
        command = [self._tool, *arguments, "--pin", pin]
        subprocess.run(command, env=environ, check=True, capture_output=True)

    def pull_out(self, label: str) -> None:
        self._of_token[label].rename(self._tokens.parent / label)

    def put_back(self, label: str) -> None:
        (self._tokens.parent / label).rename(self._of_token[label])


def make_ed25519(session: pkcs11.Session, label: str, identifier: bytes, **options):
    parameters = session.create_domain_parameters(
        KeyType.EC_EDWARDS, {Attribute.EC_PARAMS: _ED25519}, local=True
    )
    return parameters.generate_keypair(
        mechanism=Mechanism.EC_EDWARDS_KEY_PAIR_GEN,
        id=identifier,
        label=label,
        store=True,
        **options,
    )


def make_rsa(session: pkcs11.Session, label: str, identifier: bytes, bits: int = 2048):
    return session.generate_keypair(KeyType.RSA, bits, id=identifier, label=label, store=True)


def make_p256(session: pkcs11.Session, label: str, identifier: bytes):
    parameters = session.create_domain_parameters(
        KeyType.EC, {Attribute.EC_PARAMS: _P256}, local=True
    )
    return parameters.generate_keypair(id=identifier, label=label, store=True)


def add_certificate(session: pkcs11.Session, content: bytes, identifier: bytes) -> None:
    session.create_object(
        {
            Attribute.CLASS: ObjectClass.CERTIFICATE,
            Attribute.CERTIFICATE_TYPE: 0,
            Attribute.TOKEN: True,
            Attribute.ID: identifier,
            Attribute.SUBJECT: b"\x30\x00",
            Attribute.VALUE: content,
        }
    )
