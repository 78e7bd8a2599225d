"""The text of a private key, as people paste it, to the bytes that a loader takes.

The frames of this module hold plaintext. `_build` catches what is raised here and raises it anew,
so that no traceback leads back.
"""

from __future__ import annotations

import binascii
import re
from typing import TYPE_CHECKING, Final, NamedTuple, NoReturn

from binance_creds._parse._clean import refuse_bad_character, stripped
from binance_creds.errors import MalformedSecretError

if TYPE_CHECKING:
    from typing import Literal

__all__ = ["Armour", "read_armour", "refuse", "refuse_algorithm", "refuse_public"]

FIELD: Final = "private_key"

_PEM: Final = r"(?s)-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----"
_HEADER: Final = r"(?m)^[ \t]*[A-Za-z-]+: .*$"
_DEEPEST: Final = 2  # base64 of base64, as Kubernetes' `data` of a value that was base64 already
_OPENSSH: Final = "OPENSSH PRIVATE KEY"
_OPENSSH_MAGIC: Final = b"openssh-key-v1\0"  # OpenSSH, PROTOCOL.key
_OPENSSH_KINDS: Final = rb"\0\0\0[\x07\x0b]ssh-(rsa|ed25519)"  # in clear, also if it is encrypted
_PUTTY: Final = r"PuTTY-User-Key-File-\d"
# A line of authorized_keys, and RFC 4716.
_SSH_PUBLIC: Final = r"(sk-)?(ssh|ecdsa)-[a-z0-9@.-]+\s+AAAA|---- BEGIN SSH2 PUBLIC KEY ----"


class Armour(NamedTuple):
    """What was within the text.

    Attributes:
        data: DER; for the other forms the PEM, written anew.
        form: which loader takes it.
    """

    data: bytes
    form: Literal["der", "pem", "openssh"] = "der"


def read_armour(text: str, *, depth: int = 0) -> Armour:
    """Return what a text holds: PEM, or base64 of DER, of a PEM or of that.

    Raises:
        MalformedSecretError: it holds no private key, or none in a form that can be read.
    """
    text = _with_line_ends(stripped(text))
    _refuse_ssh(text)
    refuse_bad_character(text, FIELD, allowed=" \t\n")
    match = re.search(_PEM, text)
    if match is None and "-----BEGIN " in text:
        refuse(
            "truncated_pem",
            "private_key has a BEGIN line without its END line.",
            "A PEM on several lines must be quoted, or be kept in a file of its own.",
        )
    label, body = match.groups() if match else ("", text)
    _refuse_label(label)
    if re.search(_HEADER, body):
        return Armour(_with_headers(label, body), "pem")
    data = _decoded(body)
    inner = None if label or depth == _DEEPEST else _as_text(data)
    return _armour(label, data) if inner is None else read_armour(inner, depth=depth + 1)


def refuse(reason: str, message: str, hint: str, *, field: str = FIELD) -> NoReturn:
    """Raise what is wrong with a private key."""
    raise MalformedSecretError(message, reason=reason, field=field, hint=hint)


def refuse_public() -> NoReturn:
    """Refuse the half that is not secret."""
    refuse(
        "public_key",
        "private_key holds a public key or certificate.",
        "The public half goes to Binance; put the private half here.",
    )


def refuse_algorithm() -> NoReturn:
    """Refuse a key that Binance does not take."""
    refuse(
        "wrong_algorithm",
        "private_key is neither Ed25519 nor RSA.",
        "Create an Ed25519 key: openssl genpkey -algorithm ed25519 -out key.pem",
    )


def _with_line_ends(text: str) -> str:
    """Turn line ends that were escaped, once or several times, into line ends."""
    text = re.sub(r"\\+n", "\n", re.sub(r"\\+r", "", text))
    return re.sub(r"\\+/", "/", text).replace("\r", "\n")  # as PHP's JSON writes a slash


def _refuse_ssh(text: str) -> None:
    if re.match(_PUTTY, text):
        refuse(
            "unsupported_key",
            "private_key is in PuTTY's format (.ppk).",
            "Export it in PuTTYgen: Conversions, Export OpenSSH key.",
        )
    if re.match(_SSH_PUBLIC, text):
        refuse_public()


def _refuse_label(label: str) -> None:
    if "PUBLIC KEY" in label or "CERTIFICATE" in label:
        refuse_public()
    if label in {"EC PRIVATE KEY", "DSA PRIVATE KEY"}:
        refuse_algorithm()


def _with_headers(label: str, body: str) -> bytes:
    """Rebuild a traditional encrypted PEM, whose Proc-Type and DEK-Info headers matter."""
    lines = [line.strip() for line in body.splitlines() if line.strip()]
    headers = [line for line in lines if ":" in line]
    rest = [line for line in lines if ":" not in line]
    return _pem(label, "\n".join([*headers, "", *rest]))


def _pem(label: str, body: str) -> bytes:
    return f"-----BEGIN {label}-----\n{body}\n-----END {label}-----\n".encode()


def _decoded(body: str) -> bytes:
    try:
        return binascii.a2b_base64("".join(body.split()), strict_mode=True)
    except binascii.Error:  # a character outside the alphabet, or wrong padding
        pass
    refuse("bad_pem", "private_key is neither PEM nor base64.", "Paste the whole key.")


def _as_text(data: bytes) -> str | None:
    """Return bytes that are text again: base64 of a PEM rather than of DER."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    return text if "".join(text.split()).isprintable() else None


def _armour(label: str, data: bytes) -> Armour:
    if label != _OPENSSH and not data.startswith(_OPENSSH_MAGIC):
        _refuse_pkcs12(data)
        return Armour(data)
    if data.startswith(_OPENSSH_MAGIC) and not re.search(_OPENSSH_KINDS, data):
        refuse_algorithm()
    return Armour(_pem(_OPENSSH, binascii.b2a_base64(data).decode()), "openssh")


def _refuse_pkcs12(data: bytes) -> None:
    """Refuse a PFX: a sequence that begins with the number 3 (RFC 7292, section 4)."""
    if re.match(rb"(?s)0([\x00-\x80]|\x81.|\x82..|\x83...)\x02\x01\x03", data):
        refuse(
            "unsupported_key",
            "private_key is a PKCS#12 file (.p12, .pfx).",
            "Take the key out with: openssl pkcs12 -in key.p12 -nodes -nocerts -out key.pem",
        )
