"""Every public module imports without its SDK, and says on first use what to install."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from support import caught, plain_environ

from binance_creds._extras import sdk_of
from binance_creds.live.push import redis

EXTRAS = {
    "adapters.aiohttp": "aiohttp",
    "adapters.binance_connector": "binance-connector",
    "adapters.binance_sdk": "binance-sdk",
    "adapters.ccxt": "ccxt",
    "adapters.freqtrade": "ccxt",
    "adapters.httpx": "httpx",
    "adapters.python_binance": "python-binance",
    "adapters.requests": "requests",
    "adapters.websockets": "websockets",
    "integrations.pydantic_settings": "pydantic-settings",
    "live.push.redis": "redis",
    "providers.aws.kms.key": "aws",
    "providers.aws.secrets_manager": "aws",
    "providers.aws.sqs": "aws",
    "providers.azure.key_vault": "azure",
    "providers.azure.keys.key": "azure-keys",
    "providers.azure.storage_queue": "azure-queue",
    "providers.google.kms.key": "gcp-kms",
    "providers.google.pubsub": "pubsub",
    "providers.google.secret_manager": "gcp",
    "providers.keychain.keyring": "keychain",
    "providers.signing.token.pkcs11": "pkcs11",
    "providers.vault.kv_secrets": "vault",
    "providers.vault.transit.signing_key": "vault",
}
SDKS = [
    *(
        "aiohttp",
        "azure",
        "binance",
        "binance_common",
        "boto3",
        "botocore",
        "ccxt",
        "google",
        "grpc",
        "httpx",
        "hvac",
        "keyring",
    ),
    *("pkcs11", "pydantic_settings", "redis", "requests", "secretstorage", "websockets", "yarl"),
]
SOURCES = {
    "aws-sm://bot": "aws",
    "azure-kv://my-vault/bot": "azure",
    "gcp-sm://my-project/bot": "gcp",
    "keyring://binance/main": "keychain",
    "openbao://secret/bot": "vault",
    "vault://secret/bot": "vault",
}
PUSHES = {
    "pubsub://my-project/bot": "pubsub",
    "redis://127.0.0.1": "redis",
    "rediss://127.0.0.1": "redis",
    "sqs:https://sqs.eu-west-1.amazonaws.com/123456789012/q": "aws",
    "storage-queue:https://account.queue.core.windows.net/events": "azure-queue",
}
CHILD = """
import importlib, json, pkgutil, secrets, sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in json.loads(sys.argv[1]):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

if sys.argv[4] == "absent":
    sys.meta_path.insert(0, Absent())
else:
    sys.modules.update(dict.fromkeys(json.loads(sys.argv[1])))
import binance_creds
from binance_creds import ProviderNotInstalledError, RefreshPolicy, load_credentials
from binance_creds.providers import memory

def said(call):
    try:
        return str(call())
    except ProviderNotInstalledError as error:
        return [error.source, str(error)]

def subclassed(value):
    class Mine(value):
        pass

USES = [
    lambda value: value(object()),
    lambda value: value.from_environment,
    lambda value: isinstance(1, value),
    subclassed,
]
names = {}
for info in pkgutil.walk_packages(binance_creds.__path__, "binance_creds."):
    if not any(part.startswith("_") for part in info.name.split(".")):
        module = importlib.import_module(info.name)
        for name in module.__all__:
            assert name in dir(module)
            value = getattr(module, name)
            if type(value).__name__ == "_Absent":
                names[f"{info.name}:{name}"] = [said(lambda: use(value)) for use in USES]
                assert not hasattr(value, "__wrapped__")
memory.register("m", {"api_key": secrets.token_hex(32), "api_secret": secrets.token_hex(32)})
sources = {text: said(lambda: load_credentials(text)) for text in json.loads(sys.argv[2])}
for text in json.loads(sys.argv[3]):
    refresh = RefreshPolicy(push=[text])
    sources[text] = said(lambda: load_credentials("memory:m", live=True, refresh=refresh))
print(json.dumps([names, sources]))
"""


@pytest.fixture(scope="module", params=["absent", "blocked"])
def without_sdks(request) -> tuple[dict, dict]:
    """What each name of a public module says, and each source, in a program without any SDK."""
    given = map(json.dumps, [SDKS, list(SOURCES), list(PUSHES)])
    done = subprocess.run(
        [sys.executable, "-c", CHILD, *given, request.param],
        env=plain_environ(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert not done.stderr
    return tuple(json.loads(done.stdout))


@pytest.mark.parametrize("module", EXTRAS)
def test_each_use_of_a_name_says_what_to_install(without_sdks, module) -> None:
    names, _ = without_sdks
    of_module = {name: uses for name, uses in names.items() if f".{module}:" in name}
    assert of_module
    for source, text in [use for uses in of_module.values() for use in uses]:
        assert source is None
        assert "is not installed. Run: pip install 'binance-creds" in text
        assert text.endswith(f"[{EXTRAS[module]}]'")


def test_no_other_public_name_is_absent(without_sdks) -> None:
    names, _ = without_sdks
    absent = {name.partition(":")[0].removeprefix("binance_creds.") for name in names}
    assert EXTRAS.keys() == absent


@pytest.mark.parametrize(("source", "extra"), {**SOURCES, **PUSHES}.items())
def test_each_source_says_it_with_its_name(without_sdks, source, extra) -> None:
    _, sources = without_sdks
    named, text = sources[source]
    assert source.partition(":")[0] == named.partition(":")[0]
    assert text.endswith(f"Run: pip install 'binance-creds[{extra}]'")


def test_what_stands_in_for_a_name_answers_tools(monkeypatch) -> None:
    """A debugger or a documentation tool asks everything for names of its own."""
    for name in list(sys.modules):
        if name.startswith("binance_creds.live.push._redis"):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "redis", None)
    absent = redis.RedisAnnouncements
    assert not hasattr(absent, "__wrapped__")
    assert "binance-creds[redis]" in str(caught(getattr, absent, "wait"))
    assert "binance-creds[redis]" in str(caught(absent, "redis://127.0.0.1"))


def test_an_sdk_that_is_there_but_broken_raises_as_it_is() -> None:
    """Installing it again would not help."""

    def broken() -> None:
        with sdk_of("redis"):
            raise ModuleNotFoundError(name="what_redis_needs")

    assert isinstance(caught(broken), ModuleNotFoundError)
