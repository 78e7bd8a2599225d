"""What the name of a value says that it is."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["is_of_key", "is_of_other", "says_object_before", "says_other_before"]

_HUMP: Final = re.compile(rb"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+")
_KEY: Final = frozenset(
    b"api apikey apisecret auth binance cred credential credentials key keys mbx password pk"
    b" private secret secretkey secrets sk token".split()
)
_SURELY_KEY: Final = frozenset(b"api apikey apisecret binance mbx secret secretkey".split())
_OTHER: Final = frozenset(
    b"address alphabet asset blake2 blake2b block blockhash canonical captcha charset chars"
    b" checksum checksums cid cookie commit csrf csrfmiddlewaretoken csrftoken cursor digest"
    b" digests etag fingerprint hash hashes hmac idempotency image img integrity layer listen"
    b" listenkey listentoken md5 merkle nonce oid pub pubkey public rev revision salt sealed"
    b" session sessionid sha sid"
    b" sha1 sha224 sha256 sha384 sha3 sha512 sha256sum sig signature site sitekey src thumbprint"
    b" trace tx txhash txid txs uuid xsrf xsrftoken".split()
)
_CHECKS: Final = re.compile(
    rb"(?<![A-Za-z0-9])(?:csrf\w*|xsrf\w*|authenticity[-_]token|sha-?(?:1|224|256|384|512)\w*"
    rb"|integrity|signature|digest|checksum|\w{0,20}hash|nonce|listen-?_?key|md5|etag)(?![A-Za-z0-9])",
    re.IGNORECASE,
)
_OBJECTS: Final = re.compile(  # that are called by 64 hexadecimal digits
    rb"(?<![A-Za-z0-9])(?:commit|tree|parent|object|blob|oid|tx|txid|transaction|block|container|layer)"
    rb"[\s:=\"']*\Z",
    re.IGNORECASE,
)
_KEYS: Final = re.compile(rb"key|secret|binance|client", re.IGNORECASE)
_PAST: Final = 48  # characters before the value


def is_of_key(name: bytes) -> bool:
    """Whether a name such as `apiKey` or `X-MBX-APIKEY` says that the value is a key."""
    parts = _parts(name)
    return not _KEY.isdisjoint(parts) and parts[-1] != b"id" and not is_of_other(name)


def is_of_other(name: bytes) -> bool:
    """Whether a name such as `csrf-token` or `api_key_sha256` says that the value is none."""
    parts = _parts(name)
    others = [place for place, part in enumerate(parts) if part in _OTHER]
    surely = [place for place, part in enumerate(parts) if part in _SURELY_KEY]
    return bool(others) and (not surely or others[-1] > surely[-1])


def says_other_before(line: bytes) -> bool:
    """Whether the end of the text before a value says that it is no key."""
    found = list(_CHECKS.finditer(line, max(0, len(line) - _PAST)))
    return bool(found) and _KEYS.search(line, found[-1].end()) is None


def says_object_before(line: bytes) -> bool:
    """Whether the word before hexadecimal digits is one for a commit, a transaction or the like."""
    return _OBJECTS.search(line, max(0, len(line) - _PAST)) is not None


def _parts(name: bytes) -> list[bytes]:
    return [part.lower() for part in _HUMP.split(name) if part]
