"""The closed sets of design words: kinds of key and Binance environments."""

from __future__ import annotations

from enum import Enum

__all__ = ["Environment", "KeyType"]


class KeyType(Enum):
    """The three kinds of API key that Binance issues.

    Source: binance-spot-api-docs a5e0bc3d, faqs/api_key_types.md.
    """

    HMAC = "HMAC"
    ED25519 = "ED25519"
    RSA = "RSA"


class Environment(Enum):
    """The Binance environments; each has keys of its own. Binance.US is an exchange apart.

    Source: binance-spot-api-docs a5e0bc3d, testnet/ and demo-mode/ general information;
    docs.binance.us.
    """

    LIVE = "live"
    TESTNET = "testnet"
    DEMO = "demo"
    US = "us"
