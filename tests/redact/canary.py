"""The canary: pairs that this process has loaded, and what of them must not be seen."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, quote, urlsplit

from binance_creds import load_credentials
from binance_creds.adapters.plain import sign_request
from binance_creds.providers import memory

_WINDOW = 16  # a piece this long of random characters is no coincidence
_ANSI = re.compile(r"\x1b\[[\d;]*m")
_LAYOUT = re.compile(r"\\n|[\s│|\\]+")  # what may break a value into lines


class Canary:
    """An HMAC pair and an RSA one, with signed requests of both."""

    def __init__(self, exchange, keys) -> None:
        self.keys, self.credentials = keys, []
        for number, key in enumerate(self.keys):
            memory.register(f"canary{number}", key.fields())
            self.credentials.append(load_credentials(f"memory:canary{number}"))
            memory.unregister(f"canary{number}")
        self.requests = [
            sign_request(
                credentials, "GET", f"{exchange.url}/api/v3/account", recv_window_ms=60_000
            )
            for credentials in self.credentials
        ]
        self.signatures = [
            parse_qs(urlsplit(request.url).query)["signature"][0] for request in self.requests
        ]
        hmac, rsa = self.keys
        self.api_key, self.secret, self.pem = hmac.api_key, hmac.api_secret, rsa.private_key_pem
        self.url, self.headers = self.requests[0].url, dict(self.requests[0].headers)
        self.texts = [self.api_key, rsa.api_key, self.secret, self.pem, *self.signatures]
        self.message = " ".join([f"secret={self.secret}", self.api_key, self.url, self.pem])
        self._needles = {
            piece
            for text in (self.api_key, rsa.api_key, self.secret, *self.signatures)
            for spelling in (text, quote(text, safe=""))
            for piece in _pieces(spelling)
        } | {
            # The first line of every RSA key is the same.
            piece
            for line in self.pem.splitlines()[2:-1]
            for piece in _pieces(line)
        }

    def is_in(self, text: str) -> bool:
        """Return whether a piece of it can be read, also over the end of a line."""
        plain = _ANSI.sub("", text)
        joined = _LAYOUT.sub("", plain)
        return any(needle in plain or needle in joined for needle in self._needles)


def _pieces(text: str) -> list[str]:
    return [text[start : start + _WINDOW] for start in range(len(text) - _WINDOW + 1)]
