"""What a type checker must accept, and what it must know."""

from __future__ import annotations

from typing import assert_type

from binance_creds import (
    Credentials,
    CredentialsHandle,
    Secret,
    SourceURI,
    aload_credentials,
    load_credentials,
    load_many,
)
from binance_creds.providers import Deadline, Provider, RawSecret, Unchanged

creds = load_credentials("env://BINANCE")
assert_type(creds, Credentials)
assert_type(creds.api_key, Secret)
assert_type(creds.api_secret, Secret | None)
assert_type(creds.sign(b"payload"), str)
assert_type(load_credentials(profile="main", config={"profiles": {}}), Credentials)
assert_type(
    load_credentials(["env://A", SourceURI.parse("dotenv:.env")], environment="testnet"),
    Credentials,
)
assert_type(load_many({"a": "env://A"}), dict[str, Credentials])
handle: CredentialsHandle = creds

load_credentials("env://A", profile="main")  # type: ignore[call-overload]  # one or the other
load_credentials(5)  # type: ignore[call-overload]  # not a source


async def load() -> None:
    assert_type(await aload_credentials("env://A"), Credentials)


class MyProvider:
    def __init__(self, uri: SourceURI) -> None:
        self._uri = uri

    def fetch(
        self, deadline: Deadline, *, known_version: str | None = None
    ) -> RawSecret | Unchanged:
        return Unchanged(known_version or "1")

    def close(self) -> None:
        pass


provider: Provider = MyProvider(SourceURI.parse("my://x"))
