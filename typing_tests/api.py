"""What a type checker must accept, and what it must know."""

from __future__ import annotations

from typing import assert_type

from binance_creds import (
    Credentials,
    CredentialsHandle,
    Explanation,
    KeyType,
    LiveCredentials,
    RefreshPolicy,
    Secret,
    Source,
    SourceURI,
    Verifier,
    aload_credentials,
    load_credentials,
    load_many,
)
from binance_creds.adapters.plain import sign_request
from binance_creds.exchange import ExchangeCheck, Findings, Policy, policy_named
from binance_creds.live import Decision, Rotation, Status
from binance_creds.providers import Deadline, Provider, RawSecret, Store, Unchanged
from binance_creds.providers.aws.secrets_manager import SecretsManagerProvider
from binance_creds.providers.azure.key_vault import KeyVaultProvider
from binance_creds.providers.google.secret_manager import SecretManagerProvider
from binance_creds.providers.keychain.keyring import KeyringProvider
from binance_creds.providers.vault.kv_secrets import VaultProvider

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


def told(rotation: Rotation) -> None:
    assert_type(rotation.current, Credentials)


def tried(pair: Credentials) -> None:
    pair.sign(b"payload")


check = ExchangeCheck("spot-trading", timeout_seconds=5, when_unreachable="refuse")
assert_type(check.examine(creds), Findings)
assert_type(check(handle), Findings)
assert_type(check.examine(creds).permissions, frozenset[str] | None)
assert_type(load_credentials("env://A", verify=check), Credentials)
verifier: Verifier = check
sign_request(creds, "GET", "https://api.binance.com/api/v3/account", clock=check.clock)
ExchangeCheck(when_unreachable="ignore")  # type: ignore[arg-type]  # neither of the two

live = load_credentials("env://A", live=True, verify=tried, on_rotation=told)
assert_type(live, LiveCredentials)
assert_type(load_credentials(profile="main", live=True), LiveCredentials)
assert_type(live.current, Credentials)
assert_type(live.previous, Credentials | None)
assert_type(live.refresh(), Credentials)
assert_type(live.status(), Status)
assert_type(live.report_rejection(-2015, used=creds), Decision)
with live.hold() as held:
    assert_type(held, Credentials)
RefreshPolicy(ttl="5m", poll=30, on_denied="keep", push=["signal:SIGHUP"])
handle = live

load_credentials("env://A", refresh=RefreshPolicy())  # type: ignore[call-overload]  # of live ones
load_credentials(5)  # type: ignore[call-overload]  # not a source


def of_either_kind(source: Source, is_live: bool, check: Verifier) -> None:
    either = load_credentials(source, live=is_live, verify=check)
    assert_type(load_credentials(source, verify=is_live), Credentials)
    assert_type(load_credentials(source, verify=ExchangeCheck(), live=True), LiveCredentials)
    assert_type(either, Credentials | LiveCredentials)
    assert_type(either.current, Credentials)
    assert_type(either.current.explain(), Explanation)


async def load(is_live: bool) -> None:
    assert_type(await aload_credentials("env://A"), Credentials)
    assert_type(await aload_credentials("env://A", live=is_live), Credentials | LiveCredentials)
    async with await aload_credentials("env://A", live=True) as kept:
        assert_type(kept, LiveCredentials)
        assert_type(await kept.arefresh(), Credentials)


policy = Policy(name="mine", required=frozenset({"reading"}), key_types=(KeyType.ED25519,))
assert_type(policy_named("spot-trading"), Policy)
assert_type(policy.rotation_days, int | None)
check = ExchangeCheck(policy)


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
writers: list[type[Store]] = [  # `isinstance` would not see what `store` takes
    KeyVaultProvider,
    KeyringProvider,
    SecretManagerProvider,
    SecretsManagerProvider,
    VaultProvider,
]
