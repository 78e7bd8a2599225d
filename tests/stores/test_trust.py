"""What a store holds decides nothing that a found file may not, where a found file chose it."""

from __future__ import annotations

import json

import pytest
from support import caught, token

from binance_creds import load_credentials
from binance_creds.errors import ConfigurationError

# Of the stores whose address a variable can say, what the address is in a source.
ADDRESSES = {"aws-sm": ("endpoint_url", "AWS_ENDPOINT_URL"), "vault": ("address", "VAULT_ADDR")}
SIGNER = "pkcs11:token=t;object=o?module-path=/nowhere/evil.so"


@pytest.fixture(params=[*ADDRESSES, "keyring"])
def kept(request, tmp_path, monkeypatch) -> str:
    """A source of a store that holds a key, and says that code of a file signs for it."""
    fields = {"api_key": token(), "signer": SIGNER}
    scheme = request.param
    if scheme == "keyring":
        request.getfixturevalue("keychain")
        (tmp_path / "shelf.json").write_text(json.dumps({"binance/main": json.dumps(fields)}))
        return "keyring://binance/main"
    shop = request.getfixturevalue("open_shop")(scheme)
    name = f"bot-{token()[:12]}"
    shop.put(name, fields)
    option, variable = ADDRESSES[scheme]
    monkeypatch.setenv(variable, shop.proxy.url)
    return shop.source(name).replace(f"{option}={shop.proxy.url}", "").rstrip("?&")


def test_a_secret_of_a_found_source_does_not_say_which_code_runs(
    kept, tmp_path, monkeypatch
) -> None:
    """A full ARN may be of an account of somebody else; a source that is named is believed."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "binance-creds.toml"
    path.touch(0o600)
    path.write_text(f'[profiles.main]\nsource = "{kept}"\n')
    refusal = caught(load_credentials)
    assert isinstance(refusal, ConfigurationError)
    assert "the option 'module-path' decides which code runs" in refusal.message
    assert "set PKCS11_MODULE_PATH, or name the source" in refusal.hint
    for named in ({"source": kept}, {"config": path}):
        assert "decides which code runs" not in str(caught(load_credentials, **named))
