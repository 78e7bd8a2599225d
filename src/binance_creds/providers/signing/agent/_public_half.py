"""Which of an agent's keys a fingerprint names, and what is registered of it."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.serialization import load_ssh_public_key

from binance_creds.errors import ConfigurationError
from binance_creds.signers._public_key import key_version, unsupported

if TYPE_CHECKING:
    from binance_creds._uri import SourceURI
    from binance_creds.signers import KeyVersion

__all__ = ["fingerprint_of", "named_by", "version_of"]

_FINGERPRINT: Final = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")
_KINDS: Final = ("ssh-ed25519", "ssh-rsa")
_LENGTH_BYTES: Final = 4


def named_by(uri: SourceURI) -> str:
    """Return the fingerprint that a URI names.

    Raises:
        ConfigurationError: it names none.
    """
    if not _FINGERPRINT.fullmatch(uri.location):
        msg = "a key of an SSH agent is named by its fingerprint."
        raise ConfigurationError(
            msg,
            source="ssh-agent",
            hint="List them with `ssh-add -l`, and write ssh-agent:SHA256: and the 43 letters"
            " behind it.",
        )
    return uri.location


def fingerprint_of(blob: bytes) -> str:
    """Return a public key's fingerprint, as `ssh-add -l` prints it."""
    return "SHA256:" + b64encode(sha256(blob).digest()).decode("ascii").rstrip("=")


def version_of(blob: bytes) -> KeyVersion:
    """Return the public half as it is registered.

    Raises:
        MalformedSecretError: `unsupported_key`; those of hardware (`sk-`) sign another text than
            they are given, and certificates are no keys.
    """
    size = int.from_bytes(blob[:_LENGTH_BYTES], "big")
    kind = blob[_LENGTH_BYTES : _LENGTH_BYTES + size].decode("ascii", "replace")
    if kind not in _KINDS:
        raise unsupported(kind)
    key = load_ssh_public_key(f"{kind} {b64encode(blob).decode('ascii')}".encode())
    return key_version(key)
