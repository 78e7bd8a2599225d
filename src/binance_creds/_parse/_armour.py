"""The text of a private key, as people paste it, to the bytes that a loader takes.

The frames of this module hold plaintext. `_build` catches what is raised here and raises it anew,
so that no traceback leads back.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple, NoReturn

from binance_creds._parse._base64 import from_base64, to_base64
from binance_creds._parse._clean import edges, refuse_bad_character
from binance_creds._secret import Buffer, Secret, cut, joined
from binance_creds.errors import MalformedSecretError

if TYPE_CHECKING:
    from typing import Literal

__all__ = ["Armour", "pem_of", "read_armour", "refuse", "refuse_algorithm", "refuse_public"]

FIELD: Final = "private_key"

_PEM: Final = rb"(?s)-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----"
_HEADER: Final = rb"(?m)^[ \t]*[A-Za-z-]+: .*$"
_LINE: Final = rb"(?m)^[ \t]*([^\n]*[^ \t\n])"
# As JSON escapes them, once or several times; PHP's escapes a slash as well.
_ESCAPE: Final = rb"\\+([rn/])"
_UNESCAPED: Final = {b"r": b"", b"n": b"\n", b"/": b"/"}
_CONTROL: Final = rb"[\x00-\x08\x0e-\x1f\x7f]"
_DEEPEST: Final = 2  # base64 of base64, as Kubernetes' `data` of a value that was base64 already
_OPENSSH: Final = "OPENSSH PRIVATE KEY"
_OPENSSH_MAGIC: Final = b"openssh-key-v1\0"  # OpenSSH, PROTOCOL.key
_OPENSSH_KINDS: Final = rb"\0\0\0[\x07\x0b]ssh-(rsa|ed25519)"  # in clear, also if it is encrypted
_FRAME: Final = rb"(?i)(begin|end) [a-z0-9 ]*key"  # what is left of a BEGIN or END line
# A line of authorized_keys, and RFC 4716.
_SSH_PUBLIC: Final = rb"(sk-)?(ssh|ecdsa)-[a-z0-9@.-]+\s+AAAA|---- BEGIN SSH2 PUBLIC KEY ----"


_WHOLE: Final = "Paste the whole key again, its lines as they were and nothing between them."
_AS_PEM: Final = "Write it as PKCS#8 in PEM, which is lines between BEGIN and END."
_ANOTHER: Final = "Create one of Ed25519 or RSA for Binance."
_PUTTY: Final = rb"PuTTY-User-Key-File-\d"
_HEX: Final = rb"(0x)?[0-9a-fA-F\s:]{64,}\Z"
_AGE: Final = rb"AGE-SECRET-KEY-|-----BEGIN AGE "
_RAW_BYTES: Final = (32, 64)  # an Ed25519 key without its envelope, alone or before the public half


class Armour(NamedTuple):
    """What was within the text.

    Attributes:
        data: DER; for the other forms the PEM, written anew.
        form: which loader takes it.
    """

    data: Buffer
    form: Literal["der", "pem", "openssh"] = "der"


def read_armour(plain: bytes | bytearray, *, depth: int = 0) -> Armour:
    """Return what a text holds: PEM, or base64 of DER, of a PEM or of that.

    Raises:
        MalformedSecretError: it holds no private key, or none in a form that can be read.
    """
    text = _with_line_ends(cut(plain, *edges(plain)))
    _refuse_others(text)
    refuse_bad_character(text, FIELD, allowed=" \t\n")
    match = _block(text)
    if match is None and text.find(b"-----BEGIN ") >= 0:
        refuse(
            "truncated_pem",
            "private_key has a BEGIN line without its END line.",
            "A PEM on several lines must be quoted, or be kept in a file of its own.",
        )
    label = match[1].decode() if match else ""
    body = cut(text, *match.span(2)) if match else text
    _refuse_label(label)
    if re.search(_HEADER, body):
        return Armour(_with_headers(label, body), "pem")
    data = _decoded(body, label)
    if not label and depth < _DEEPEST and _is_text(data):
        return read_armour(data, depth=depth + 1)
    return _armour(label, data)


def _block(text: Buffer) -> re.Match[bytes] | None:
    """Return the PEM in a text: that of the private key, if there are several."""
    blocks = list(re.finditer(_PEM, text))
    private = [block for block in blocks if block[1].endswith(b"PRIVATE KEY")]
    with memoryview(text) as view:
        if any(view[slice(*one.span(2))] != view[slice(*private[0].span(2))] for one in private):
            refuse(
                "several_keys",
                "private_key holds several private keys.",
                "Keep the one that belongs to this API key.",
            )
    return next(iter(private or blocks), None)


def pem_of(label: str, body: bytes | bytearray) -> Buffer:
    """Return a PEM of a body that has its lines."""
    return joined(
        [f"-----BEGIN {label}-----\n".encode(), body, f"-----END {label}-----\n".encode()]
    )


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


def _with_line_ends(text: Buffer) -> Buffer:
    """Turn line ends into those of PEM, also such as were escaped."""
    if text.find(b"\\") >= 0:
        text = _unescaped(text)
    at = text.find(b"\r")
    while at >= 0:
        text[at] = ord("\n")
        at = text.find(b"\r", at)
    return text


def _unescaped(text: Buffer) -> Buffer:
    parts: list[bytes | memoryview] = []
    end = 0
    with memoryview(text) as view:
        for match in re.finditer(_ESCAPE, text):
            parts += [view[end : match.start()], _UNESCAPED[match[1]]]
            end = match.end()
        return joined([*parts, view[end:]])


def _refuse_others(text: Buffer) -> None:
    if re.match(_PUTTY, text):
        refuse(
            "unsupported_key",
            "private_key is in PuTTY's format (.ppk).",
            "Export it in PuTTYgen: Conversions, Export OpenSSH key.",
        )
    if text.startswith(b"-----BEGIN PGP "):
        refuse("unsupported_key", "private_key is a key of OpenPGP.", _ANOTHER)
    if re.match(_AGE, text):
        refuse("unsupported_key", "private_key is a key of age.", _ANOTHER)
    if text.startswith(b"{"):  # a JWK
        refuse("unsupported_key", "private_key is JSON instead of PEM.", _AS_PEM)
    if re.match(_HEX, text):
        refuse("unsupported_key", "private_key is hexadecimal instead of PEM.", _AS_PEM)
    if re.match(_SSH_PUBLIC, text):
        refuse_public()


def _refuse_label(label: str) -> None:
    if "PUBLIC KEY" in label or "CERTIFICATE" in label:
        refuse_public()
    if label in {"EC PRIVATE KEY", "DSA PRIVATE KEY"}:
        refuse_algorithm()


def _with_headers(label: str, body: Buffer) -> Buffer:
    """Rebuild a traditional encrypted PEM, whose Proc-Type and DEK-Info headers matter."""
    lines = [joined([cut(body, *one.span(1)), b"\n"]) for one in re.finditer(_LINE, body)]
    headers = [line for line in lines if line.find(b":") >= 0]
    rest = [line for line in lines if line.find(b":") < 0]
    return pem_of(label, joined([*headers, b"\n", *rest]))


def _decoded(body: Buffer, label: str) -> Buffer:
    data = from_base64(body)
    if data is None and body.find(b"...") >= 0:
        refuse("placeholder", "private_key is still a placeholder.", "Put the real key there.")
    if not label and re.search(_FRAME, body):
        refuse("bad_pem", "private_key has a damaged BEGIN or END line.", _WHOLE)
    if data is None and label:
        refuse("bad_pem", "private_key holds more than base64 within its PEM.", _WHOLE)
    if data is None:
        refuse("bad_pem", "private_key is neither PEM nor base64.", "Paste the whole key.")
    return data


def _is_text(data: Buffer) -> bool:
    """Return whether bytes are text again: base64 of a PEM rather than of DER."""
    if re.search(_CONTROL, data):
        return False
    try:
        Secret(data)
    except MalformedSecretError:  # not UTF-8
        return False
    return True


def _armour(label: str, data: Buffer) -> Armour:
    if label != _OPENSSH and not data.startswith(_OPENSSH_MAGIC):
        _refuse_pkcs12(data)
        if not label and len(data) in _RAW_BYTES:
            refuse("unsupported_key", f"private_key is a raw key of {len(data)} bytes.", _AS_PEM)
        return Armour(data)
    if data.startswith(_OPENSSH_MAGIC) and not re.search(_OPENSSH_KINDS, data):
        refuse_algorithm()
    return Armour(pem_of(_OPENSSH, to_base64(data)), "openssh")


def _refuse_pkcs12(data: Buffer) -> None:
    """Refuse a PFX: a sequence that begins with the number 3 (RFC 7292, section 4)."""
    if re.match(rb"(?s)0([\x00-\x80]|\x81.|\x82..|\x83...)\x02\x01\x03", data):
        refuse(
            "unsupported_key",
            "private_key is a PKCS#12 file (.p12, .pfx).",
            "Take the key out with: openssl pkcs12 -in key.p12 -nodes -nocerts -out key.pem",
        )
