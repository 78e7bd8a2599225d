"""Keyed digests of the keys of profiles: enough to know one when it is seen, and nothing more."""

from __future__ import annotations

import os
from binascii import a2b_base64, b2a_base64
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from binance_creds._secret import plain_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from binance_creds._credentials import Credentials
    from binance_creds.scan._own._facts import KeyFacts

__all__ = ["API_KEY", "API_SECRET", "PRIVATE_KEY", "RUN", "OwnKeys"]

RUN: Final = 64  # characters of an API key and of a secret; of a private key, those it begins with
API_KEY: Final = "own-api-key"
API_SECRET: Final = "own-api-secret"  # noqa: S105  # the name of a rule
PRIVATE_KEY: Final = "own-private-key"
_KEY_BYTES: Final = 32
# PKCS#8 puts this before the key of RSA that older files hold alone, and then its length.
_BEFORE_RSA: Final = bytes.fromhex("06092a864886f70d01010105000482")
_LENGTH_BYTES: Final = 2


class OwnKeys:
    """The keys of some profiles, by keyed digests.

    Args:
        key: of the digests; a new one by default.
        digests: of the profiles, by rule.
        facts: what the exchange said of the newest key of a profile, as far as it was asked.
    """

    def __init__(
        self,
        key: bytes | None = None,
        digests: Mapping[str, Mapping[str, Iterable[bytes]]] | None = None,
        facts: Mapping[str, KeyFacts] | None = None,
    ) -> None:
        self.key: Final = key or os.urandom(_KEY_BYTES)
        self.facts: Final = dict(facts or {})
        self._keyed = blake2b(key=self.key, digest_size=16)
        self._known: dict[bytes, tuple[str, str]] = {}
        for profile, rules in (digests or {}).items():
            for rule, found in rules.items():
                for digest in found:
                    self._known[digest] = (rule, profile)

    def add(self, profile: str, credentials: Credentials) -> None:
        """Know the keys of credentials; earlier ones of the profile stay known.

        Args:
            profile: whose they are.
            credentials: may be sealed; then their secret stays unknown.
        """
        for rule, secret in (
            (API_KEY, credentials.api_key),
            (API_SECRET, credentials.api_secret),
            (PRIVATE_KEY, credentials.private_key_pem),
        ):
            if secret is not None:
                plain = plain_bytes(secret)
                pieces = _of_pem(plain) if rule == PRIVATE_KEY else [bytes(plain)]
                for piece in pieces:
                    self._known[self._digest(piece)] = (rule, profile)

    def whose(self, value: bytes) -> tuple[str, str] | None:
        """Return rule and profile of 64 characters; `None` if nobody's."""
        return self._known.get(self._digest(value))

    def digests(self) -> dict[str, dict[str, list[bytes]]]:
        """Return the digests of each profile, by rule."""
        found: dict[str, dict[str, list[bytes]]] = {}
        for digest, (rule, profile) in self._known.items():
            found.setdefault(profile, {}).setdefault(rule, []).append(digest)
        return found

    def __bool__(self) -> bool:
        return bool(self._known)

    def _digest(self, value: bytes) -> bytes:
        digest = self._keyed.copy()
        digest.update(value)
        return digest.digest()


def _of_pem(pem: bytes | bytearray) -> Iterator[bytes]:
    """Return what the body of a private key begins with, as PKCS#8 and as older files have it."""
    body = b"".join(line for line in bytes(pem).splitlines() if not line.startswith(b"-----"))
    yield body[:RUN]
    plain = a2b_base64(body)
    place = plain.find(_BEFORE_RSA)
    if place >= 0:
        inner = plain[place + len(_BEFORE_RSA) + _LENGTH_BYTES :]
        yield b2a_base64(inner, newline=False)[:RUN]
