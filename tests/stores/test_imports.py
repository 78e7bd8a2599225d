"""Each store stands alone: it imports one SDK, and misses none of the others."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from shops import SHOPS
from support import plain_environ, token

pytestmark = pytest.mark.unmeasured

IN_CHILD = Path(__file__).parent / "in_child"
SDKS = {
    "aws": ("boto3", "botocore"),
    "azure": ("azure",),
    "gcp": ("google", "grpc"),
    "keychain": ("keyring",),
    "vault": ("hvac",),
}
MODULES = {
    "aws.secrets_manager": "aws",
    "azure.key_vault": "azure",
    "google.secret_manager": "gcp",
    "vault.kv_secrets": "vault",
    "keychain.keyring": "keychain",
}
SOURCES = {  # that get as far as their SDK
    "aws": ["aws-sm://bot?region=eu-west-1"],
    "azure": ["azure-kv://my-vault/bot"],
    "gcp": ["gcp-sm://my-project/bot"],
    "keychain": ["keyring://binance/main"],
    "vault": ["vault://secret/bot", "openbao://secret/bot"],
}
LOADED = "import json, sys; print(json.dumps(sorted({n.split('.')[0] for n in sys.modules})))"
EACH = """
import json, sys
from binance_creds import load_credentials
from binance_creds.errors import CredentialsError

absent = json.loads(sys.argv[1])

class Uninstalled:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in absent:
            raise ModuleNotFoundError(name=name)

sys.meta_path.insert(0, Uninstalled())
outcomes = {}
for source in json.loads(sys.argv[2]):
    try:
        outcomes[source] = load_credentials(source).fingerprint
    except CredentialsError as error:
        outcomes[source] = f"{error.code}: {error.hint}"
print(json.dumps(outcomes))
"""


def run(code: str, *arguments: object, **environ: str):
    path = os.pathsep.join([str(IN_CHILD), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", code, *map(json.dumps, arguments)],
        env=plain_environ(PYTHONPATH=path, **environ),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


@pytest.mark.parametrize("module", MODULES)
def test_a_provider_imports_its_own_sdk_alone(module) -> None:
    loaded = run(f"from binance_creds.providers.{module} import *; {LOADED}")
    found = {extra for extra, packages in SDKS.items() if set(packages) & set(loaded)}
    assert {MODULES[module]} == found


def test_the_environment_is_read_without_any_sdk() -> None:
    pair = {"BINANCE_API_KEY": token(), "BINANCE_API_SECRET": token()}
    load = "import binance_creds; binance_creds.load_credentials('env://BINANCE')"
    loaded = run(f"{load}; {LOADED}", **pair)
    assert set(loaded).isdisjoint({*sum(SDKS.values(), ()), "requests", "urllib3", "pydantic"})


@pytest.fixture
def stocked(open_shop, tmp_path):
    """The sources of all stores with a pair in each, by extra, and the environment for them."""
    pair = {"api_key": token(), "api_secret": token()}
    (tmp_path / "shelf.json").write_text(json.dumps({"binance/main": json.dumps(pair)}))
    environ = {"SHELF": str(tmp_path / "shelf.json")}
    environ["PYTHON_KEYRING_BACKEND"] = "shelf_keychain.Keyring"
    sources, trusted = {"keychain": "keyring://binance/main"}, ""
    for scheme in SHOPS:
        shop = open_shop(scheme)
        shop.put("bot-of-all", pair)
        sources[shop.extra] = shop.source("bot-of-all")
        environ |= shop.environ
        if "REQUESTS_CA_BUNDLE" in shop.environ:
            trusted += Path(shop.environ["REQUESTS_CA_BUNDLE"]).read_text()
    (tmp_path / "all.pem").write_text(trusted)
    return sources, environ | {"REQUESTS_CA_BUNDLE": str(tmp_path / "all.pem")}


@pytest.mark.parametrize(
    "absent",
    [pytest.param(it, marks=[] if it == "vault" else pytest.mark.product) for it in SDKS],
)
def test_without_one_extra_the_others_work(absent, stocked) -> None:
    """And the error of the absent one tells how to install it."""
    sources, environ = stocked
    outcomes = run(EACH, SDKS[absent], list(sources.values()), **environ)
    by_extra = {extra: outcomes[source] for extra, source in sources.items()}
    line = f"not_installed: Run: pip install 'binance-creds[{absent}]'"
    assert by_extra.pop(absent) == line
    assert len(set(by_extra.values())) == 1
    assert len(by_extra.popitem()[1]) == 8, "a fingerprint, not an error"


@pytest.mark.parametrize("extra", SDKS)
def test_every_scheme_of_an_absent_extra_asks_for_it(extra) -> None:
    environ = {"VAULT_ADDR": "http://127.0.0.1:1"}
    outcomes = run(EACH, SDKS[extra], SOURCES[extra], **environ)
    line = f"not_installed: Run: pip install 'binance-creds[{extra}]'"
    assert dict.fromkeys(SOURCES[extra], line) == outcomes
